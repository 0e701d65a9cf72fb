import SesameModels
import SesameNN
import SesameTensor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Trains an `ELMo` to predict the words after and before each.
public struct BidirectionalLanguageModelTask: TrainingTask {
    /// The training sentences.
    public var data: BidirectionalDataset
    /// The held-out sentences; nil where nothing is held out.
    public let validation: WordSentences?
    /// Classes that stand for all in the training loss's softmax; nil for the whole softmax.
    public let sampleCount: Int?

    /// All classes, most frequent first, and the place of each in that order.
    private let order: [Int32]
    private let ranks: [Int32]

    /// A task over training sentences and held-out ones.
    ///
    /// - Parameters:
    ///   - data: The training sentences.
    ///   - validation: The held-out ones.
    ///   - vocabularySize: How many words the model predicts.
    ///   - sampleCount: Sampled classes; nil, or as many as there are classes, for the whole softmax.
    public init(
        data: BidirectionalDataset, validation: WordSentences?, vocabularySize: Int,
        sampleCount: Int?
    ) {
        self.data = data
        self.validation = validation
        self.sampleCount = sampleCount.flatMap { $0 <= vocabularySize ? $0 : nil }
        // The boundary is the last class; both ends of a sentence are predicted.
        let counts =
            data.sentences.counts(of: vocabularySize) + [data.sentences.sentenceCount]
        let order = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
        var ranks = [Int32](repeating: 0, count: counts.count)
        for (rank, index) in order.enumerated() { ranks[index] = Int32(rank) }
        self.order = order.map { Int32($0) }
        self.ranks = ranks
    }

    /// Words of the sentences.
    public func tokenCount(of batch: BidirectionalBatch) -> Int { batch.tokenCount }

    /// The mean of both directions' losses, over sampled classes where they are asked for.
    public func loss(
        of model: ELMo, on batch: BidirectionalBatch, context: ForwardContext
    ) -> BatchLoss {
        guard let sampleCount else {
            return BatchLoss(
                loss: model.loss(batch.words, classes: batch.classes, context: context).mean)
        }
        let samples = SampledClasses(
            sampleCount, order: order, ranks: ranks, key: context.key.derived(Self.samplingSite))
        return BatchLoss(
            loss: model.sampledLoss(
                batch.words, classes: batch.classes, samples: samples, context: context))
    }

    private static let samplingSite: UInt64 = 0x73_616d_706c

    /// Loss, perplexity and accuracy over the whole vocabulary, of both directions and of each.
    public func evaluate(_ model: ELMo, precision: Precision, batchLimit: Int?) -> Metrics? {
        guard let validation, validation.sentenceCount > 0 else { return nil }
        return Self.evaluate(
            model, on: validation, precision: precision, batchLimit: batchLimit)
    }

    /// Loss, perplexity and accuracy of a model on sentences, over the whole vocabulary: the mean of both directions,
    /// and the perplexity of each.
    public static func evaluate(
        _ model: ELMo, on sentences: WordSentences, precision: Precision, batchLimit: Int? = nil
    ) -> Metrics {
        let batches = SequenceDataset.order(
            of: sentences.lengths, groupsByLength: true, batchSize: 32, seed: 0, epoch: 0)
        var sums = MetricSums()
        for indices in batches.prefix(batchLimit ?? .max) {
            let batch = BidirectionalDataset.batch(
                of: indices, in: sentences, maxWordBytes: model.configuration.maxWordBytes)
            let loss = model.loss(
                batch.words, classes: batch.classes, context: .evaluation(precision: precision))
            for (name, direction) in [("forward", loss.forward), ("backward", loss.backward)] {
                let count = Double(direction.scoredCount)
                let total = Double(direction.loss.scalar) * count
                sums.add(name, total: total, weight: count)
                sums.add(MetricName.loss, total: total, weight: count)
                sums.add(
                    MetricName.accuracy, total: Double(direction.correctCount), weight: count)
            }
        }
        let means = sums.means
        var metrics: Metrics = [:]
        for name in [MetricName.loss, MetricName.accuracy] { metrics[name] = means[name] }
        metrics[MetricName.perplexity] = means[MetricName.loss].map { exp($0) }
        metrics[MetricName.forwardPerplexity] = means["forward"].map { exp($0) }
        metrics[MetricName.backwardPerplexity] = means["backward"].map { exp($0) }
        metrics[MetricName.count] = sums.weight(MetricName.loss)
        return metrics
    }
}
