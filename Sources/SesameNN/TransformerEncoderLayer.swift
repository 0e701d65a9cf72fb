import SesameTensor

/// A Transformer encoder layer: self-attention, then the position-wise network, each with a residual and a norm.
///
/// Every position sees every other that the mask keeps. With ``NormPlacement/post`` it is BERT's layer.
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 3.1;
/// norm first: Xiong et al. 2020, On Layer Normalization in the Transformer Architecture.
public struct TransformerEncoderLayer: Module {
    /// The first sublayer.
    public var attention: MultiHeadAttention
    /// Before attention with ``NormPlacement/pre``, after its sum with ``NormPlacement/post``.
    public var attentionNorm: LayerNorm
    /// The second sublayer.
    public var feedForward: FeedForward
    /// Before the network with ``NormPlacement/pre``, after its sum with ``NormPlacement/post``.
    public var feedForwardNorm: LayerNorm
    /// Where the layer normalizes.
    public let norm: NormPlacement
    /// Of each sublayer's output.
    public let dropout: Dropout

    /// A layer with fresh weights.
    public init(_ options: TransformerLayerOptions, key: RandomKey) {
        attention = options.attention(key: key.derived(0))
        feedForward = options.feedForward(key: key.derived(1))
        attentionNorm = options.layerNorm
        feedForwardNorm = options.layerNorm
        norm = options.norm
        dropout = Dropout(options.dropoutProbability)
    }

    /// The layer's value.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, hidden]`.
    ///   - keyMask: `[batch, time]`; 1 keeps a position, 0 hides it from the others.
    ///   - sequences: Where sequences of several lengths lie end to end in `x`; see ``MultiHeadAttention``.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, hidden]`.
    public func callAsFunction(
        _ x: Tensor, keyMask: AttentionMask? = nil, sequences: PackedSequences? = nil,
        context: ForwardContext
    ) -> Tensor {
        let sites = (
            attention: context.site(0), attentionOutput: context.site(1),
            feedForward: context.site(2), output: context.site(3)
        )
        func attend(_ input: Tensor, _ residual: Tensor?) -> Tensor {
            attention(
                input, keyMask: keyMask, sequences: sequences, residual: residual,
                context: sites.attention)
        }
        switch norm {
        case .pre:
            let first = attentionNorm(x, context: context)
            let (stream, second) = feedForwardNorm.joining(
                x, dropout: dropout, context: sites.attentionOutput
            ) { attend(first, $0) }
            return dropout.joining(stream, context: sites.output) {
                feedForward(second, residual: $0, context: sites.feedForward)
            }
        case .post:
            let middle = attentionNorm.joining(
                x, dropout: dropout, context: sites.attentionOutput
            ) { attend(x, $0) }.normalized
            return feedForwardNorm.joining(middle, dropout: dropout, context: sites.output) {
                feedForward(middle, residual: $0, context: sites.feedForward)
            }.normalized
        }
    }

    /// Visits the parameters in a fixed order: attention, its norm, network, its norm.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        attention.visitParameters(&visitor, at: path / "attention")
        attentionNorm.visitParameters(&visitor, at: path / "attentionNorm")
        feedForward.visitParameters(&visitor, at: path / "feedForward")
        feedForwardNorm.visitParameters(&visitor, at: path / "feedForwardNorm")
    }
}
