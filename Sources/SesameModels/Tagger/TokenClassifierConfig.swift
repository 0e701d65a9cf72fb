import SesameTensor

/// The encoder and tags of a ``TokenClassifier``.
///
/// As JSON, the `config.json` of Hugging Face's `BertForTokenClassification` (the encoder's keys, `id2label`, `label2id`) with
/// two keys of our own, `tagging_scheme` and `crf`.
public struct TokenClassifierConfig: Codable, Sendable, Hashable {
    /// The encoder's sizes.
    public var backbone: BERTConfig
    /// The tags, in the order of the outputs (`id2label`).
    public var tags: [String]
    /// How entities are tagged (`tagging_scheme`), which decoding with a field keeps to; nil for tags of other kinds.
    public var scheme: String?
    /// Whether tags are scored as a sequence (`crf`), or each by itself.
    public var usesCRF: Bool
    /// Dropout before the head (`classifier_dropout`); nil means the encoder's.
    public var dropoutProbability: Float?

    /// A configuration from its parts.
    public init(
        backbone: BERTConfig, tags: [String], scheme: String? = nil, usesCRF: Bool = false,
        dropoutProbability: Float? = nil
    ) {
        self.backbone = backbone
        self.tags = tags
        self.scheme = scheme
        self.usesCRF = usesCRF
        self.dropoutProbability = dropoutProbability
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws {
        try backbone.validate()
        guard tags.count >= 2, Set(tags).count == tags.count else {
            throw ModelError(
                .configuration,
                "id2label has \(Set(tags).count) different tags, expected at least 2")
        }
        if let dropoutProbability {
            try ConfigCheck.probability(dropoutProbability, "classifier_dropout")
        }
    }

    enum CodingKeys: String, CodingKey {
        case scheme = "tagging_scheme"
        case usesCRF = "crf"
        case dropoutProbability = "classifier_dropout"
    }

    /// Reads the `config.json` of a BERT with tags.
    public init(from decoder: any Decoder) throws {
        backbone = try BERTConfig(from: decoder)
        tags = try LabelNames(from: decoder).labels
        let values = try decoder.container(keyedBy: CodingKeys.self)
        scheme = try values.decodeIfPresent(String.self, forKey: .scheme)
        usesCRF = try values.decodeIfPresent(Bool.self, forKey: .usesCRF) ?? false
        dropoutProbability = try values.decodeIfPresent(Float.self, forKey: .dropoutProbability)
    }

    /// Writes Hugging Face's keys and our own.
    public func encode(to encoder: any Encoder) throws {
        try backbone.encode(to: encoder)
        try LabelNames(tags).encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(scheme, forKey: .scheme)
        try values.encode(usesCRF, forKey: .usesCRF)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
    }
}

extension TokenClassifierConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        backbone.approximateParameterCount + Double(tags.count) * Double(backbone.hiddenSize)
    }
}
