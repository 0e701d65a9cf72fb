import ArgumentParser
import Foundation
import Sesame

struct ModelImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Check a published BERT or GPT-2 and keep it under models/.",
        discussion: """
            Examples:
              sesame model import downloads/bert-base-uncased
              sesame model import weights.safetensors --config config.json --output models/encoder

            Reads Hugging Face's layout: config.json, model.safetensors or its shards, and a tokenizer. Every weight \
            must fit; what does not is listed. The other commands also take such a folder as it is.
            """
    )

    @Argument(help: "A folder, or a file of weights with the tokenizer's files beside it.")
    var source: String

    @Option(
        help: ArgumentHelp(
            "For a file of weights, its configuration (default: the config.json beside it).",
            valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The model folder to write (default: named after the source, under models/).",
            valueName: "folder"))
    var output: String?

    @OptionGroup var writing: ModelWritingArguments
    @OptionGroup var format: FormatOptions

    func run() throws {
        let sourceURL = URL(fileURLWithPath: source).standardizedFileURL
        let name = sourceURL.deletingPathExtension().lastPathComponent
        let url = URL(fileURLWithPath: output ?? "models/\(name)")
        try whereItExists("--output or --force") {
            try importModel(
                from: sourceURL, configuration: config.map { URL(fileURLWithPath: $0) }, to: url,
                options: writing.options)
        }
        let info = try ModelInfo(url)
        if format.json { return try JSON.print(ModelInfoCommand.Record(info, url: url)) }
        StandardOutput.line(
            "Imported \(info.architecture), \(info.parameterCount.grouped) parameters, into \(url.shortPath)."
        )
        NextCommand.suggest("model", "info", url.shortPath)
    }
}
