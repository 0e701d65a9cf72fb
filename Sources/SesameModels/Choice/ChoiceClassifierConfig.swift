import SesameTensor

/// The encoder of a ``ChoiceClassifier``.
///
/// As JSON, the `config.json` of Hugging Face's `BertForMultipleChoice`.
public struct ChoiceClassifierConfig: Codable, Sendable, Hashable {
    /// The encoder's sizes.
    public var backbone: BERTConfig
    /// Dropout before the head (`classifier_dropout`); nil means the encoder's.
    public var dropoutProbability: Float?

    /// A configuration from its parts.
    public init(backbone: BERTConfig, dropoutProbability: Float? = nil) {
        self.backbone = backbone
        self.dropoutProbability = dropoutProbability
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws { try scorer.validate() }

    /// The model of one output that scores each ending.
    var scorer: SequenceClassifierConfig {
        SequenceClassifierConfig(
            backbone: .bert(backbone), head: .regression, dropoutProbability: dropoutProbability)
    }

    enum CodingKeys: String, CodingKey {
        case dropoutProbability = "classifier_dropout"
    }

    /// Reads the `config.json` of a BERT for multiple choice.
    public init(from decoder: any Decoder) throws {
        backbone = try BERTConfig(from: decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        dropoutProbability = try values.decodeIfPresent(Float.self, forKey: .dropoutProbability)
    }

    /// Writes Hugging Face's keys.
    public func encode(to encoder: any Encoder) throws {
        try backbone.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
    }
}

extension ChoiceClassifierConfig: SizedConfiguration {
    var approximateParameterCount: Double { scorer.approximateParameterCount }
}
