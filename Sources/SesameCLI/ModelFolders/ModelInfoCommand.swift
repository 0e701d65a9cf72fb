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
            ("sizes", Self.sizes(info)),
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
        task?.purpose ?? "gives states and sentence vectors (no head)"
    }

    /// What there is of layers, width, heads, tokens and positions.
    private static func sizes(_ info: ModelInfo) -> String {
        var parts: [String] = []
        if info.layerCount > 0 { parts.append(info.layerCount.counted("layer")) }
        if info.hiddenSize > 0 { parts.append("\(info.hiddenSize) wide") }
        if let heads = info.headCount { parts.append(heads.counted("head")) }
        parts.append(info.vocabularySize.counted("token"))
        if let positions = info.maxSequenceLength { parts.append(positions.counted("position")) }
        return parts.joined(separator: ", ")
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
