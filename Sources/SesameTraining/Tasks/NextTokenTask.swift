import SesameModels
import SesameNN
import SesameTensor

/// Trains a `GPT` to predict each next token.
public struct NextTokenTask: TrainingTask {
    /// Random windows of the training text.
    public var data: NextTokenDataset
    /// The held-out text; nil where nothing is held out.
    public let validation: PackedTokens?
    /// Called with the model before each evaluation, as to let it write.
    public var beforeEvaluation: (@Sendable (GPT) -> Void)?

    /// A task over a training stream and a held-out one.
    public init(data: NextTokenDataset, validation: PackedTokens?) {
        self.data = data
        self.validation = validation
    }

    /// All tokens of the windows.
    public func tokenCount(of batch: NextTokenBatch) -> Int { batch.tokenCount }

    /// Mean cross-entropy of the next tokens.
    public func loss(
        of model: GPT, on batch: NextTokenBatch, context: ForwardContext
    ) -> BatchLoss {
        let result = model.loss(batch.ids, targets: batch.targets, context: context)
        return BatchLoss(loss: result.loss)
    }

    /// Loss, perplexity, bits per character and accuracy over the held-out text.
    public func evaluate(_ model: GPT, precision: Precision, batchLimit: Int?) -> Metrics? {
        beforeEvaluation?(model)
        guard let validation, validation.count > 1 else { return nil }
        return Self.evaluate(
            model, on: validation, precision: precision, batchLimit: batchLimit)
    }

    /// Loss, perplexity, bits per character and accuracy of a model over a whole text, in windows
    /// of the model's length that lie end to end.
    public static func evaluate(
        _ model: GPT, on stream: PackedTokens, precision: Precision, batchLimit: Int? = nil
    ) -> Metrics {
        let contextLength = model.configuration.maxSequenceLength
        let batches = NextTokenDataset.evaluationBatches(
            of: stream, contextLength: contextLength,
            batchSize: max(1, 4096 / contextLength))
        var sums = MetricSums()
        for (index, batch) in batches.enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let result = model.loss(
                batch.ids, targets: batch.targets, context: .evaluation(precision: precision))
            sums.add(result)
        }
        return LanguageModelMetrics.metrics(sums, stream: stream)
    }
}
