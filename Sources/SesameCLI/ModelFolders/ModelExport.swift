import ArgumentParser
import Foundation
import Sesame

struct ModelExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model in a layout that other programs read.",
        discussion: """
            Examples:
              sesame model export models/articles-bert exported
              sesame model export models/novels-gpt exported --storage bfloat16 --max-shard-size 100MB
              sesame model export models/novels-ngram novels.arpa

            Writes config.json, model.safetensors (or shards with an index), tokenizer.json and the tokenizer's other \
            files; transformers' AutoModel and AutoTokenizer load the folder. An n-gram model becomes a file in \
            ARPA's format, which KenLM and SRILM read.
            """
    )

    @Argument(help: "The model's folder.")
    var model: String

    @Argument(help: "The folder to write, or the ARPA file.")
    var output: String

    @OptionGroup var writing: ModelWritingArguments
    @OptionGroup var format: FormatOptions

    func run() throws {
        let url = URL(fileURLWithPath: output)
        try whereItExists("--force") {
            try exportModel(
                from: URL(fileURLWithPath: model), to: url, options: writing.options)
        }
        // An n-gram model is exported as a file.
        let files =
            (try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()) ?? []
        if format.json { return try JSON.print(Record(folder: url.path, files: files)) }
        StandardOutput.line(
            "Wrote \(url.shortPath)"
                + (files.isEmpty ? "." : ": \(files.joined(separator: ", "))."))
    }

    private struct Record: Encodable {
        let folder: String
        let files: [String]
    }
}
