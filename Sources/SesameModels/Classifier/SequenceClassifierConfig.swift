import SesameTensor

/// What a ``SequenceClassifier`` tells about a text.
public enum SequenceHead: Sendable, Hashable {
    /// One of some classes: one output each, trained with the mean cross-entropy.
    ///
    /// The labels are the classes' names, in the order of the outputs.
    case classification(labels: [String])
    /// A number: one output, trained with the mean squared error.
    case regression

    /// The number of outputs.
    public var outputCount: Int {
        switch self {
        case .classification(let labels): labels.count
        case .regression: 1
        }
    }
}

/// The backbone and head of a ``SequenceClassifier``.
///
/// As JSON, the `config.json` of Hugging Face's `BertForSequenceClassification` or
/// `GPT2ForSequenceClassification`, or one of our own for a ``TextCNN``: the backbone's keys and `id2label`, `label2id`, `problem_type`.
public struct SequenceClassifierConfig: Codable, Sendable, Hashable {
    /// The model under the head.
    public enum Backbone: Sendable, Hashable {
        /// A BERT of these sizes.
        case bert(BERTConfig)
        /// A GPT of these sizes.
        case gpt(GPTConfig)
        /// A convolutional network of these sizes.
        case textCNN(TextCNNConfig)
    }

    /// The model under the head.
    public var backbone: Backbone
    /// What is told about a text.
    public var head: SequenceHead
    /// How a GPT reads texts and pairs; nil where they stand alone.
    public var inputForm: GPTInputForm?
    /// Dropout before the head (`classifier_dropout`); nil means the backbone's.
    public var dropoutProbability: Float?

    /// A configuration from its parts.
    public init(
        backbone: Backbone, head: SequenceHead, inputForm: GPTInputForm? = nil,
        dropoutProbability: Float? = nil
    ) {
        self.backbone = backbone
        self.head = head
        self.inputForm = inputForm
        self.dropoutProbability = dropoutProbability
    }

    /// How many tokens a text may have.
    public var maxSequenceLength: Int {
        switch backbone {
        case .bert(let backbone): backbone.maxSequenceLength
        case .gpt(let backbone): backbone.maxSequenceLength
        case .textCNN(let backbone): backbone.maxSequenceLength
        }
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws {
        switch backbone {
        case .bert(let backbone): try backbone.validate()
        case .gpt(let backbone): try backbone.validate()
        case .textCNN(let backbone): try backbone.validate()
        }
        if case .gpt(let backbone) = backbone {
            try inputForm?.validate(vocabularySize: backbone.vocabularySize)
        }
        if case .classification(let labels) = head, labels.count < 2 {
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
        case problemType = "problem_type"
        case dropoutProbability = "classifier_dropout"
        case extractID = "extract_token_id"
    }

    /// Whether other programs know such a model: they read texts in one order, and see all positions before one.
    var isPublishedLayout: Bool {
        switch backbone {
        case .bert: true
        case .gpt(let backbone): backbone.band == nil && inputForm?.readsBothOrders != true
        case .textCNN: false
        }
    }

    /// Reads a classifier's `config.json`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decodeIfPresent(String.self, forKey: .modelType) ?? ""
        switch type {
        case "bert": backbone = .bert(try BERTConfig(from: decoder))
        case "gpt2", GPTConfig.ownModelType: backbone = .gpt(try GPTConfig(from: decoder))
        case TextCNNConfig.modelType: backbone = .textCNN(try TextCNNConfig(from: decoder))
        default:
            throw ModelError(
                .configuration,
                "model_type is \(type), expected bert, gpt2 or \(TextCNNConfig.modelType)")
        }
        head = try Self.head(
            labels: LabelNames(from: decoder).labels,
            problem: values.decodeIfPresent(String.self, forKey: .problemType))
        dropoutProbability = try values.decodeIfPresent(Float.self, forKey: .dropoutProbability)
        if case .gpt = backbone, values.contains(.extractID) {
            inputForm = try GPTInputForm(from: decoder)
        }
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
            architecture =
                isPublishedLayout ? "GPT2ForSequenceClassification" : "GPTForSequenceClassification"
            try inputForm?.encode(to: encoder)
        case .textCNN(let backbone):
            try backbone.encode(to: encoder)
            architecture = "TextCNNForSequenceClassification"
        }
        var values = encoder.container(keyedBy: CodingKeys.self)
        if case .textCNN = backbone {
            try values.encode(TextCNNConfig.modelType, forKey: .modelType)
        } else if !isPublishedLayout {
            try values.encode(GPTConfig.ownModelType, forKey: .modelType)
        }
        try values.encode([architecture], forKey: .architectures)
        let (names, problem) =
            switch head {
            case .classification(let labels): (labels, Self.classificationProblem)
            // The name that transformers gives an output without one.
            case .regression: (["LABEL_0"], Self.regressionProblem)
            }
        try LabelNames(names).encode(to: encoder)
        try values.encode(problem, forKey: .problemType)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
    }

    private static let classificationProblem = "single_label_classification"
    private static let regressionProblem = "regression"

    /// The head that the keys mean, as transformers reads them: a single output is a regression.
    private static func head(labels: [String], problem: String?) throws -> SequenceHead {
        switch problem ?? (labels.count == 1 ? regressionProblem : classificationProblem) {
        case classificationProblem: return .classification(labels: labels)
        case regressionProblem where labels.count == 1: return .regression
        case regressionProblem:
            throw ModelError(
                .configuration, "a regression has \(labels.count) outputs, expected 1")
        case let problem:
            throw ModelError(
                .configuration,
                "problem_type is \(problem), expected \(classificationProblem) or "
                    + regressionProblem)
        }
    }
}
