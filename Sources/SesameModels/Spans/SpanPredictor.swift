import SesameNN
import SesameTensor

/// A BERT that tells where in a text the answer to a question begins and ends.
///
/// A linear map of each state gives two scores; softmaxes over the tokens make them the probabilities of each to be the
/// first and the last of the answer. The names are those of Hugging Face's `BertForQuestionAnswering`. Padding is not
/// computed and so, unlike there, cannot be an answer's place in the softmax.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, sections 4.2 and 4.3.
public struct SpanPredictor: LaidOutModel {
    /// The encoder's sizes, and how answers are looked for.
    public let configuration: SpanPredictorConfig
    /// The encoder, without a pooler.
    public var bert: BERT
    /// State → scores to begin and to end an answer.
    public var head: Linear

    /// A model on a (pretrained) BERT, with a fresh head.
    ///
    /// - Parameters:
    ///   - bert: The encoder; its pooler, if any, is left out.
    ///   - configuration: Whose encoder is `bert`'s.
    ///   - key: Where the head's weights are drawn from.
    public init(bert: BERT, configuration: SpanPredictorConfig, key: RandomKey) {
        self.configuration = configuration
        self.bert = bert.withoutPooler()
        head = Linear(
            inputSize: bert.configuration.hiddenSize, outputSize: 2,
            initializer: .normal(bert.configuration.initializerDeviation), key: key)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: SpanPredictorConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(
            bert: BERT(configuration.backbone, key: key.derived(0)), configuration: configuration,
            key: key.derived(1))
    }

    /// `BertForQuestionAnswering`.
    public var architecture: String { "BertForQuestionAnswering" }

    /// The scores of each token to begin and to end the answer.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`: `[CLS] question [SEP] text [SEP]`; padding is behind.
    ///   - typeIDs: 0 in the question, 1 in the text; nil means all 0.
    ///   - mask: `[batch, time]`; 1 keeps a position, 0 hides it (padding); nil keeps all.
    ///   - context: Gives precision, mode and key.
    /// - Returns: Twice `[batch, time]`; -1e30 at padding.
    public func logits(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        context: ForwardContext
    ) -> (starts: Tensor, ends: Tensor) {
        let tokens = bert.tokenStates(
            ids, typeIDs: typeIDs, mask: mask, context: context.site(0))
        let scores = head(tokens.states, context: context)
        let kept = mask?.scalars ?? [UInt8](repeating: 1, count: ids.elementCount)
        var rows = [Int32](repeating: 0, count: kept.count)
        var penalties = [Float](repeating: 0, count: kept.count)
        for (cell, isKept) in kept.enumerated() {
            if isKept == 0 {
                penalties[cell] = -1e30
            } else {
                rows[cell] = tokens.row(at: cell)
            }
        }
        let cells = scores.selectedRows(IDTensor(rows, shape: ids.shape))
        let penalty = Tensor(penalties, shape: ids.shape)
        func column(_ index: Int) -> Tensor {
            cells.sliced(axis: 1, index..<index + 1).reshaped(ids.shape) + penalty
        }
        return (column(0), column(1))
    }

    /// The mean of both cross-entropies, in nats.
    ///
    /// - Parameters:
    ///   - ids: As ``logits(_:typeIDs:mask:context:)`` takes them.
    ///   - typeIDs: Likewise.
    ///   - mask: Likewise.
    ///   - starts: The answer's first position, `[batch]`; 0, that of `[CLS]`, where there is none.
    ///   - ends: The answer's last position, `[batch]`.
    ///   - context: Gives precision, mode and key.
    public func loss(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil, starts: IDTensor,
        ends: IDTensor, context: ForwardContext
    ) -> Tensor {
        let logits = logits(ids, typeIDs: typeIDs, mask: mask, context: context)
        return 0.5
            * (crossEntropy(logits: logits.starts, targets: starts)
                + crossEntropy(logits: logits.ends, targets: ends))
    }

    /// Visits the parameters in a fixed order: encoder, head.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        bert.visitParameters(&visitor, at: path / "bert")
        head.visitParameters(&visitor, at: path / "head")
    }
}

extension SpanPredictor: LayeredModule {
    /// The number of encoder layers.
    public var layerCount: Int { bert.layers.count }
}

extension SpanPredictor {
    /// Hugging Face's names.
    var checkpointLayout: CheckpointLayout {
        var layout = CheckpointLayout.bertWithoutPooler(configuration.backbone, prefix: "bert.")
        layout.addPair("head", "qa_outputs")
        return layout
    }
}
