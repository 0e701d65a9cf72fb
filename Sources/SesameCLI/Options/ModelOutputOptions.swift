import ArgumentParser
import Foundation
import Sesame
import Synchronization

/// Where a training command leaves its model.
struct ModelOutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The model folder to write (default: named after the corpus, under models/ beside the workspace).",
            valueName: "folder"))
    var output: String?

    @Flag(help: "Replace the model folder and its checkpoints.")
    var force = false

    @Flag(help: "Continue from the last checkpoint, with the same options otherwise.")
    var resume = false

    func validate() throws {
        if force && resume { throw ValidationError("--force and --resume exclude each other.") }
    }

    /// The destination, with a name for when there is none.
    func resolved(default name: String, workspace: WorkspaceOptions) -> ModelOutput {
        let path =
            output
            ?? (workspace.workspace as NSString).deletingLastPathComponent
            .appendingPath("models").appendingPath(name)
        return ModelOutput(
            folder: URL(fileURLWithPath: path), replacing: force, resuming: resume,
            command: CurrentCommand.words)
    }
}

/// The command line that is being run.
enum CurrentCommand {
    private static let override = Mutex<[String]?>(nil)

    /// As the user would type it: the program's name without its folder, and the arguments.
    static var words: [String] {
        ["sesame"] + (override.withLock { $0 } ?? Array(CommandLine.arguments.dropFirst()))
    }

    /// While `body` runs, the arguments are these: one command runs another.
    static func with(arguments: [String], _ body: () throws -> Void) rethrows {
        override.withLock { $0 = arguments }
        defer { override.withLock { $0 = nil } }
        try body()
    }
}

extension String {
    /// A path below this one; the empty path is the current folder.
    fileprivate func appendingPath(_ component: String) -> String {
        (self as NSString).appendingPathComponent(component)
    }
}

extension URL {
    /// The path as a user would type it: relative where it lies below the current folder.
    var shortPath: String {
        let here = FileManager.default.currentDirectoryPath
        let prefix = here.hasSuffix("/") ? here : here + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
