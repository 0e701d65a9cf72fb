import SesameTensor

/// A Transformer decoder layer: causal self-attention, optionally attention to an encoder's output, then the
/// position-wise network, each with a residual and a norm.
///
/// A position sees itself and those before it. Without cross-attention and with ``NormPlacement/pre`` it is GPT-2's block.
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 3.1;
/// Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.3.
public struct TransformerDecoderLayer: Module {
    /// The first sublayer, causal.
    public var attention: MultiHeadAttention
    /// Before attention with ``NormPlacement/pre``, after its sum with ``NormPlacement/post``.
    public var attentionNorm: LayerNorm
    /// Attention to an encoder's output, where the layer has it, and its norm.
    public var crossAttention: CrossAttention?
    /// The norm of ``crossAttention``.
    public var crossAttentionNorm: LayerNorm?
    /// The last sublayer.
    public var feedForward: FeedForward
    /// Before the network with ``NormPlacement/pre``, after its sum with ``NormPlacement/post``.
    public var feedForwardNorm: LayerNorm
    /// Where the layer normalizes.
    public let norm: NormPlacement
    /// Of each sublayer's output.
    public let dropout: Dropout

    /// A layer with fresh weights.
    ///
    /// - Parameters:
    ///   - options: Sizes and choices.
    ///   - crossAttention: Whether the layer also attends to an encoder's output.
    ///   - key: Where the weights are drawn from.
    public init(_ options: TransformerLayerOptions, crossAttention: Bool = false, key: RandomKey) {
        attention = options.attention(key: key.derived(0))
        feedForward = options.feedForward(key: key.derived(1))
        attentionNorm = options.layerNorm
        feedForwardNorm = options.layerNorm
        if crossAttention {
            self.crossAttention = options.crossAttention(key: key.derived(2))
            crossAttentionNorm = options.layerNorm
        }
        norm = options.norm
        dropout = Dropout(options.dropoutProbability)
    }

    /// The layer's value.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, hidden]`.
    ///   - keyMask: `[batch, time]`; 1 keeps a position, 0 hides it from the others. Padding behind the
    ///     text needs none, since no position looks ahead.
    ///   - sequences: Where sequences of several lengths lie end to end in `x`; see ``MultiHeadAttention``.
    ///   - memory: What the layer's cross-attention reads, see ``memory(_:mask:sequences:context:)``; given
    ///     exactly where it has one.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, hidden]`.
    public func callAsFunction(
        _ x: Tensor, keyMask: AttentionMask? = nil, sequences: PackedSequences? = nil,
        memory: AttentionMemory? = nil, context: ForwardContext
    ) -> Tensor {
        func look(
            _ input: Tensor, _ memory: AttentionMemory, _ cross: CrossAttention, _ residual: Tensor?
        ) -> Tensor {
            cross(
                input, memory: memory, sequences: sequences?.ranges, residual: residual,
                context: context.site(5))
        }
        return forward(x, memory: memory, context: context, look: look) { input, residual in
            attention(
                input, keyMask: keyMask, causal: true, sequences: sequences, residual: residual,
                context: context.site(0))
        }
    }

    /// The layer's value for new tokens behind those in a cache; for inference, without dropout.
    ///
    /// - Parameters:
    ///   - x: The new tokens, `[batch, time, hidden]`.
    ///   - cache: Receives the new keys and values; its count is not changed.
    ///   - layer: Which of the cache's layers this is.
    ///   - branches: As for ``MultiHeadAttention``: several sequences that go on from what the cache holds.
    ///   - memory: As in the other call. A memory of sequences that lie end to end is looked at by rows of one
    ///     token, `time` 1.
    ///   - groups: With such a memory, the rows that look at each of its sequences, one after the other.
    ///   - onWeights: Told the cross-attention's weights.
    ///   - context: Gives the precision.
    /// - Returns: `[batch, time, hidden]`.
    public func callAsFunction(
        _ x: Tensor, cache: inout KeyValueCache, layer: Int, branches: PackedSequences? = nil,
        memory: AttentionMemory? = nil, groups: [Range<Int>]? = nil,
        onWeights: ((Tensor) -> Void)? = nil, context: ForwardContext
    ) -> Tensor {
        precondition(
            groups == nil || x.shape[1] == 1, "rows of \(x.shape[1]) tokens look at sequences")
        func look(
            _ input: Tensor, _ memory: AttentionMemory, _ cross: CrossAttention, _ residual: Tensor?
        ) -> Tensor {
            // Rows that look at the same sequence are its queries, as many tokens of one target would be.
            func lines(_ x: Tensor) -> Tensor {
                groups == nil ? x : x.reshaped([1, x.shape[0], x.shape.last])
            }
            return cross(
                lines(input), memory: memory, sequences: groups, residual: residual.map(lines),
                onWeights: onWeights, context: context
            ).reshaped(input.shape)
        }
        return forward(x, memory: memory, context: context, look: look) { input, residual in
            attention(
                input, residual: residual, cache: &cache, layer: layer, branches: branches,
                context: context)
        }
    }

    /// What the layer's cross-attention reads of an encoder's output, computed once for all of its targets.
    ///
    /// Parameters as for ``CrossAttention/memory(_:mask:sequences:context:)``; nil for a layer without one.
    public func memory(
        _ memory: Tensor, mask: AttentionMask? = nil, sequences: [Range<Int>]? = nil,
        context: ForwardContext
    ) -> AttentionMemory? {
        crossAttention?.memory(memory, mask: mask, sequences: sequences, context: context)
    }

    private func forward(
        _ x: Tensor, memory: AttentionMemory?, context: ForwardContext,
        look: (Tensor, AttentionMemory, CrossAttention, _ residual: Tensor?) -> Tensor,
        attend: (_ input: Tensor, _ residual: Tensor?) -> Tensor
    ) -> Tensor {
        precondition(
            (memory == nil) == (crossAttention == nil),
            crossAttention == nil
                ? "memory was given to a layer without cross-attention"
                : "a layer with cross-attention needs memory")
        let (afterAttention, afterCross, inside) = (
            context.site(1), context.site(4), context.site(2)
        )
        switch norm {
        case .pre:
            let first = attentionNorm(x, context: context)
            var (stream, normalized) = (crossAttentionNorm ?? feedForwardNorm).joining(
                x, dropout: dropout, context: afterAttention
            ) { attend(first, $0) }
            if let crossAttention, let memory {
                (stream, normalized) = feedForwardNorm.joining(
                    stream, dropout: dropout, context: afterCross
                ) { look(normalized, memory, crossAttention, $0) }
            }
            return dropout.joining(stream, context: context.site(3)) {
                feedForward(normalized, residual: $0, context: inside)
            }
        case .post:
            var stream = attentionNorm.joining(x, dropout: dropout, context: afterAttention) {
                attend(x, $0)
            }.normalized
            if let crossAttention, let crossAttentionNorm, let memory {
                stream =
                    crossAttentionNorm.joining(stream, dropout: dropout, context: afterCross) {
                        look(stream, memory, crossAttention, $0)
                    }.normalized
            }
            return feedForwardNorm.joining(stream, dropout: dropout, context: context.site(3)) {
                feedForward(stream, residual: $0, context: inside)
            }.normalized
        }
    }

    /// Visits the parameters in a fixed order: attention, its norm, cross-attention, its norm, network, its norm.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        attention.visitParameters(&visitor, at: path / "attention")
        attentionNorm.visitParameters(&visitor, at: path / "attentionNorm")
        if var cross = crossAttention.take(), var norm = crossAttentionNorm.take() {
            cross.visitParameters(&visitor, at: path / "crossAttention")
            norm.visitParameters(&visitor, at: path / "crossAttentionNorm")
            (crossAttention, crossAttentionNorm) = (cross, norm)
        }
        feedForward.visitParameters(&visitor, at: path / "feedForward")
        feedForwardNorm.visitParameters(&visitor, at: path / "feedForwardNorm")
    }
}
