import SesameTensor

/// Self-attention with several heads: each position looks at the positions of its own sequence.
///
/// Queries, keys and values come from one product, whose weight `[3 · hidden, hidden]` stacks those of
/// queries, keys and values in this order, as PyTorch's `in_proj_weight` does. The heads are consecutive
/// slices of the hidden axis.
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 3.2.
public struct MultiHeadAttention: Module {
    /// hidden → queries, keys, values.
    public var projection: Linear
    /// The heads' outputs, side by side, → hidden.
    public var output: Linear
    /// How many heads share the hidden axis.
    public let headCount: Int
    /// Dropout of attention weights.
    public let dropoutProbability: Float
    /// How many positions each sees where attention is causal, itself included; nil for all before it.
    public let band: Int?

    /// A layer with fresh weights.
    ///
    /// - Parameters:
    ///   - hiddenSize: The size of the last axis; a multiple of `headCount`.
    ///   - headCount: How many heads share it.
    ///   - dropoutProbability: Of dropout of attention weights.
    ///   - band: How many positions each sees where attention is causal; nil for all before it.
    ///   - initializer: How the weight of queries, keys and values is drawn.
    ///   - outputInitializer: How ``output``'s weight is drawn; nil means in the same way.
    ///   - key: Where the weights are drawn from.
    public init(
        hiddenSize: Int, headCount: Int, dropoutProbability: Float = 0, band: Int? = nil,
        initializer: Initializer = .xavierUniform, outputInitializer: Initializer? = nil,
        key: RandomKey
    ) {
        checkHeads(hiddenSize: hiddenSize, headCount: headCount)
        projection = Linear(
            inputSize: hiddenSize, outputSize: 3 * hiddenSize, initializer: initializer,
            key: key.derived(0))
        output = Linear(
            inputSize: hiddenSize, outputSize: hiddenSize,
            initializer: outputInitializer ?? initializer, key: key.derived(1))
        self.headCount = headCount
        self.dropoutProbability = dropoutProbability
        self.band = band
    }

    /// Attends within each sequence.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, hidden]`.
    ///   - keyMask: `[batch, time]`; 1 keeps a key, 0 hides it.
    ///   - causal: Whether a position sees only itself and those before it.
    ///   - sequences: Where sequences of several lengths lie end to end in `x`, `[1, tokens, hidden]`, which
    ///     then computes nothing on padding; there is no mask.
    ///   - residual: `[batch, time, hidden]`, or nil; added in the output product's epilogue.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, hidden]`.
    public func callAsFunction(
        _ x: Tensor, keyMask: AttentionMask? = nil, causal: Bool = false,
        sequences: PackedSequences? = nil, residual: Tensor? = nil, context: ForwardContext
    ) -> Tensor {
        let attended = attention(
            packed: projection(x, context: context), headCount: headCount, causal: causal,
            band: causal ? band : nil, keyMask: keyMask, sequences: sequences?.ranges,
            dropout: context.dropoutSite(dropoutProbability), precision: context.precision)
        return output(attended, residual: residual, context: context)
    }

    /// Attends causally from new tokens to themselves and to those in a cache, which receives the new keys and values.
    ///
    /// For inference: no gradient is recorded through the cache, and there is no dropout.
    ///
    /// - Parameters:
    ///   - x: The new tokens, `[batch, time, hidden]`.
    ///   - residual: As in the other call.
    ///   - cache: Must have room for `time` tokens; its count is not changed.
    ///   - layer: Which of the cache's layers this is.
    ///   - branches: Where several sequences lie end to end in `x`, `[1, tokens, hidden]`, that each go on from
    ///     what the cache holds and do not see each other; the cache has room for the longest.
    ///   - context: Gives the precision.
    /// - Returns: `[batch, time, hidden]`.
    public func callAsFunction(
        _ x: Tensor, residual: Tensor? = nil, cache: inout KeyValueCache, layer: Int,
        branches: PackedSequences? = nil, context: ForwardContext
    ) -> Tensor {
        let packed = projection(x, context: context)
        let attended =
            if let branches {
                cache.attend(
                    packed, branches: branches, layer: layer, headCount: headCount,
                    band: band, precision: context.precision)
            } else {
                cache.attend(
                    packed, layer: layer, headCount: headCount, band: band,
                    precision: context.precision)
            }
        return output(attended, residual: residual, context: context)
    }

    /// Visits the parameters in a fixed order: projection, output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        projection.visitParameters(&visitor, at: path / "projection")
        output.visitParameters(&visitor, at: path / "output")
    }
}

/// Attention from one sequence to another: a decoder's positions look at an encoder's output.
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 3.2.3.
public struct CrossAttention: Module {
    /// hidden → queries.
    public var query: Linear
    /// memory → keys.
    public var key: Linear
    /// memory → values.
    public var value: Linear
    /// The heads' outputs, side by side, → hidden.
    public var output: Linear
    /// How many heads share the hidden axis.
    public let headCount: Int
    /// Dropout of attention weights.
    public let dropoutProbability: Float

    /// A layer with fresh weights.
    ///
    /// - Parameters:
    ///   - hiddenSize: The size of the queries' last axis; a multiple of `headCount`.
    ///   - memorySize: The size of the memory's last axis; nil means `hiddenSize`.
    ///   - headCount: How many heads share the hidden axis.
    ///   - dropoutProbability: Of dropout of attention weights.
    ///   - initializer: How the weights of queries, keys and values are drawn.
    ///   - outputInitializer: How ``output``'s weight is drawn; nil means in the same way.
    ///   - seed: Where the weights are drawn from.
    public init(
        hiddenSize: Int, memorySize: Int? = nil, headCount: Int, dropoutProbability: Float = 0,
        initializer: Initializer = .xavierUniform, outputInitializer: Initializer? = nil,
        key seed: RandomKey
    ) {
        checkHeads(hiddenSize: hiddenSize, headCount: headCount)
        func map(_ inputSize: Int, _ site: UInt64, _ initializer: Initializer) -> Linear {
            Linear(
                inputSize: inputSize, outputSize: hiddenSize, initializer: initializer,
                key: seed.derived(site))
        }
        query = map(hiddenSize, 0, initializer)
        key = map(memorySize ?? hiddenSize, 1, initializer)
        value = map(memorySize ?? hiddenSize, 2, initializer)
        output = map(hiddenSize, 3, outputInitializer ?? initializer)
        self.headCount = headCount
        self.dropoutProbability = dropoutProbability
    }

    /// What the layer reads of an encoder's output, for as often as it is looked at.
    ///
    /// - Parameters:
    ///   - memory: `[batch, memory time, memory size]`, or `[1, tokens, memory size]` with sequences.
    ///   - mask: `[batch, memory time]`; 1 keeps a position of the memory, 0 hides it.
    ///   - sequences: Where in `memory` each sequence lies, where they lie end to end; then there is no mask.
    ///   - context: Gives the precision.
    public func memory(
        _ memory: Tensor, mask: AttentionMask? = nil, sequences: [Range<Int>]? = nil,
        context: ForwardContext
    ) -> AttentionMemory {
        AttentionMemory(
            key: key(memory, context: context), value: value(memory, context: context), mask: mask,
            sequences: sequences)
    }

    /// Attends from `x` to a memory.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, hidden]`, or `[1, tokens, hidden]` with sequences.
    ///   - memory: What ``memory(_:mask:sequences:context:)`` gave.
    ///   - sequences: Where in `x` each sequence lies; given exactly where the memory has sequences.
    ///   - residual: The shape of `x`, or nil; added in the output product's epilogue.
    ///   - onWeights: Told the attention weights, as `attentionWeights` has them; nil spares computing them.
    ///   - context: Gives precision, mode and key.
    /// - Returns: The shape of `x`.
    public func callAsFunction(
        _ x: Tensor, memory: AttentionMemory, sequences: [Range<Int>]? = nil,
        residual: Tensor? = nil, onWeights: ((Tensor) -> Void)? = nil, context: ForwardContext
    ) -> Tensor {
        precondition(
            (sequences == nil) == (memory.sequences == nil),
            "sequences lie end to end on both sides of an attention, or on neither")
        let query = self.query(x, context: context)
        var both: AttentionSequences?
        if let sequences, let keys = memory.sequences {
            both = AttentionSequences(queries: sequences, keys: keys)
        }
        if let onWeights {
            onWeights(
                attentionWeights(
                    query: query, key: memory.key, headCount: headCount, causal: false,
                    keyMask: memory.mask, sequences: both))
        }
        let attended = attention(
            query: query, key: memory.key, value: memory.value, headCount: headCount,
            causal: false, keyMask: memory.mask, sequences: both,
            dropout: context.dropoutSite(dropoutProbability), precision: context.precision)
        return output(attended, residual: residual, context: context)
    }

    /// Visits the parameters in a fixed order: query, key, value, output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        query.visitParameters(&visitor, at: path / "query")
        key.visitParameters(&visitor, at: path / "key")
        value.visitParameters(&visitor, at: path / "value")
        output.visitParameters(&visitor, at: path / "output")
    }
}

/// An encoder's output as one ``CrossAttention`` reads it.
public struct AttentionMemory: Sendable {
    /// `[batch, memory time, hidden]`, or `[1, tokens, hidden]` with sequences.
    public var key: Tensor
    /// The same shape.
    public var value: Tensor
    /// `[batch, memory time]`; 1 keeps a position, 0 hides it.
    public var mask: AttentionMask?
    /// Where each sequence lies, where they lie end to end. For inference several may lie at one place.
    public var sequences: [Range<Int>]?
}

private func checkHeads(hiddenSize: Int, headCount: Int) {
    precondition(
        headCount > 0 && hiddenSize % headCount == 0,
        "hidden size \(hiddenSize) is not a multiple of \(headCount) heads")
}
