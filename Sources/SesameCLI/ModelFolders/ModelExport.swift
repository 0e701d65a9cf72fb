import ArgumentParser
import Foundation
import Sesame

struct ModelExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model in Hugging Face's layout, for other programs.",
        discussion: """
            Examples:
              sesame model export models/articles-bert exported
              sesame model export models/novels-gpt exported --storage bfloat16 --max-shard-size 100MB

            Writes config.json, model.safetensors (or shards with an index), tokenizer.json and the tokenizer's other \
            files; transformers' AutoModel and AutoTokenizer load the folder.
            """
    )

    @Argument(help: "The model's folder.")
    var model: String

    @Argument(help: "The folder to write.")
    var output: String

    @OptionGroup var writing: ModelWritingArguments
    @OptionGroup var format: FormatOptions

    func run() throws {
        let url = URL(fileURLWithPath: output)
        try exportModel(
            from: URL(fileURLWithPath: model), to: url, options: writing.options)
        let files = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
        if format.json { return try JSON.print(Record(folder: url.path, files: files)) }
        StandardOutput.line("Wrote \(url.shortPath): \(files.joined(separator: ", ")).")
    }

    private struct Record: Encodable {
        let folder: String
        let files: [String]
    }
}
