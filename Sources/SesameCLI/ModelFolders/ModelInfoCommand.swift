import ArgumentParser
import Foundation
import Sesame

struct ModelInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show what a model folder holds, and check that it fits together.",
        discussion: "Example:  sesame model info models/articles-bert"
    )

    @Argument(help: "The model's folder, of our own or as published.")
    var model: String

    @OptionGroup var format: FormatOptions

    func run() throws {
        let url = URL(fileURLWithPath: model)
        let info = try ModelInfo(url)
        if format.json { return try JSON.print(Record(info, url: url)) }
        var lines: [(String, String)] = [
            ("model", "\(info.architecture) (\(info.modelType))"),
            ("task", Self.text(info.task)),
            ("parameters", info.parameterCount.grouped),
            (
                "sizes",
                "\(info.layerCount) layers, \(info.hiddenSize) wide, \(info.headCount) heads, "
                    + "\(info.vocabularySize.grouped) tokens, \(info.maxSequenceLength.grouped) positions"
            ),
        ]
        if let labels = info.labels { lines.append(("labels", labels.joined(separator: ", "))) }
        let types = info.storage.sorted { $0.key < $1.key }
        lines += [
            (
                "tokenizer",
                "\(info.tokenizer.kind), \(info.tokenizer.tokenCount.counted("token"))"
            ),
            (
                "weights",
                "\(info.files.count.counted("file")), \(info.fileBytes.byteSize), "
                    + types.map { "\($0.value.counted("tensor")) of \($0.key)" }
                    .joined(separator: ", ")
            ),
            ("in memory", "\(info.memoryBytes.byteSize) as float32"),
            ("training", training(info.training)),
        ]
        let width = lines.map(\.0.count).max() ?? 0
        for (name, value) in lines {
            StandardOutput.line(
                name + String(repeating: " ", count: width - name.count + 2) + value)
        }
    }

    private static func text(_ task: TrainingRecord.Task?) -> String {
        switch task {
        case .nextToken: "continues text"
        case .maskedLanguageModel: "fills masked tokens"
        case .classification: "names the class of a text"
        case .regression: "gives a text a score"
        case nil: "gives states and sentence vectors (no head)"
        }
    }

    private func training(_ record: TrainingRecord?) -> String {
        guard let record else { return "elsewhere" }
        var text =
            "\(record.modelStep.counted("step")) on \(record.corpus), "
            + "\(record.tokenCount.counted("token")), \(spokenDuration(seconds: record.seconds))"
        if let base = record.baseModel { text += ", from \(base)" }
        if let run = record.run { text += ", run \(run)" }
        return record.metrics.isEmpty ? text : text + "; " + MetricText.line(record.metrics)
    }

    /// The figures and where they are from.
    struct Record: Encodable {
        let info: ModelInfo
        let folder: String

        init(_ info: ModelInfo, url: URL) {
            self.info = info
            folder = url.path
        }

        enum CodingKeys: CodingKey { case folder }

        func encode(to encoder: any Encoder) throws {
            try info.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(folder, forKey: .folder)
        }
    }
}
