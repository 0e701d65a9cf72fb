/// What a metric is called, how its values are written, and which way is better.
public struct MetricDescription: Sendable, Hashable {
    /// Which values are better.
    public enum Direction: Sendable, Hashable, Codable {
        /// As of a loss.
        case lower
        /// As of an accuracy.
        case higher
        /// Neither, as of a learning rate.
        case neither
    }

    /// The name it is recorded under, as `mlmLoss`.
    public let name: String
    /// The name for people, as "Masked-token loss".
    public let title: String
    /// The unit, or what is counted, as "nats".
    public let unit: String
    /// How values are written.
    public let format: ChartAxis.Format
    /// Which values are better.
    public let direction: Direction
    /// The metric beside which this one is drawn dashed, where it is a baseline.
    public let baselineOf: String?

    private init(
        _ name: String, _ title: String, _ unit: String, _ format: ChartAxis.Format,
        _ direction: Direction, baselineOf: String? = nil
    ) {
        self.name = name
        self.title = title
        self.unit = unit
        self.format = format
        self.direction = direction
        self.baselineOf = baselineOf
    }

    /// The description of a metric; of one that Sesame does not know, a guess by its name: less is
    /// better of what is called a loss, an error or a perplexity, and more of anything else.
    public init(named name: String) {
        if let known = Self.known.first(where: { $0.name == name }) {
            self = known
            return
        }
        let lowercased = name.lowercased()
        let isLoss = ["loss", "error", "perplexity"].contains { lowercased.contains($0) }
        self.init(name, Self.spaced(name), name, .number, isLoss ? .lower : .higher)
    }

    /// A value as people read it.
    public func text(_ value: Double) -> String {
        switch format {
        case .percent: NumberText.percent(value)
        case .count: NumberText.counted(value)
        case .number: NumberText.short(value, aligned: direction != .neither)
        }
    }

    /// The better one of two values; the first where neither is.
    func isBetter(_ a: Double, than b: Double) -> Bool {
        switch direction {
        case .lower: a < b
        case .higher: a > b
        case .neither: false
        }
    }

    /// The order in which metrics are shown; those that Sesame does not know come last.
    static func order(_ name: String) -> Int {
        known.firstIndex { $0.name == name } ?? known.count
    }

    private static let known = [
        MetricDescription("loss", "Loss", "nats", .number, .lower),
        MetricDescription("perplexity", "Perplexity", "perplexity", .number, .lower),
        MetricDescription(
            "bitsPerCharacter", "Bits a character", "bits a character", .number, .lower),
        MetricDescription("accuracy", "Accuracy", "share correct", .percent, .higher),
        MetricDescription(
            "majorityAccuracy", "Majority class", "share correct", .percent, .neither,
            baselineOf: "accuracy"),
        MetricDescription("entityF1", "Entity F1", "F1 of entities", .number, .higher),
        MetricDescription(
            "entityPrecision", "Entity precision", "share of those found", .percent, .higher),
        MetricDescription("entityRecall", "Entity recall", "share found", .percent, .higher),
        MetricDescription("spanF1", "F1 of answers", "F1 of words", .number, .higher),
        MetricDescription("exactMatch", "Exact match", "share of answers", .percent, .higher),
        MetricDescription(
            "answerableF1", "F1 where there is an answer", "F1 of words", .number, .higher),
        MetricDescription(
            "answerableExactMatch", "Exact match where there is an answer", "share of answers",
            .percent, .higher),
        MetricDescription(
            "noAnswerAccuracy", "Accuracy where there is no answer", "share correct", .percent,
            .higher),
        MetricDescription(
            "bestSpanF1", "F1 of answers at the best threshold", "F1 of words", .number, .higher),
        MetricDescription(
            "bestNoAnswerThreshold", "Best threshold of no answer", "difference of scores",
            .number, .neither),
        MetricDescription("bleu", "BLEU", "BLEU, 0 to 100", .number, .higher),
        MetricDescription("f1", "F1", "F1", .number, .higher),
        MetricDescription("macroF1", "Macro F1", "F1, mean of classes", .number, .higher),
        MetricDescription("matthews", "Matthews correlation", "correlation", .number, .higher),
        MetricDescription("pearson", "Pearson correlation", "correlation", .number, .higher),
        MetricDescription("spearman", "Spearman correlation", "rank correlation", .number, .higher),
        MetricDescription(
            "meanSquaredError", "Mean squared error", "squared error", .number, .lower),
        MetricDescription("mlmLoss", "Masked-token loss", "nats a masked token", .number, .lower),
        MetricDescription(
            "unigramLoss", "Unigram baseline", "nats a masked token", .number, .neither,
            baselineOf: "mlmLoss"),
        MetricDescription(
            "mlmAccuracy", "Masked-token accuracy", "share correct", .percent, .higher),
        MetricDescription(
            "unigramAccuracy", "Unigram baseline", "share correct", .percent, .neither,
            baselineOf: "mlmAccuracy"),
        MetricDescription("nspLoss", "Next-sentence loss", "nats a pair", .number, .lower),
        MetricDescription(
            "nspAccuracy", "Next-sentence accuracy", "share correct", .percent, .higher),
        MetricDescription("sopLoss", "Sentence-order loss", "nats a pair", .number, .lower),
        MetricDescription(
            "sopAccuracy", "Sentence-order accuracy", "share correct", .percent, .higher),
        MetricDescription("learningRate", "Learning rate", "learning rate", .number, .neither),
        MetricDescription("tokensPerSecond", "Speed", "tokens a second", .count, .neither),
        MetricDescription(
            "gradientNorm", "Gradient norm", "length before clipping", .number, .neither),
        MetricDescription("count", "Scored", "tokens or texts", .count, .neither),
    ]

    /// "tokensPerSecond" as "Tokens per second".
    private static func spaced(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase, let last = result.last, last.isLowercase {
                result += " " + character.lowercased()
            } else {
                result.append(character == "_" ? " " : character)
            }
        }
        return result.prefix(1).uppercased() + result.dropFirst()
    }
}
