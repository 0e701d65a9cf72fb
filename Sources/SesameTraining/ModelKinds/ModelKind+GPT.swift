import SesameModels

extension ModelKind {
    /// A decoder that continues text.
    static let gpt = ModelKind(
        modelType: "gpt2", publishedLayout: "GPT-2",
        sizes: { ModelSizes(try ModelFolder.gpt(in: $0)) },
        cost: { try ModelFolder.gpt(in: $0).cost },
        load: { try GPT.load(from: $0) },
        publishedUse: {
            PublishedUse(
                task: .nextToken, maxLength: try ModelFolder.gpt(in: $0).maxSequenceLength)
        },
        evaluate: evaluateText, languageModel: { try GPT.load(from: $0) })

    /// The same with layers that look back only so far, which only training here makes.
    static let bandedGPT = ModelKind(
        modelType: GPTConfig.ownModelType, sizes: gpt.sizes, cost: gpt.cost, load: gpt.load,
        evaluate: evaluateText, languageModel: { try GPT.load(from: $0) })

    private static func evaluateText(_ input: EvaluationInput) throws -> EvaluationReport {
        let stream = try input.tokens()
        return EvaluationReport(
            task: .nextToken,
            metrics: NextTokenTask.evaluate(
                try input.folder.load(GPT.self), on: stream, precision: input.precision))
    }
}

extension ModelSizes {
    init(_ configuration: GPTConfig) {
        self.init(
            vocabularySize: configuration.vocabularySize, layerCount: configuration.layerCount,
            hiddenSize: configuration.hiddenSize, headCount: configuration.headCount,
            maxSequenceLength: configuration.maxSequenceLength)
    }
}
