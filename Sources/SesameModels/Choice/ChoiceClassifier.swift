import SesameNN
import SesameTensor

/// A BERT or GPT that picks one of several endings of a text.
///
/// Each ending goes through the model with the text, for a BERT as `[CLS] text [SEP] ending [SEP]`, for a GPT as
/// `start text delimiter ending extract`; a linear map of the pooled state, or of the extract token's, scores it, and a
/// softmax over the endings of one text makes the scores probabilities. A BERT's names are those of Hugging Face's
/// `BertForMultipleChoice`.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 4.4; Radford et al. 2018, Improving
/// Language Understanding by Generative Pre-Training, section 3.3.
public struct ChoiceClassifier: PretrainedModel {
    /// The sizes of the model under the head.
    public let configuration: ChoiceClassifierConfig
    /// Scores each ending by itself.
    public var scorer: SequenceClassifier

    /// A model on a (pretrained) BERT, with a fresh head.
    ///
    /// - Parameters:
    ///   - bert: The encoder.
    ///   - dropoutProbability: Of the pooled state; nil means as in the encoder.
    ///   - key: Where the head's weights are drawn from.
    public init(bert: BERT, dropoutProbability: Float? = nil, key: RandomKey) {
        configuration = ChoiceClassifierConfig(
            backbone: bert.configuration, dropoutProbability: dropoutProbability)
        scorer = SequenceClassifier(
            bert: bert, head: .regression, dropoutProbability: dropoutProbability, key: key)
    }

    /// A model on a (pretrained) GPT, with a fresh head without a bias.
    ///
    /// - Parameters:
    ///   - gpt: The model under the head.
    ///   - inputForm: How text and ending are read; its tokens are among the model's.
    ///   - dropoutProbability: Of the extract token's state; nil means none.
    ///   - key: Where the head's weights are drawn from.
    public init(
        gpt: GPT, inputForm: GPTInputForm, dropoutProbability: Float? = nil, key: RandomKey
    ) {
        configuration = ChoiceClassifierConfig(
            backbone: gpt.configuration, inputForm: inputForm,
            dropoutProbability: dropoutProbability)
        scorer = SequenceClassifier(
            gpt: gpt, head: .regression, inputForm: inputForm,
            dropoutProbability: dropoutProbability, key: key)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: ChoiceClassifierConfig, key: RandomKey) throws {
        self.configuration = configuration
        scorer = try SequenceClassifier(configuration: configuration.scorer, key: key)
    }

    /// `BertForMultipleChoice`, or a name of our own for a GPT.
    public var architecture: String { configuration.architecture }

    /// The endings' scores.
    ///
    /// - Parameters:
    ///   - ids: `[endings of all texts, time]`, text by text.
    ///   - typeIDs: 0 in the text, 1 in the ending; nil means all 0.
    ///   - mask: `[endings of all texts, time]`; 1 keeps a position, 0 hides it (padding); nil keeps all.
    ///   - counts: How many endings each text has.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[texts, most endings]`; -1e30 where a text has fewer.
    public func logits(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil, counts: [Int],
        context: ForwardContext
    ) -> Tensor {
        Self.logits(
            scorer.logits(ids, typeIDs: typeIDs, mask: mask, context: context), counts: counts)
    }

    /// A score a row as a row a text.
    private static func logits(_ scores: Tensor, counts: [Int]) -> Tensor {
        precondition(
            counts.reduce(0, +) == scores.shape[0],
            "\(counts) endings of texts, but \(scores.shape[0]) rows")
        let most = counts.max() ?? 0
        var rows: [Int32] = []
        var penalties: [Float] = []
        var first = 0
        for count in counts {
            for ending in 0..<most {
                rows.append(Int32(ending < count ? first + ending : 0))
                penalties.append(ending < count ? 0 : -1e30)
            }
            first += count
        }
        let shape: Shape = [counts.count, most]
        return scores.selectedRows(IDTensor(rows, shape: shape)).reshaped(shape)
            + Tensor(penalties, shape: shape)
    }

    /// The mean cross-entropy of the right endings, in nats.
    ///
    /// - Parameters:
    ///   - ids: As ``logits(_:typeIDs:mask:counts:context:)`` takes them.
    ///   - typeIDs: Likewise.
    ///   - mask: Likewise.
    ///   - counts: Likewise.
    ///   - labels: The place of the right ending among those of its text, `[texts]`.
    ///   - languageModelWeight: λ of the loss of a GPT's next tokens, as in
    ///     ``SequenceClassifier/lossAndStatistics(_:typeIDs:mask:layers:targets:labelSmoothing:languageModelWeight:context:)``.
    ///   - context: Gives precision, mode and key.
    /// - Returns: The loss and the logits it was computed from.
    public func loss(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil, counts: [Int],
        labels: IDTensor, languageModelWeight: Float = 0, context: ForwardContext
    ) -> (loss: Tensor, logits: Tensor) {
        let outputs = scorer.outputs(
            ids, typeIDs: typeIDs, mask: mask, layers: nil, context: context)
        let logits = Self.logits(outputs.logits, counts: counts)
        var loss = crossEntropy(logits: logits, targets: labels)
        if languageModelWeight > 0,
            let language = scorer.languageModelLoss(of: outputs, ids, mask: mask, context: context)
        {
            loss = loss + language * languageModelWeight
        }
        return (loss, logits)
    }

    /// Visits the scorer's parameters, under its own paths.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        scorer.visitParameters(&visitor, at: path)
    }

    /// The parameters with Hugging Face's names and layouts.
    public func checkpointTensors() -> [(name: String, tensor: Tensor)] {
        scorer.checkpointTensors()
    }

    /// Takes weights with Hugging Face's names; the model is unchanged if they do not fit.
    public mutating func loadCheckpoint(_ tensors: [String: Tensor], from place: String) throws {
        try scorer.loadCheckpoint(tensors, from: place)
    }
}

extension ChoiceClassifier: LayeredModule {
    /// The number of layers under the head.
    public var layerCount: Int { scorer.layerCount }
}
