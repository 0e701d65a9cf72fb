import SesameModels
import SesameNN
import SesameTensor

/// Trains an `NNLM` to predict each next token.
public struct NNLMTask: TrainingTask {
    /// Random windows of the training text.
    public var data: NextTokenDataset
    /// The held-out text; nil where nothing is held out.
    public let validation: PackedTokens?
    /// Called with the model before each evaluation, as to let it write.
    public var beforeEvaluation: (@Sendable (NNLM) -> Void)?

    /// A task over a training text and a held-out one.
    public init(data: NextTokenDataset, validation: PackedTokens?) {
        self.data = data
        self.validation = validation
    }

    /// All tokens of the windows.
    public func tokenCount(of batch: NextTokenBatch) -> Int { batch.tokenCount }

    /// Mean cross-entropy of the next tokens; before a window is nothing.
    public func loss(of model: NNLM, on batch: NextTokenBatch, context: ForwardContext) -> BatchLoss
    {
        BatchLoss(loss: model.loss(batch.ids, targets: batch.targets, context: context).loss)
    }

    /// Loss, perplexity, bits per character and accuracy over the held-out text.
    public func evaluate(_ model: NNLM, precision: Precision, batchLimit: Int?) -> Metrics? {
        beforeEvaluation?(model)
        guard let validation, validation.count > 1 else { return nil }
        return Self.evaluate(
            model, on: validation, precision: precision, batchLimit: batchLimit)
    }

    /// Tokens that are scored a pass.
    private static let evaluationLength = 4096

    /// Loss, perplexity, bits per character and accuracy of a model over a whole text, every token judged from
    /// the full context before it.
    public static func evaluate(
        _ model: NNLM, on stream: PackedTokens, precision: Precision, batchLimit: Int? = nil
    ) -> Metrics {
        var sums = MetricSums()
        let targetCount = max(0, stream.count - 1)
        for (index, start) in stride(from: 0, to: targetCount, by: evaluationLength).enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let end = min(start + evaluationLength, targetCount)
            // The tokens before the first are read again, and not scored again.
            let first = max(0, start - model.configuration.contextLength + 1)
            let ids = stream[first..<end]
            var targets = stream[first + 1..<end + 1]
            for place in 0..<(start - first) { targets[place] = TokenMasking.ignoredTarget }
            sums.add(
                model.loss(
                    IDTensor(ids, shape: [1, ids.count]),
                    targets: IDTensor(targets, shape: [1, ids.count]),
                    context: .evaluation(precision: precision)))
        }
        return LanguageModelMetrics.metrics(sums, stream: stream)
    }
}
