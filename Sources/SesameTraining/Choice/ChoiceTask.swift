import SesameModels
import SesameNN
import SesameTensor

/// Trains a ``ChoiceClassifier`` to pick the right endings.
struct ChoiceTask: TrainingTask {
    /// The training texts.
    var data: ChoiceDataset
    /// The held-out texts; empty where nothing is held out.
    let validation: [ChoiceExample]
    /// λ of the loss of a GPT's next tokens beside the task's.
    let languageModelWeight: Float

    /// The share of texts whose right ending is picked.
    var selectionMetric: String { MetricName.accuracy }
    /// More is better.
    var higherIsBetter: Bool { true }

    /// Tokens without padding.
    func tokenCount(of batch: ChoiceBatch) -> Int { batch.rows.tokenCount }

    /// The mean cross-entropy of the right endings, with a share of the loss of next tokens where that is asked for.
    func loss(
        of model: ChoiceClassifier, on batch: ChoiceBatch, context: ForwardContext
    ) -> BatchLoss {
        BatchLoss(
            loss: Self.forward(
                model, batch, languageModelWeight: languageModelWeight, context: context
            ).loss)
    }

    /// Loss and accuracy over the held-out texts.
    func evaluate(_ model: ChoiceClassifier, precision: Precision, batchLimit: Int?) -> Metrics? {
        guard !validation.isEmpty else { return nil }
        return Self.metrics(
            model, on: Array(validation.prefix(batchLimit.map { $0 * Self.batchSize } ?? .max)),
            paddingID: data.paddingID, precision: precision)
    }

    private static let batchSize = 32

    /// Loss and accuracy of a model on texts whose answers are known.
    static func metrics(
        _ model: ChoiceClassifier, on examples: [ChoiceExample], paddingID: Int32,
        precision: Precision
    ) -> Metrics {
        var sums = MetricSums()
        let batches = ChoiceDataset.evaluationBatches(
            of: examples, batchSize: batchSize, paddingID: paddingID)
        for batch in batches {
            let result = forward(model, batch, context: .evaluation(precision: precision))
            let count = Double(batch.counts.count)
            let right = zip(result.logits.argmaxRows().scalars, batch.answers.scalars).count {
                $0 == $1
            }
            sums.add(MetricName.loss, total: Double(result.loss.scalar) * count, weight: count)
            sums.add(MetricName.accuracy, total: Double(right), weight: count)
        }
        return sums.means.merging([MetricName.count: Double(examples.count)]) { first, _ in first }
    }

    private static func forward(
        _ model: ChoiceClassifier, _ batch: ChoiceBatch, languageModelWeight: Float = 0,
        context: ForwardContext
    ) -> (loss: Tensor, logits: Tensor) {
        model.loss(
            batch.rows.ids, typeIDs: batch.rows.typeIDs,
            mask: .unlessFull(batch.rows.attentionMask, shape: batch.rows.ids.shape),
            counts: batch.counts, labels: batch.answers,
            languageModelWeight: languageModelWeight, context: context)
    }
}
