import SesameTensor

/// The encoder of a ``SpanPredictor``, and how answers are looked for.
///
/// As JSON, the `config.json` of Hugging Face's `BertForQuestionAnswering` with four keys of our own.
public struct SpanPredictorConfig: Codable, Sendable, Hashable {
    /// The encoder's sizes.
    public var backbone: BERTConfig
    /// How many tokens of a long text neighbouring windows share (`window_overlap`).
    public var windowOverlap: Int
    /// The most tokens of a question; the rest is cut (`max_query_length`).
    public var maxQuestionLength: Int
    /// The most tokens of an answer (`max_answer_length`).
    public var maxAnswerLength: Int
    /// By how much the score of there being no answer must exceed the best answer's for none to be given
    /// (`null_score_threshold`); nil for a model that always answers.
    public var noAnswerThreshold: Float?

    /// A configuration whose defaults are those of BERT's program for SQuAD.
    public init(
        backbone: BERTConfig, windowOverlap: Int = 128, maxQuestionLength: Int = 64,
        maxAnswerLength: Int = 30, noAnswerThreshold: Float? = nil
    ) {
        self.backbone = backbone
        self.windowOverlap = windowOverlap
        self.maxQuestionLength = maxQuestionLength
        self.maxAnswerLength = maxAnswerLength
        self.noAnswerThreshold = noAnswerThreshold
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws {
        try backbone.validate()
        guard windowOverlap >= 0 else {
            throw ModelError(
                .configuration, "window_overlap is \(windowOverlap), expected 0 or more")
        }
        try ConfigCheck.positive(maxQuestionLength, "max_query_length")
        try ConfigCheck.positive(maxAnswerLength, "max_answer_length")
        if let noAnswerThreshold, !noAnswerThreshold.isFinite {
            throw ModelError(
                .configuration,
                "null_score_threshold is \(noAnswerThreshold), expected a finite number")
        }
    }

    enum CodingKeys: String, CodingKey {
        case windowOverlap = "window_overlap"
        case maxQuestionLength = "max_query_length"
        case maxAnswerLength = "max_answer_length"
        case noAnswerThreshold = "null_score_threshold"
    }

    /// Reads the `config.json` of a BERT for question answering; one from elsewhere always answers.
    public init(from decoder: any Decoder) throws {
        self.init(backbone: try BERTConfig(from: decoder))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        windowOverlap =
            try values.decodeIfPresent(Int.self, forKey: .windowOverlap) ?? windowOverlap
        maxQuestionLength =
            try values.decodeIfPresent(Int.self, forKey: .maxQuestionLength) ?? maxQuestionLength
        maxAnswerLength =
            try values.decodeIfPresent(Int.self, forKey: .maxAnswerLength) ?? maxAnswerLength
        noAnswerThreshold = try values.decodeIfPresent(Float.self, forKey: .noAnswerThreshold)
    }

    /// Writes Hugging Face's keys and our own.
    public func encode(to encoder: any Encoder) throws {
        try backbone.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(windowOverlap, forKey: .windowOverlap)
        try values.encode(maxQuestionLength, forKey: .maxQuestionLength)
        try values.encode(maxAnswerLength, forKey: .maxAnswerLength)
        try values.encodeIfPresent(noAnswerThreshold, forKey: .noAnswerThreshold)
    }
}

extension SpanPredictorConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        backbone.approximateParameterCount + 2 * Double(backbone.hiddenSize)
    }
}
