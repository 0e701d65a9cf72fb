import SesameModels
import SesameNN
import SesameTensor
import Synchronization

/// Trains a `SequenceClassifier` on texts, or pairs of texts, with classes or scores.
public struct SequenceTask: TrainingTask {
    /// The training texts.
    public var data: SequenceDataset
    /// The held-out texts; empty where nothing is held out.
    public let validation: [SequenceExample]
    /// What is learnt.
    public let head: SequenceHead
    /// The greatest length of the weights of each output, kept to after each step; nil for no limit.
    public let maxNorm: Float?

    /// λ of the loss of a GPT's next tokens beside the task's; 0 for the task alone.
    public let languageModelWeight: Float

    private let last = LastResults()

    /// A task over training texts and held-out ones, all with what the head learns.
    public init(
        data: SequenceDataset, validation: [SequenceExample], head: SequenceHead,
        maxNorm: Float? = nil, languageModelWeight: Float = 0
    ) {
        self.data = data
        self.validation = validation
        self.head = head
        self.maxNorm = maxNorm
        self.languageModelWeight = languageModelWeight
    }

    /// Accuracy of classes, Spearman's correlation of scores.
    public var selectionMetric: String {
        switch head {
        case .classification: MetricName.accuracy
        case .regression: MetricName.spearman
        }
    }
    /// More is better.
    public var higherIsBetter: Bool { true }

    /// Tokens without padding.
    public func tokenCount(of batch: SequenceBatch) -> Int { batch.tokenCount }

    /// Mean cross-entropy of the classes, or mean squared error of the scores; with a share of the loss of next tokens
    /// where that is asked for.
    public func loss(
        of model: SequenceClassifier, on batch: SequenceBatch, context: ForwardContext
    ) -> BatchLoss {
        let result = Self.forward(
            model, batch, languageModelWeight: languageModelWeight, context: context)
        return BatchLoss(loss: result.loss, statistics: result.statistics)
    }

    /// Keeps running statistics, and the limit on the head's weights.
    public func afterStep(_ model: inout SequenceClassifier, statistics: [[BatchStatistics]]) {
        for seen in statistics { model.absorb(seen) }
        if let maxNorm { model.limitHead(to: maxNorm) }
    }

    /// The metrics that apply, over the held-out texts.
    public func evaluate(
        _ model: SequenceClassifier, precision: Precision, batchLimit: Int?
    ) -> Metrics? {
        guard !validation.isEmpty else { return nil }
        let results = Self.results(
            model, on: validation, paddingID: data.paddingID, precision: precision,
            batchLimit: batchLimit)
        last.results.withLock { $0 = results }
        return results.metrics.merging(MetricName.shares(of: model.textCNN?.mix)) { first, _ in
            first
        }
    }

    /// What the last evaluation found.
    var lastResults: Results? { last.results.withLock { $0 } }

    /// What an evaluation finds: metrics, and what they are computed from.
    struct Results: Sendable {
        var metrics: Metrics
        /// For classes.
        var confusion: ConfusionMatrix?
        /// For scores.
        var scores = ScoreMetrics()
    }

    private final class LastResults: Sendable {
        let results = Mutex<Results?>(nil)
    }

    /// Metrics of a model on texts with classes or scores, and for classes the confusion matrix.
    ///
    /// For classes loss, accuracy, F1, Matthews' correlation and the majority's share; for scores the
    /// mean squared error and both correlations.
    public static func evaluate(
        _ model: SequenceClassifier, on examples: [SequenceExample], paddingID: Int32,
        precision: Precision, batchSize: Int = 64, batchLimit: Int? = nil
    ) -> (metrics: Metrics, confusion: ConfusionMatrix?) {
        let results = results(
            model, on: examples, paddingID: paddingID, precision: precision, batchSize: batchSize,
            batchLimit: batchLimit)
        return (results.metrics, results.confusion)
    }

    static func results(
        _ model: SequenceClassifier, on examples: [SequenceExample], paddingID: Int32,
        precision: Precision, batchSize: Int = 64, batchLimit: Int? = nil
    ) -> Results {
        var confusion = ConfusionMatrix(labels: model.labels)
        var scores = ScoreMetrics()
        var sums = MetricSums()
        let batches = SequenceDataset.evaluationBatches(
            of: examples, batchSize: batchSize, paddingID: paddingID)
        for (index, batch) in batches.enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let result = forward(model, batch, context: .evaluation(precision: precision))
            switch model.configuration.head {
            case .classification:
                let count = Double(batch.indices.count)
                sums.add(
                    MetricName.loss, total: Double(result.loss.scalar) * count, weight: count)
                let predictions = result.logits.argmaxRows().scalars
                for (label, predicted) in zip(batch.labels.scalars, predictions) {
                    confusion.add(actual: Int(label), predicted: Int(predicted))
                }
            case .regression:
                for (score, predicted) in zip(batch.scores.scalars, result.logits.scalars) {
                    scores.add(actual: Double(score), predicted: Double(predicted))
                }
            }
        }
        switch model.configuration.head {
        case .classification:
            return Results(
                metrics: confusion.metrics.merging(sums.means) { first, _ in first },
                confusion: confusion)
        case .regression:
            return Results(metrics: scores.metrics, scores: scores)
        }
    }

    private static func forward(
        _ model: SequenceClassifier, _ batch: SequenceBatch, languageModelWeight: Float = 0,
        context: ForwardContext
    ) -> (loss: Tensor, logits: Tensor, statistics: [BatchStatistics]) {
        let targets: SequenceClassifier.Targets =
            switch model.configuration.head {
            case .classification: .labels(batch.labels)
            case .regression: .scores(batch.scores)
            }
        return model.lossAndStatistics(
            batch.ids, typeIDs: batch.typeIDs,
            mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape), layers: batch.layers,
            targets: targets, languageModelWeight: languageModelWeight, context: context)
    }
}
