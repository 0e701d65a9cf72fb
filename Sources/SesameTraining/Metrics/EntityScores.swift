import SesameText

/// How well tags name entities: precision, recall and F1 by conlleval's definition.
///
/// An entity is found where type, first and last word are those of the data; see `EntitySpan.spans(of:)` for what tags
/// mean, broken sequences included.
///
/// Source: conlleval of the CoNLL-2000 and 2003 shared tasks.
public struct EntityScores: Sendable, Hashable, Codable {
    /// Counts of one type, or of all.
    public struct Counts: Sendable, Hashable, Codable {
        /// Entities in the data.
        public var actual = 0
        /// Entities that were predicted.
        public var predicted = 0
        /// Those that are both.
        public var correct = 0

        /// No entities.
        public init() {}

        /// The share of predicted entities that are right; 0 without any.
        public var precision: Double { predicted == 0 ? 0 : Double(correct) / Double(predicted) }
        /// The share of the data's entities that were found; 0 without any.
        public var recall: Double { actual == 0 ? 0 : Double(correct) / Double(actual) }
        /// The harmonic mean of both; 0 where both are.
        public var f1: Double {
            actual + predicted == 0 ? 0 : 2 * Double(correct) / Double(actual + predicted)
        }
    }

    /// By type.
    public private(set) var byType: [String: Counts] = [:]
    /// Over all types.
    public private(set) var total = Counts()
    /// How many words there are.
    public private(set) var wordCount = 0
    /// How many of them have their tag.
    public private(set) var correctWordCount = 0
    /// How many sentences there are.
    public private(set) var sentenceCount = 0

    /// No sentences.
    public init() {}

    /// Adds a sentence.
    /// - Precondition: As many predicted tags as actual ones.
    public mutating func add(actual: [String], predicted: [String]) {
        precondition(
            actual.count == predicted.count,
            "EntityScores: \(actual.count) actual tags, \(predicted.count) predicted")
        let truth = EntitySpan.spans(of: actual)
        let found = EntitySpan.spans(of: predicted)
        let right = Set(truth).intersection(found)
        for (spans, path) in [
            (truth, \Counts.actual), (found, \Counts.predicted), (Array(right), \Counts.correct),
        ] {
            for span in spans {
                byType[span.type, default: Counts()][keyPath: path] += 1
                total[keyPath: path] += 1
            }
        }
        wordCount += actual.count
        correctWordCount += zip(actual, predicted).count { $0 == $1 }
        sentenceCount += 1
    }

    /// The share of words that have their tag.
    public var accuracy: Double {
        wordCount == 0 ? 0 : Double(correctWordCount) / Double(wordCount)
    }

    /// The figures by name; those of entities where there are any.
    public var metrics: Metrics {
        var metrics = [MetricName.accuracy: accuracy, MetricName.count: Double(sentenceCount)]
        if total.actual + total.predicted > 0 {
            metrics[MetricName.entityPrecision] = total.precision
            metrics[MetricName.entityRecall] = total.recall
            metrics[MetricName.entityF1] = total.f1
        }
        return metrics
    }
}
