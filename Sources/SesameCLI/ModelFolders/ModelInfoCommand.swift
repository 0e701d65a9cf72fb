import ArgumentParser
import Foundation
import Sesame

struct ModelInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract:
            "Show what a model folder holds, and what a model of its sizes, or of a preset's, costs.",
        discussion: """
            Examples:
              sesame model info models/articles-bert
              sesame model info gpt2-medium --batch 4 --tokens 1e8

            A folder is read whole, which checks that it fits together. Presets are the sizes of published models: \
            \(ModelPreset.all.map(\.name).joined(separator: ", ")). Memory is what training with AdamW on such batches, and \
            one forward pass, take. Arithmetic is that of matrix products (Kaplan et al. 2020; Chowdhery et al. \
            2022, appendix B): 2 operations a token and weight in a forward pass and 4 · width for each key that a \
            token sees, three times that in training. Of a model that translates a token is one of the target with one \
            of the source; of a recurrent tagger a token is a word. With --tokens this machine trains a part of such a model \
            for a moment, and says how long the whole will take.
            """
    )

    @Argument(help: "The model's folder, of our own or as published, or the name of a preset.")
    var model: String

    @Option(help: ArgumentHelp("Texts a batch, for the estimates.", valueName: "n"))
    var batch = 8

    @Option(
        help: ArgumentHelp(
            "Tokens a text, for the estimates (default: as many as the model takes; where it has no limit, as are usual).",
            valueName: "n"))
    var length: Int?

    @Option(
        help: ArgumentHelp(
            "Estimate the time to train on this many tokens, as 1e8.", valueName: "n"))
    var tokens: Double?

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try atLeast(1, "--batch", batch)
        try atLeast(1, "--length", length)
        if let tokens, !(1...1e13).contains(tokens) {
            throw ValidationError("--tokens must be from 1 to 1e13, not \(tokens).")
        }
    }

    func run() throws {
        threads.apply()
        let url = URL(fileURLWithPath: model)
        if !FileManager.default.fileExists(atPath: url.path) {
            if let preset = ModelPreset.named(model) { return try show(preset) }
            throw CommandError(
                "\(model): there is nothing of this name, and no such preset; give a model's folder, or "
                    + "one of " + ModelPreset.all.map(\.name).joined(separator: ", "))
        }
        let info = try ModelInfo(url)
        let estimate = try estimate(info, in: url)
        if tokens != nil && estimate == nil {
            throw CommandError("no estimate is known for a model of the kind \(info.modelType)")
        }
        if format.json {
            return try JSON.print(Record(info, url: url, estimate: estimate, tokens: tokens))
        }
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
            ("trained", training(info.training)),
        ]
        if let estimate { lines += self.lines(estimate) }
        Self.print(lines)
    }

    private func show(_ preset: ModelPreset) throws {
        let cost = preset.cost
        let estimate = try estimate(cost)
        if format.json {
            return try JSON.print(
                PresetRecord(
                    preset: preset.name, source: preset.source,
                    estimate: EstimateRecord(estimate, tokens: tokens), cost: cost))
        }
        Self.print(
            [
                ("preset", "\(preset.name) (\(preset.source))"),
                ("parameters", cost.parameterCount.grouped),
                ("sizes", Self.sizes(cost)),
                ("in memory", "\(Self.size(cost.weightBytes)) as float32"),
            ] + lines(estimate))
    }

    /// What the model costs here; nil for a kind whose cost is not known.
    private func estimate(_ info: ModelInfo, in folder: URL) throws -> TrainingEstimate? {
        func measured(_ length: Int) throws -> MachineSpeed {
            try MachineSpeed.measured(
                modelFolder: folder, batchSize: batch, length: length,
                precision: precision.precision)
        }
        if let cost = info.cost { return try estimate(cost, measured: measured) }
        return try info.networkCost.map { try estimate($0, measured: measured) }
    }

    private func estimate(_ cost: ModelCost) throws -> TrainingEstimate {
        try estimate(cost) {
            MachineSpeed.measured(
                for: cost, batchSize: batch, length: $0, precision: precision.precision)
        }
    }

    /// The estimate; measured, with texts of the length, where a time is asked for.
    private func estimate(
        _ cost: some TrainingCost, measured: (_ length: Int) throws -> MachineSpeed
    ) throws -> TrainingEstimate {
        let length = length ?? cost.usualLength
        guard length <= cost.maxSequenceLength else {
            throw CommandError(
                "--length is \(length), and the model takes \(cost.maxSequenceLength.counted("token"))"
            )
        }
        var result = TrainingEstimate(cost, batchSize: batch, length: length)
        if tokens != nil { result.speed = try measured(length) }
        return result
    }

    private func lines(_ estimate: TrainingEstimate) -> [(String, String)] {
        let batch = "batches of \(estimate.batchSize) × \(estimate.length.counted("token"))"
        var result = [
            (
                "to use",
                "\(Self.size(estimate.inferenceBytes)), with \(estimate.length.counted("token"))"
            ),
            (
                "to train",
                "\(Self.size(estimate.trainingBytes)), in \(batch); "
                    + (estimate.fits ? "this machine has " : "more than this machine's ")
                    + Self.size(estimate.machineBytes)
            ),
            (
                "arithmetic",
                "\(Self.operations(estimate.forwardOperationsPerToken)) a token, "
                    + "\(Self.operations(estimate.trainingOperationsPerToken)) in training"
            ),
        ]
        if let tokens, let seconds = estimate.seconds(tokens: tokens), let speed = estimate.speed {
            result.append(
                (
                    "time",
                    "\(spokenDuration(seconds: seconds)) to train on \(Int(tokens).grouped) tokens, "
                        + "\((tokens / seconds).rate) a second; measured at "
                        + "\(Self.operations(speed.operationsPerSecond)) a second in \(precision.precision.rawValue)"
                ))
        }
        return result
    }

    /// "16 MB", "45.2 GB"; a size that no machine has may be past all integers.
    private static func size(_ bytes: Double) -> String {
        Int(min(bytes, 1e18)).byteSize
    }

    /// "2.85 GFLOP", in steps of a thousand.
    private static func operations(_ count: Double) -> String {
        switch count {
        case 1e12...: "\((count / 1e12).fixed(2)) TFLOP"
        case 1e9...: "\((count / 1e9).fixed(2)) GFLOP"
        default: "\((count / 1e6).fixed(2)) MFLOP"
        }
    }

    private static func print(_ lines: [(String, String)]) {
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

    /// The same of a preset.
    private static func sizes(_ cost: ModelCost) -> String {
        let isPair = cost.encoderLayerCount > 0
        let layers =
            isPair ? "\(cost.encoderLayerCount) + \(cost.layerCount)" : "\(cost.layerCount)"
        let positions = isPair ? [] : [cost.maxSequenceLength.counted("position")]
        return
            ([
                "\(layers) layers", "\(cost.hiddenSize) wide", cost.headCount.counted("head"),
                cost.vocabularySize.counted("token"),
            ] + positions).joined(separator: ", ")
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

    /// An estimate with what follows from it.
    struct EstimateRecord: Encodable {
        let estimate: TrainingEstimate
        let tokens: Double?

        init(_ estimate: TrainingEstimate, tokens: Double?) {
            (self.estimate, self.tokens) = (estimate, tokens)
        }

        enum CodingKeys: CodingKey { case fits, tokens, seconds }

        func encode(to encoder: any Encoder) throws {
            try estimate.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(estimate.fits, forKey: .fits)
            try values.encodeIfPresent(tokens, forKey: .tokens)
            try values.encodeIfPresent(
                tokens.flatMap { estimate.seconds(tokens: $0) }, forKey: .seconds)
        }
    }

    private struct PresetRecord: Encodable {
        let preset: String
        let source: String
        let estimate: EstimateRecord
        let cost: ModelCost
    }

    /// The figures and where they are from.
    struct Record: Encodable {
        let info: ModelInfo
        let folder: String
        let estimate: EstimateRecord?

        init(
            _ info: ModelInfo, url: URL, estimate: TrainingEstimate? = nil, tokens: Double? = nil
        ) {
            self.info = info
            folder = url.path
            self.estimate = estimate.map { EstimateRecord($0, tokens: tokens) }
        }

        enum CodingKeys: CodingKey { case folder, estimate }

        func encode(to encoder: any Encoder) throws {
            try info.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(folder, forKey: .folder)
            try values.encodeIfPresent(estimate, forKey: .estimate)
        }
    }
}
