import SesameModels

extension ModelKind {
    /// A decoder that continues text.
    static let gpt = ModelKind(
        modelType: "gpt2", publishedLayout: "GPT-2",
        sizes: { ModelSizes(try ModelFolder.gpt(in: $0)) },
        load: { try GPT.load(from: $0) },
        publishedUse: {
            PublishedUse(
                task: .nextToken, maxLength: try ModelFolder.gpt(in: $0).maxSequenceLength)
        },
        evaluate: { input in
            let stream = try input.tokens()
            return EvaluationReport(
                task: .nextToken,
                metrics: NextTokenTask.evaluate(
                    try input.folder.load(GPT.self), on: stream, precision: input.precision))
        },
        languageModel: { try GPT.load(from: $0) })
}

extension ModelSizes {
    init(_ configuration: GPTConfig) {
        self.init(
            vocabularySize: configuration.vocabularySize, layerCount: configuration.layerCount,
            hiddenSize: configuration.hiddenSize, headCount: configuration.headCount,
            maxSequenceLength: configuration.maxSequenceLength)
    }
}
