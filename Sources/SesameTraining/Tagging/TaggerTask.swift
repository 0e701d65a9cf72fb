import SesameModels
import SesameNN
import SesameTensor
import SesameText
import Synchronization

/// Trains a ``Tagger`` on tagged sentences.
public struct TaggerTask: TrainingTask {
    /// The training sentences.
    public var data: TaggerDataset
    let validation: [TaggerExample]
    let decoder: TagDecoder

    private let last = LastScores()

    init(data: TaggerDataset, validation: [TaggerExample], decoder: TagDecoder) {
        self.data = data
        self.validation = validation
        self.decoder = decoder
    }

    private final class LastScores: Sendable {
        let scores = Mutex<EntityScores?>(nil)
    }

    /// The scores of the last evaluation.
    var lastScores: EntityScores? { last.scores.withLock { $0 } }

    /// F1 of entities; of tags of other kinds, their accuracy.
    public var selectionMetric: String {
        decoder.hasEntities ? MetricName.entityF1 : MetricName.accuracy
    }
    /// More is better.
    public var higherIsBetter: Bool { true }

    /// Words without padding.
    public func tokenCount(of batch: TaggerBatch) -> Int { batch.wordCount }

    /// The mean negative logarithm of the sentences' tags' probability, or of the words' without a field.
    public func loss(
        of model: Tagger, on batch: TaggerBatch, context: ForwardContext
    ) -> BatchLoss {
        BatchLoss(loss: model.loss(batch.input, tags: batch.tags, context: context))
    }

    /// Entity scores over the held-out sentences, and the shares of layers where vectors in context are mixed.
    public func evaluate(
        _ model: Tagger, precision: Precision, batchLimit: Int?
    ) -> Metrics? {
        guard !validation.isEmpty else { return nil }
        let scores = decoder.scores(
            model, on: validation, precision: precision, batchLimit: batchLimit)
        last.scores.withLock { $0 = scores }
        var metrics = scores.metrics
        if decoder.hasEntities, metrics[MetricName.entityF1] == nil {
            metrics[MetricName.entityF1] = 0
        }
        metrics.merge(MetricName.shares(of: model.mix)) { first, _ in first }
        return metrics
    }
}

/// Turns a tagger's scores into tags.
struct TagDecoder: Sendable {
    let tags: [String]
    /// Whether any of the tags is an entity's.
    let hasEntities: Bool
    private let allowed: TagConstraints?

    init(_ configuration: TaggerConfig) {
        let names = configuration.tags
        tags = names
        hasEntities = names.contains { EntityTag($0) != nil }
        allowed = configuration.scheme.flatMap(TaggingScheme.init(rawValue:)).map { scheme in
            TagConstraints(
                tagCount: names.count, mayBegin: { scheme.allows(names[$0], after: nil) },
                mayFollow: { scheme.allows(names[$1], after: names[$0]) },
                mayEnd: { scheme.allows(nil, after: names[$0]) })
        }
    }

    /// The tags of sentences, in their order.
    func tags(
        _ model: Tagger, of examples: [TaggerExample], batchSize: Int = 64,
        precision: Precision = .float32
    ) -> [[String]] {
        var result = [[String]](repeating: [], count: examples.count)
        for batch in TaggerDataset.evaluationBatches(of: examples, batchSize: batchSize) {
            let found = model.tags(batch.input, allowed: allowed, precision: precision)
            for (row, index) in batch.indices.enumerated() {
                result[index] = found[row].map { tags[$0] }
            }
        }
        return result
    }

    /// How the tags of sentences compare with those they have.
    func scores(
        _ model: Tagger, on examples: [TaggerExample], precision: Precision,
        batchLimit: Int? = nil
    ) -> EntityScores {
        let examples = Array(examples.prefix(batchLimit.map { $0 * 64 } ?? .max))
        var scores = EntityScores()
        let found = self.tags(model, of: examples, precision: precision)
        for (example, predicted) in zip(examples, found) {
            scores.add(actual: example.tags.map { tags[Int($0)] }, predicted: predicted)
        }
        return scores
    }
}
