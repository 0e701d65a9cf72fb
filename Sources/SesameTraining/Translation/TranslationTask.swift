import SesameModels
import SesameNN
import SesameTensor

/// Trains a `Seq2SeqModel` to say the translation of a sentence, told the right word before each.
public struct TranslationTask<Model: Seq2SeqModel>: TrainingTask {
    /// The training sentences.
    public var data: TranslationDataset
    /// The held-out sentences; nil where nothing is held out.
    public let validation: TranslationDataset?
    /// What the held-out sentences' translations are compared with; nil leaves BLEU out of the metrics.
    public let scorer: TranslationScorer?
    /// The share of the target's probability that goes to all tokens alike, in training.
    public let labelSmoothing: Float

    /// A task over training sentences and held-out ones.
    public init(
        data: TranslationDataset, validation: TranslationDataset?, scorer: TranslationScorer?,
        labelSmoothing: Float
    ) {
        self.data = data
        self.validation = validation
        self.scorer = scorer
        self.labelSmoothing = labelSmoothing
    }

    /// BLEU, where there are references.
    public var selectionMetric: String {
        scorer == nil ? MetricName.loss : MetricName.bleu
    }
    /// More BLEU, or less loss.
    public var higherIsBetter: Bool { scorer != nil }

    /// The target's tokens, with the end of each sentence.
    public func tokenCount(of batch: TranslationBatch) -> Int { batch.tokenCount }

    /// Mean cross-entropy of the target's tokens.
    public func loss(
        of model: Model, on batch: TranslationBatch, context: ForwardContext
    ) -> BatchLoss {
        BatchLoss(
            loss: Self.forward(model, batch, labelSmoothing: labelSmoothing, context: context).loss)
    }

    /// Loss, perplexity and accuracy of the next tokens, and BLEU of greedy translations.
    public func evaluate(_ model: Model, precision: Precision, batchLimit: Int?) -> Metrics? {
        guard let validation else { return nil }
        return Self.evaluate(
            model, on: validation, scorer: scorer, beamSize: 1, precision: precision,
            batchLimit: batchLimit)
    }

    /// Loss, perplexity and accuracy of the next tokens, and BLEU of the translations that a beam search
    /// finds.
    /// - Parameters:
    ///   - model: The model.
    ///   - data: The sentences with their translations.
    ///   - scorer: Counts for BLEU; nil leaves it out.
    ///   - beamSize: How many translations grow side by side.
    ///   - precision: Of matrix products.
    ///   - batchLimit: Most batches to look at, for BLEU too; nil for all.
    public static func evaluate(
        _ model: Model, on data: TranslationDataset, scorer: TranslationScorer?, beamSize: Int,
        precision: Precision, batchLimit: Int? = nil
    ) -> Metrics {
        var sums = MetricSums()
        var indices: [Int] = []
        for (index, batch) in data.evaluationBatches().enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let result = forward(
                model, batch, labelSmoothing: 0, context: .evaluation(precision: precision))
            let count = Double(result.scoredCount)
            sums.add(MetricName.loss, total: Double(result.loss.scalar) * count, weight: count)
            sums.add(MetricName.accuracy, total: Double(result.correctCount), weight: count)
            indices += batch.indices
        }
        var metrics = sums.means
        guard let loss = metrics[MetricName.loss] else { return metrics }
        metrics[MetricName.perplexity] = LanguageModelMetrics.perplexity(loss: loss)
        metrics[MetricName.count] = Double(indices.count)
        if let scorer {
            metrics[MetricName.bleu] =
                scorer.bleu(
                    of: model, sources: indices.map { data.examples[$0].source }, indices: indices,
                    beamSize: beamSize, precision: precision
                ).score
        }
        return metrics
    }

    private static func forward(
        _ model: Model, _ batch: TranslationBatch, labelSmoothing: Float, context: ForwardContext
    ) -> ProjectedLoss {
        model.loss(
            batch.source, sourceLengths: batch.sourceLengths, input: batch.input,
            output: batch.output, targetLengths: batch.targetLengths,
            labelSmoothing: labelSmoothing, context: context)
    }
}
