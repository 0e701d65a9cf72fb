import SesameModels
import SesameNN
import SesameTensor

/// Trains a `BERTForPretraining` to fill masked tokens and, with pairs, to judge next sentences.
public struct BERTPretrainingTask: TrainingTask {
    /// The training sequences.
    public var data: MaskedLanguageModelDataset
    /// The held-out sequences; nil where nothing is held out.
    public let validation: MaskedLanguageModelDataset?
    /// What frequencies alone reach on the held-out sequences; nil leaves it out of the metrics.
    public let baseline: UnigramBaseline?

    /// A task over training sequences and held-out ones.
    ///
    /// Held-out sequences and masks are drawn once, so that all evaluations are alike.
    public init(data: MaskedLanguageModelDataset, validation: MaskedLanguageModelDataset?) {
        self.data = data
        self.validation = validation
        var counts = [Int](repeating: 0, count: data.masking.isSpecial.count)
        for id in data.corpus.ids { counts[Int(id)] += 1 }
        baseline = UnigramBaseline(counts: counts)
    }

    /// Tokens with special ones, without padding.
    public func tokenCount(of batch: MaskedBatch) -> Int { batch.tokenCount }

    /// Sum of both mean losses.
    public func loss(
        of model: BERTForPretraining, on batch: MaskedBatch, context: ForwardContext
    ) -> BatchLoss {
        BatchLoss(loss: model.loss(Self.modelBatch(batch), context: context).total)
    }

    /// Losses and accuracies of both objectives, and the unigram baseline on the same tokens.
    public func evaluate(
        _ model: BERTForPretraining, precision: Precision, batchLimit: Int?
    ) -> Metrics? {
        guard let validation else { return nil }
        return Self.evaluate(
            model, on: validation, baseline: baseline, precision: precision,
            batchLimit: batchLimit)
    }

    /// Losses and accuracies of a model over all sequences of a data set's first epoch.
    public static func evaluate(
        _ model: BERTForPretraining, on data: MaskedLanguageModelDataset,
        baseline: UnigramBaseline?, precision: Precision, batchLimit: Int? = nil
    ) -> Metrics {
        var sums = MetricSums()
        let names =
            data.sentences == .sentenceOrder
            ? (loss: MetricName.sentenceOrderLoss, accuracy: MetricName.sentenceOrderAccuracy)
            : (loss: MetricName.nextSentenceLoss, accuracy: MetricName.nextSentenceAccuracy)
        let batches = data.evaluationBatches(batchSize: data.batchSize)
        for (index, batch) in batches.enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let result = model.loss(
                modelBatch(batch), context: .evaluation(precision: precision))
            let count = Double(result.masked.scoredCount)
            sums.add(
                MetricName.maskedLoss, total: Double(result.masked.loss.scalar) * count,
                weight: count)
            sums.add(
                MetricName.maskedAccuracy, total: Double(result.masked.correctCount),
                weight: count)
            if let nextSentence = result.nextSentence {
                let pairs = Double(result.nextSentenceCount)
                sums.add(
                    names.loss, total: Double(nextSentence.scalar) * pairs,
                    weight: pairs)
                sums.add(
                    names.accuracy,
                    total: Double(result.nextSentenceCorrectCount), weight: pairs)
            }
            baseline?.add(targets: batch.targets.scalars, to: &sums)
        }
        var metrics = sums.means
        metrics[MetricName.loss] =
            (metrics[MetricName.maskedLoss] ?? 0) + (metrics[names.loss] ?? 0)
        metrics[MetricName.count] = sums.weight(MetricName.maskedLoss)
        return metrics
    }

    static func modelBatch(_ batch: MaskedBatch) -> BERTPretrainingBatch {
        BERTPretrainingBatch(
            ids: batch.ids, typeIDs: batch.typeIDs,
            mask: AttentionMask.unlessFull(batch.attentionMask, shape: batch.ids.shape),
            labels: batch.targets, nextSentence: batch.nextLabels)
    }
}

extension AttentionMask {
    /// A mask, or nil where nothing is hidden, which spares the kernels a look.
    static func unlessFull(_ values: [UInt8], shape: Shape) -> AttentionMask? {
        values.allSatisfy { $0 == 1 }
            ? nil : AttentionMask(values, batchSize: shape[0], keyCount: shape[1])
    }
}
