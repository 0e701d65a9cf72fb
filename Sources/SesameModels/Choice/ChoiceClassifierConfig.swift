import SesameTensor

/// The model under a ``ChoiceClassifier``.
///
/// As JSON, the `config.json` of Hugging Face's `BertForMultipleChoice`, or for a GPT, of which Hugging Face has no such model,
/// one of our own with GPT-2's keys and those of its ``GPTInputForm``.
public struct ChoiceClassifierConfig: Codable, Sendable, Hashable {
    /// The model of one output that scores each ending by itself.
    public let scorer: SequenceClassifierConfig

    /// A BERT.
    ///
    /// - Parameters:
    ///   - backbone: Its sizes.
    ///   - dropoutProbability: Before the head (`classifier_dropout`); nil means the encoder's.
    public init(backbone: BERTConfig, dropoutProbability: Float? = nil) {
        scorer = SequenceClassifierConfig(
            backbone: .bert(backbone), head: .regression, dropoutProbability: dropoutProbability)
    }

    /// A GPT.
    ///
    /// - Parameters:
    ///   - backbone: Its sizes.
    ///   - inputForm: How text and ending are read.
    ///   - dropoutProbability: Before the head (`classifier_dropout`); nil means none.
    public init(
        backbone: GPTConfig, inputForm: GPTInputForm, dropoutProbability: Float? = nil
    ) {
        scorer = SequenceClassifierConfig(
            backbone: .gpt(backbone), head: .regression, inputForm: inputForm,
            dropoutProbability: dropoutProbability)
    }

    /// How many tokens text and ending may have together.
    public var maxSequenceLength: Int { scorer.maxSequenceLength }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws { try scorer.validate() }

    /// `BertForMultipleChoice`, or a name of our own.
    var architecture: String {
        if case .gpt = scorer.backbone { "GPTForMultipleChoice" } else { "BertForMultipleChoice" }
    }

    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case dropoutProbability = "classifier_dropout"
    }

    /// Reads the `config.json` of a model for multiple choice.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let dropout = try values.decodeIfPresent(Float.self, forKey: .dropoutProbability)
        if try values.decodeIfPresent(String.self, forKey: .modelType) == GPTConfig.ownModelType {
            self.init(
                backbone: try GPTConfig(from: decoder), inputForm: try GPTInputForm(from: decoder),
                dropoutProbability: dropout)
        } else {
            self.init(backbone: try BERTConfig(from: decoder), dropoutProbability: dropout)
        }
    }

    /// Writes Hugging Face's keys.
    public func encode(to encoder: any Encoder) throws {
        switch scorer.backbone {
        case .bert(let backbone): try backbone.encode(to: encoder)
        case .gpt(let backbone):
            try backbone.encode(to: encoder)
            try scorer.inputForm?.encode(to: encoder)
        case .textCNN: preconditionFailure("no choices are made by a convolutional network")
        }
        var values = encoder.container(keyedBy: CodingKeys.self)
        if case .gpt = scorer.backbone {
            try values.encode(GPTConfig.ownModelType, forKey: .modelType)
        }
        try values.encode(scorer.dropoutProbability, forKey: .dropoutProbability)
    }
}

extension ChoiceClassifierConfig: SizedConfiguration {
    var approximateParameterCount: Double { scorer.approximateParameterCount }
}
