import SesameModels
import SesameNN
import SesameTensor
import SesameText
import Synchronization

/// Trains a tagger of any kind on tagged sentences.
struct TaggerTask<Model: WordTagger, Example: TagExample>: TrainingTask
where Model.Input == Example.Input {
    /// The training sentences.
    var data: TaggerDataset<Example>
    let validation: [Example]
    let decoder: TagDecoder

    private let last = LastScores()

    init(data: TaggerDataset<Example>, validation: [Example], decoder: TagDecoder) {
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
    var selectionMetric: String {
        decoder.hasEntities ? MetricName.entityF1 : MetricName.accuracy
    }
    /// More is better.
    var higherIsBetter: Bool { true }

    /// Words without padding.
    func tokenCount(of batch: TaggerBatch<Example.Input>) -> Int { batch.wordCount }

    /// The mean negative logarithm of the sentences' tags' probability, or of the words' without a field.
    func loss(
        of model: Model, on batch: TaggerBatch<Example.Input>, context: ForwardContext
    ) -> BatchLoss {
        BatchLoss(loss: model.loss(batch.input, tags: batch.tags, context: context))
    }

    /// Entity scores over the held-out sentences, and the shares of layers where vectors in context are mixed.
    func evaluate(
        _ model: Model, precision: Precision, batchLimit: Int?
    ) -> Metrics? {
        guard !validation.isEmpty else { return nil }
        let scores = decoder.scores(
            model, on: validation, precision: precision, batchLimit: batchLimit)
        last.scores.withLock { $0 = scores }
        var metrics = scores.metrics
        if decoder.hasEntities, metrics[MetricName.entityF1] == nil {
            metrics[MetricName.entityF1] = 0
        }
        metrics.merge(MetricName.shares(of: (model as? Tagger)?.mix)) { first, _ in first }
        return metrics
    }
}

/// Turns a tagger's scores into tags.
struct TagDecoder: Sendable {
    let tags: [String]
    /// Whether any of the tags is an entity's.
    let hasEntities: Bool
    private let allowed: TagConstraints?

    /// - Parameter scheme: What decoding keeps to, as the model's configuration has it; nil for nothing.
    init(tags names: [String], scheme: String?) {
        tags = names
        hasEntities = names.contains { EntityTag($0) != nil }
        allowed = scheme.flatMap(TaggingScheme.init(rawValue:)).map { scheme in
            TagConstraints(
                tagCount: names.count, mayBegin: { scheme.allows(names[$0], after: nil) },
                mayFollow: { scheme.allows(names[$1], after: names[$0]) },
                mayEnd: { scheme.allows(nil, after: names[$0]) })
        }
    }

    /// The tags of sentences, in their order.
    func tags<Model: WordTagger, Example: TagExample>(
        _ model: Model, of examples: [Example], batchSize: Int = 64,
        precision: Precision = .float32
    ) -> [[String]] where Model.Input == Example.Input {
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
    func scores<Model: WordTagger, Example: TagExample>(
        _ model: Model, on examples: [Example], precision: Precision, batchLimit: Int? = nil
    ) -> EntityScores where Model.Input == Example.Input {
        let examples = Array(examples.prefix(batchLimit.map { $0 * 64 } ?? .max))
        var scores = EntityScores()
        let found = self.tags(model, of: examples, precision: precision)
        // Whatever the model learned in, words are compared as BIO tells them, as for a model that is loaded again.
        let convert = { (tags: [String]) in hasEntities ? TaggingScheme.bio.converted(tags) : tags }
        for (example, predicted) in zip(examples, found) {
            scores.add(
                actual: convert(example.tags.map { tags[Int($0)] }), predicted: convert(predicted))
        }
        return scores
    }
}
