import ArgumentParser
import Foundation
import Sesame

/// What pretraining begins with: a tokenizer and random weights, or a trained model and its tokenizer.
struct BeginningArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Makes the tokens, for ELMo words: a tokenizer.json, a vocab.txt, a folder with one of them, or the name of a vocabulary in the workspace; with --from the folder's own.",
            valueName: "path|name"))
    var tokenizer: String?

    @Flag(help: "For a bare vocab.txt: the vocabulary is uncased (lower case, no accents).")
    var lowercase = false

    @Option(
        help: ArgumentHelp(
            "The folder of a trained model to train further, ours or a published one; its sizes stay.",
            valueName: "folder"))
    var from: String?

    func validate() throws {
        guard (tokenizer == nil) != (from == nil) else {
            throw ValidationError(
                "Give either --tokenizer, for a new model, or --from, to train one further.")
        }
    }

    /// The model to train further; nil for a new one.
    var base: URL? { from.map { URL(fileURLWithPath: $0) } }

    /// The tokenizer, the model's own where one is trained further.
    func loadTokenizer(from workspace: WorkspaceOptions) throws -> Tokenizer {
        if let base { return try TrainedModelFolder(base).tokenizer }
        return try TokenizerOptions.load(tokenizer ?? "", lowercase: lowercase, from: workspace)
    }
}
