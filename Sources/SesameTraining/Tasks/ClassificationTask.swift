import SesameModels
import SesameNN
import SesameTensor

/// Trains a ``SequenceClassifier`` on labelled texts.
public struct ClassificationTask: TrainingTask {
    /// The training texts.
    public var data: ClassificationDataset
    /// The held-out texts; empty where nothing is held out.
    public let validation: [ClassificationExample]

    /// A task over training texts and held-out ones, all with labels.
    public init(data: ClassificationDataset, validation: [ClassificationExample]) {
        self.data = data
        self.validation = validation
    }

    /// Accuracy.
    public var selectionMetric: String { MetricName.accuracy }
    /// More is better.
    public var higherIsBetter: Bool { true }

    /// Tokens without padding.
    public func tokenCount(of batch: ClassificationBatch) -> Int { batch.tokenCount }

    /// Mean cross-entropy of the classes.
    public func loss(
        of model: SequenceClassifier, on batch: ClassificationBatch, context: ForwardContext
    ) -> BatchLoss {
        let result = model.loss(
            batch.ids, typeIDs: batch.typeIDs,
            mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape),
            targets: batch.labels, context: context)
        return BatchLoss(loss: result.loss)
    }

    /// Loss, accuracy, F1 and the majority's share over the held-out texts.
    public func evaluate(
        _ model: SequenceClassifier, precision: Precision, batchLimit: Int?
    ) -> Metrics? {
        guard !validation.isEmpty else { return nil }
        return Self.evaluate(
            model, on: validation, paddingID: data.paddingID, precision: precision,
            batchLimit: batchLimit
        ).metrics
    }

    /// Metrics and confusion matrix of a model on labelled texts.
    public static func evaluate(
        _ model: SequenceClassifier, on examples: [ClassificationExample], paddingID: Int32,
        precision: Precision, batchSize: Int = 64, batchLimit: Int? = nil
    ) -> (metrics: Metrics, confusion: ConfusionMatrix) {
        var confusion = ConfusionMatrix(labels: model.labels)
        var sums = MetricSums()
        let batches = ClassificationDataset.evaluationBatches(
            of: examples, batchSize: batchSize, paddingID: paddingID)
        for (index, batch) in batches.enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let result = model.loss(
                batch.ids, typeIDs: batch.typeIDs,
                mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape),
                targets: batch.labels, context: .evaluation(precision: precision))
            let count = Double(batch.indices.count)
            sums.add(
                MetricName.loss, total: Double(result.loss.scalar) * count, weight: count)
            for (label, predicted) in zip(batch.labels.scalars, result.logits.argmaxRows().scalars)
            {
                confusion.add(actual: Int(label), predicted: Int(predicted))
            }
        }
        let metrics = confusion.metrics.merging(sums.means) { first, _ in first }
        return (metrics, confusion)
    }
}
