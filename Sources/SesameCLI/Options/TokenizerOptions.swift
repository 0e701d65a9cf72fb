import ArgumentParser
import Foundation
import Sesame

/// Which tokenizer to use: a file, a model folder's, or a vocabulary of the workspace.
struct TokenizerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A tokenizer.json, a vocab.txt, a vocab.json beside its merges.txt, a folder with one of them, or the name of a vocabulary in the workspace.",
            valueName: "path|name"))
    var tokenizer: String

    @Flag(help: "For a bare vocab.txt: the vocabulary is uncased (lower case, no accents).")
    var lowercase = false

    /// The tokenizer. A path wins over a name, and needs no workspace.
    func load(from workspace: WorkspaceOptions) throws -> Tokenizer {
        try Self.load(tokenizer, lowercase: lowercase, from: workspace)
    }

    static func load(
        _ tokenizer: String, lowercase: Bool, from workspace: WorkspaceOptions
    ) throws -> Tokenizer {
        let url = URL(fileURLWithPath: tokenizer)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) {
            if isFolder.boolValue { return try Tokenizer.load(folder: url) }
            return try Tokenizer.load(url, lowercase: lowercase)
        }
        // What looks like a path is one: a workspace must not be created or asked for because of a typing slip.
        if tokenizer.contains("/") || tokenizer.hasSuffix(".txt") || tokenizer.hasSuffix(".json") {
            throw CommandError(
                "no tokenizer at \(tokenizer): name a tokenizer.json, a vocab.txt, a vocab.json or a model folder"
            )
        }
        guard FileManager.default.fileExists(atPath: workspace.workspace) else {
            throw CommandError(
                "no tokenizer '\(tokenizer)': there is no such file, and no workspace at "
                    + "\(workspace.workspace) to look the name up in")
        }
        if lowercase {
            throw CommandError(
                "--lowercase is for a bare vocab.txt; the vocabulary '\(tokenizer)' knows its own case rules"
            )
        }
        return try workspace.open().tokenizer(named: tokenizer)
    }
}
