import SesameNN
import SesameTensor

/// A causal Transformer language model with GPT-2's block.
///
/// Token and position embeddings, pre-norm decoder blocks, a final norm, and an output that shares the
/// token embedding's table unless the configuration says otherwise. Fresh weights are normal with deviation 0.02, those of the maps that feed
/// the residual stream divided by √(2 · layers).
///
/// Source: Radford et al. 2019, Language Models are Unsupervised Multitask Learners.
public struct GPT: PretrainedModel {
    /// The sizes and choices.
    public let configuration: GPTConfig
    /// The token vectors, `[vocabulary, hidden]`; also the output's weight, unless there is ``output``.
    public var tokenEmbedding: Embedding
    /// The position vectors.
    public var positions: LearnedPositions
    /// The blocks.
    public var layers: [TransformerDecoderLayer]
    /// The norm after the last block.
    public var finalNorm: LayerNorm
    /// State → logits, where the output has a weight of its own; nil where it shares the token vectors.
    public var output: Linear?
    private let embeddingDropout: Dropout

    /// A model with fresh weights.
    ///
    /// - Precondition: The configuration is valid; see ``GPTConfig/validate()``.
    public init(_ configuration: GPTConfig, key: RandomKey) {
        self.configuration = configuration
        let initializer = Initializer.normal(configuration.initializerDeviation)
        tokenEmbedding = Embedding(
            count: configuration.vocabularySize, size: configuration.hiddenSize,
            initializer: initializer, key: key.derived(0))
        positions = LearnedPositions(
            maxSequenceLength: configuration.maxSequenceLength,
            hiddenSize: configuration.hiddenSize, initializer: initializer, key: key.derived(1))
        layers = (0..<configuration.layerCount).map {
            TransformerDecoderLayer(
                configuration.options(ofLayer: $0), key: key.derived(UInt64(2 + $0)))
        }
        finalNorm = LayerNorm(
            size: configuration.hiddenSize, epsilon: configuration.layerNormEpsilon)
        if !configuration.tiesEmbeddings {
            output = Linear(
                inputSize: configuration.hiddenSize, outputSize: configuration.vocabularySize,
                bias: false, initializer: initializer, key: key.derived(.max))
        }
        embeddingDropout = Dropout(configuration.embeddingDropoutProbability)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: GPTConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(configuration, key: key)
    }

    /// The states after the final norm.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`, time at most the configuration's maxSequenceLength.
    ///   - mask: `[batch, time]`; 1 keeps a position, 0 hides it. Padding behind the text needs no mask.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, hidden]`.
    public func hidden(
        _ ids: IDTensor, mask: AttentionMask? = nil, context: ForwardContext
    ) -> Tensor {
        var x = embed(ids, start: 0, context: context)
        for (i, layer) in layers.enumerated() {
            x = layer(x, keyMask: mask, context: context.site(1 + i))
        }
        return finalNorm(x, context: context)
    }

    /// The logits of the next token at each position.
    ///
    /// - Returns: `[batch, time, vocabulary]`. For training, ``loss(_:targets:context:)`` never holds them all.
    public func logits(
        _ ids: IDTensor, mask: AttentionMask? = nil, context: ForwardContext
    ) -> Tensor {
        project(hidden(ids, mask: mask, context: context), context: context)
    }

    /// The mean cross-entropy of the next tokens, in nats.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`.
    ///   - targets: The token that follows each position, `[batch, time]`; -100 is not scored.
    ///   - context: Gives precision, mode and key.
    public func loss(_ ids: IDTensor, targets: IDTensor, context: ForwardContext) -> ProjectedLoss {
        precondition(
            ids.shape == targets.shape, "ids have shape \(ids.shape), targets \(targets.shape)")
        let states = hidden(ids, context: context)
        return projectedCrossEntropy(
            hidden: states, weight: outputWeight, bias: nil, targets: targets,
            ignoreIndex: -100, labelSmoothing: 0, precision: context.precision)
    }

    /// An empty cache for decoding with this model.
    ///
    /// - Parameters:
    ///   - batchSize: How many sequences are decoded side by side.
    ///   - capacity: How many tokens fit; nil means all of the model's positions.
    public func makeCache(batchSize: Int = 1, capacity: Int? = nil) -> KeyValueCache {
        KeyValueCache(
            layerCount: layers.count, batchSize: batchSize,
            capacity: min(capacity ?? .max, configuration.maxSequenceLength),
            hiddenSize: configuration.hiddenSize)
    }

    /// The logits after the last of some new tokens, given those that the cache holds.
    ///
    /// - Parameters:
    ///   - ids: The new tokens, `[batch, time]`.
    ///   - cache: Must have room for them; holds them afterwards.
    ///   - precision: The precision of matrix products.
    /// - Returns: `[batch, vocabulary]`.
    public func nextLogits(
        _ ids: IDTensor, cache: inout KeyValueCache, precision: Precision = .float32
    ) -> Tensor {
        let context = ForwardContext.evaluation(precision: precision)
        return project(lastStates(ids, cache: &cache, context: context), context: context)
    }

    /// The states after the final norm of the last of some new tokens, `[batch, hidden]`, which ``nextLogits(_:cache:precision:)``
    /// projects.
    func lastStates(
        _ ids: IDTensor, cache: inout KeyValueCache, context: ForwardContext
    ) -> Tensor {
        let (B, T) = (ids.shape[0], ids.shape[1])
        var x = embed(ids, start: cache.count, context: context)
        for (i, layer) in layers.enumerated() {
            x = layer(x, cache: &cache, layer: i, context: context)
        }
        cache.advance(by: T)
        // Only the last position is normalized and projected.
        let last = IDTensor((1...B).map { Int32($0 * T - 1) }, shape: [B])
        let states = x.reshaped([B * T, x.shape.last]).selectedRows(last)
        return finalNorm(states, context: context)
    }

    func embed(_ ids: IDTensor, start: Int, context: ForwardContext) -> Tensor {
        precondition(ids.shape.count == 2, "ids are [batch, time], not \(ids.shape)")
        let x = positions(tokenEmbedding(ids, context: context), start: start, context: context)
        return embeddingDropout(x, context: context.site(0))
    }

    private func project(_ states: Tensor, context: ForwardContext) -> Tensor {
        linear(
            states, weight: outputWeight, bias: nil, activation: .identity,
            residual: nil, precision: context.precision)
    }

    /// `[vocabulary, hidden]`: state → logits.
    var outputWeight: Tensor { output?.weight ?? tokenEmbedding.weight }

    /// Visits the parameters in a fixed order: embeddings, layers, final norm, output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        tokenEmbedding.visitParameters(&visitor, at: path / "tokenEmbedding")
        positions.visitParameters(&visitor, at: path / "positions")
        for i in layers.indices {
            layers[i].visitParameters(&visitor, at: path / "layers" / i)
        }
        finalNorm.visitParameters(&visitor, at: path / "finalNorm")
        output?.visitParameters(&visitor, at: path / "output")
    }
}
