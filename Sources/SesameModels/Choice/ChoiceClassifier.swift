import SesameNN
import SesameTensor

/// A BERT that picks one of several endings of a text.
///
/// Each ending goes through the model with the text, as `[CLS] text [SEP] ending [SEP]`; a linear map of the pooled state
/// scores it, and a softmax over the endings of one text makes the scores probabilities. The names are those of Hugging
/// Face's `BertForMultipleChoice`.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 4.4.
public struct ChoiceClassifier: PretrainedModel {
    /// The encoder's sizes.
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

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: ChoiceClassifierConfig, key: RandomKey) throws {
        self.configuration = configuration
        scorer = try SequenceClassifier(configuration: configuration.scorer, key: key)
    }

    /// `BertForMultipleChoice`.
    public var architecture: String { "BertForMultipleChoice" }

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
        precondition(
            counts.reduce(0, +) == ids.shape[0],
            "\(counts) endings of texts, but \(ids.shape[0]) rows")
        let scores = scorer.logits(ids, typeIDs: typeIDs, mask: mask, context: context)
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
    /// Parameters as for ``logits(_:typeIDs:mask:counts:context:)``.
    /// - Parameter labels: The place of the right ending among those of its text, `[texts]`.
    /// - Returns: The loss and the logits it was computed from.
    public func loss(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil, counts: [Int],
        labels: IDTensor, context: ForwardContext
    ) -> (loss: Tensor, logits: Tensor) {
        let logits = logits(ids, typeIDs: typeIDs, mask: mask, counts: counts, context: context)
        return (crossEntropy(logits: logits, targets: labels), logits)
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
    /// The number of encoder layers.
    public var layerCount: Int { scorer.layerCount }
}
