#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The names under which metrics are reported and recorded.
public enum MetricName {
    /// Mean loss in nats: a token, a masked token plus a pair, or a text; of
    /// scores the mean squared error.
    public static let loss = "loss"
    /// e to the power of the loss a token.
    public static let perplexity = "perplexity"
    /// The perplexity of a language model from left to right, beside one from right to left.
    public static let forwardPerplexity = "forwardPerplexity"
    /// The perplexity of a language model from right to left.
    public static let backwardPerplexity = "backwardPerplexity"
    /// Loss in bits for each Unicode scalar of the text.
    public static let bitsPerCharacter = "bitsPerCharacter"
    /// Share of next tokens, or texts, predicted correctly; 0...1.
    public static let accuracy = "accuracy"
    /// Mean loss of masked tokens in nats.
    public static let maskedLoss = "mlmLoss"
    /// Share of masked tokens predicted correctly.
    public static let maskedAccuracy = "mlmAccuracy"
    /// Mean loss of sentence pairs in nats.
    public static let nextSentenceLoss = "nspLoss"
    /// Share of sentence pairs judged correctly.
    public static let nextSentenceAccuracy = "nspAccuracy"
    /// Mean loss of telling the order of segments, in nats.
    public static let sentenceOrderLoss = "sopLoss"
    /// Share of pairs of segments whose order was told.
    public static let sentenceOrderAccuracy = "sopAccuracy"
    /// Accuracy of always predicting the most frequent training token at masked positions.
    public static let unigramAccuracy = "unigramAccuracy"
    /// Cross-entropy in nats of the training tokens' frequencies at masked positions.
    public static let unigramLoss = "unigramLoss"
    /// Unweighted mean of the classes' F1.
    public static let macroF1 = "macroF1"
    /// F1 of the second class, for two classes.
    public static let binaryF1 = "f1"
    /// Matthews' correlation of actual and predicted classes, -1...1.
    public static let matthews = "matthews"
    /// Pearson's correlation of actual and predicted scores, -1...1.
    public static let pearson = "pearson"
    /// Spearman's rank correlation of actual and predicted scores, -1...1.
    public static let spearman = "spearman"
    /// Mean of the squared differences of actual and predicted scores.
    public static let meanSquaredError = "meanSquaredError"
    /// Share of predicted entities that are right.
    public static let entityPrecision = "entityPrecision"
    /// Share of the data's entities that were found.
    public static let entityRecall = "entityRecall"
    /// Harmonic mean of entities' precision and recall.
    public static let entityF1 = "entityF1"
    /// Share of questions that are answered with one of the right answers; see ``SpanScores``.
    public static let exactMatch = "exactMatch"
    /// F1 of the words of answers, averaged over the questions.
    public static let spanF1 = "spanF1"
    /// The exact match of questions that have an answer.
    public static let answerableExactMatch = "answerableExactMatch"
    /// The F1 of questions that have an answer.
    public static let answerableF1 = "answerableF1"
    /// Share of the questions without an answer that are given none.
    public static let noAnswerAccuracy = "noAnswerAccuracy"
    /// The F1 that the best threshold would give; see ``SpanScores/bestThreshold``.
    public static let bestSpanF1 = "bestSpanF1"
    /// The threshold on the score of no answer that gives the best F1.
    public static let bestNoAnswerThreshold = "bestNoAnswerThreshold"
    /// The share of a layer in a learnt mix of layers, from 0.
    public static func layerShare(_ layer: Int) -> String { "layerShare\(layer)" }
    /// The factor of a learnt mix of layers.
    public static let layerScale = "layerScale"
    /// Share of the most frequent class.
    public static let majorityAccuracy = "majorityAccuracy"
    /// Of translations, 0...100; see ``BLEU``.
    public static let bleu = "bleu"
    /// Number of tokens or texts scored.
    public static let count = "count"
}

/// Metrics by name; see ``MetricName``.
public typealias Metrics = [String: Double]

/// Sums that become means: each name with a total and a weight, added up in Double.
public struct MetricSums: Sendable, Equatable {
    private var sums: [String: (total: Double, weight: Double)] = [:]

    /// No sums.
    public init() {}

    /// Adds `total` over `weight` items under `name`.
    public mutating func add(_ name: String, total: Double, weight: Double) {
        let old = sums[name] ?? (0, 0)
        sums[name] = (old.total + total, old.weight + weight)
    }

    /// Adds all sums of another.
    public mutating func add(_ other: MetricSums) {
        for (name, value) in other.sums {
            add(name, total: value.total, weight: value.weight)
        }
    }

    /// The total under `name`, or 0.
    public func total(_ name: String) -> Double { sums[name]?.total ?? 0 }
    /// The weight under `name`, or 0.
    public func weight(_ name: String) -> Double { sums[name]?.weight ?? 0 }

    /// The means; a name without weight has none.
    public var means: Metrics {
        sums.filter { $0.value.weight > 0 }.mapValues { $0.total / $0.weight }
    }

    /// Equal names, totals and weights.
    public static func == (a: MetricSums, b: MetricSums) -> Bool {
        a.sums.count == b.sums.count
            && a.sums.allSatisfy { name, value in
                b.sums[name].map { $0.total == value.total && $0.weight == value.weight } ?? false
            }
    }
}

/// Formulas for language models.
public enum LanguageModelMetrics {
    /// e to the power of a mean loss in nats.
    public static func perplexity(loss: Double) -> Double { exp(loss) }

    /// The loss itself, the perplexity, how many tokens were scored, and bits per character where the number of
    /// characters is known.
    static func metrics(loss: Double, count: Int, stream: PackedTokens) -> Metrics {
        var result: Metrics = [
            MetricName.loss: loss, MetricName.perplexity: perplexity(loss: loss),
            MetricName.count: Double(count),
        ]
        if stream.characterCount > 0 {
            result[MetricName.bitsPerCharacter] = bitsPerCharacter(
                loss: loss, tokenCount: stream.count, characterCount: stream.characterCount)
        }
        return result
    }

    /// Bits for each character, from a mean loss in nats a token.
    /// - Parameters:
    ///   - loss: Nats a token.
    ///   - tokenCount: Number of tokens scored.
    ///   - characterCount: Number of Unicode scalars they stand for.
    public static func bitsPerCharacter(
        loss: Double, tokenCount: Int, characterCount: Int
    ) -> Double {
        loss / log(2.0) * Double(tokenCount) / Double(characterCount)
    }
}
