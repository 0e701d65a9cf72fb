import SesameTensor

/// The backbone and labels of a ``SequenceClassifier``.
///
/// As JSON, the `config.json` of Hugging Face's `BertForSequenceClassification` or
/// `GPT2ForSequenceClassification`: the backbone's keys and `id2label`, `label2id`.
public struct SequenceClassifierConfig: Codable, Sendable, Hashable {
    /// The model under the head.
    public enum Backbone: Sendable, Hashable {
        /// A BERT of these sizes.
        case bert(BERTConfig)
        /// A GPT of these sizes.
        case gpt(GPTConfig)
    }

    /// The model under the head.
    public var backbone: Backbone
    /// The labels' names, in the order of their numbers.
    public var labels: [String]
    /// Dropout before the head (`classifier_dropout`); nil means the backbone's.
    public var dropoutProbability: Float?

    /// A configuration from its parts.
    public init(backbone: Backbone, labels: [String], dropoutProbability: Float? = nil) {
        self.backbone = backbone
        self.labels = labels
        self.dropoutProbability = dropoutProbability
    }

    /// How many tokens a text may have.
    public var maxSequenceLength: Int {
        switch backbone {
        case .bert(let backbone): backbone.maxSequenceLength
        case .gpt(let backbone): backbone.maxSequenceLength
        }
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws {
        switch backbone {
        case .bert(let backbone): try backbone.validate()
        case .gpt(let backbone): try backbone.validate()
        }
        guard labels.count >= 2 else {
            throw ModelError(
                .configuration, "id2label has \(labels.count) labels, expected at least 2")
        }
        if let dropoutProbability {
            try ConfigCheck.probability(dropoutProbability, "classifier_dropout")
        }
    }

    enum CodingKeys: String, CodingKey {
        case architectures
        case modelType = "model_type"
        case labelOfID = "id2label"
        case idOfLabel = "label2id"
        case dropoutProbability = "classifier_dropout"
    }

    /// Reads a classifier's `config.json`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decodeIfPresent(String.self, forKey: .modelType) ?? ""
        switch type {
        case "bert": backbone = .bert(try BERTConfig(from: decoder))
        case "gpt2": backbone = .gpt(try GPTConfig(from: decoder))
        default:
            throw ModelError(.configuration, "model_type is \(type), expected bert or gpt2")
        }
        guard let names = try values.decodeIfPresent([String: String].self, forKey: .labelOfID)
        else {
            throw ModelError(
                .configuration, "id2label is missing, expected the labels of a classifier")
        }
        labels = try (0..<names.count).map { id in
            guard let name = names[String(id)] else {
                throw ModelError(
                    .configuration, "id2label lacks \(id), expected 0 to \(names.count - 1)")
            }
            return name
        }
        dropoutProbability = try values.decodeIfPresent(Float.self, forKey: .dropoutProbability)
    }

    /// Writes Hugging Face's keys.
    public func encode(to encoder: any Encoder) throws {
        let architecture: String
        switch backbone {
        case .bert(let backbone):
            try backbone.encode(to: encoder)
            architecture = "BertForSequenceClassification"
        case .gpt(let backbone):
            try backbone.encode(to: encoder)
            architecture = "GPT2ForSequenceClassification"
        }
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode([architecture], forKey: .architectures)
        let ids = labels.enumerated().map { (String($0), $1) }
        try values.encode(Dictionary(uniqueKeysWithValues: ids), forKey: .labelOfID)
        try values.encode(
            Dictionary(
                labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }),
            forKey: .idOfLabel)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
    }
}
