import SesameNN
import SesameTensor

/// A bidirectional Transformer encoder, as BERT has it.
///
///     tokens     [CLS]  the   cat  [SEP]   it   slept  [SEP]
///     types        0     0     0     0     1      1      1
///     positions    0     1     2     3     4      5      6
///
/// The three embeddings are added and normalized, then go through post-norm layers. The pooler, a dense
/// map and tanh over the first position, stands for the whole text.
///
/// Source: Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers,
/// https://arxiv.org/abs/1810.04805.
public struct BERT: PretrainedModel {
    /// The sizes and choices.
    public let configuration: BERTConfig
    /// The token vectors, `[vocabulary, hidden]`.
    public var tokenEmbedding: Embedding
    /// The position vectors.
    public var positions: LearnedPositions
    /// The segment vectors, `[types, hidden]`.
    public var typeEmbedding: Embedding
    /// The norm of the embeddings' sum.
    public var embeddingNorm: LayerNorm
    /// The layers; one where the configuration has them share their weights.
    public var layers: [TransformerEncoderLayer]
    /// The first position's state → the text's; nil in a model that was published without one, as
    /// those for masked tokens alone are.
    public var pooler: Linear?
    private let embeddingDropout: Dropout

    /// A model with fresh weights.
    ///
    /// - Precondition: The configuration is valid; see ``BERTConfig/validate()``.
    public init(_ configuration: BERTConfig, key: RandomKey) {
        self.configuration = configuration
        let (C, initializer) = (configuration.hiddenSize, configuration.initializer)
        tokenEmbedding = Embedding(
            count: configuration.vocabularySize, size: C, initializer: initializer,
            key: key.derived(0))
        positions = LearnedPositions(
            maxSequenceLength: configuration.maxSequenceLength, hiddenSize: C,
            initializer: initializer, key: key.derived(1))
        typeEmbedding = Embedding(
            count: configuration.typeCount, size: C, initializer: initializer, key: key.derived(2))
        embeddingNorm = LayerNorm(size: C, epsilon: configuration.layerNormEpsilon)
        pooler = BERT.freshPooler(configuration, key: key.derived(3))
        let options = configuration.layerOptions
        layers = (0..<(configuration.sharesLayers ? 1 : configuration.layerCount)).map {
            TransformerEncoderLayer(options, key: key.derived(UInt64(4 + $0)))
        }
        embeddingDropout = Dropout(configuration.hiddenDropoutProbability)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: BERTConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(configuration, key: key)
    }

    /// The layers in the order in which states go through them, a shared one as often as it is used.
    package var passes: [TransformerEncoderLayer] {
        configuration.sharesLayers
            ? Array(repeating: layers[0], count: configuration.layerCount) : layers
    }

    /// The same model with a pooler: its own, or a fresh one where it has none.
    package func withPooler(key: RandomKey) -> BERT {
        guard pooler == nil else { return self }
        var model = self
        model.pooler = BERT.freshPooler(configuration, key: key)
        return model
    }

    /// The same model without a pooler, for heads that look at all tokens.
    func withoutPooler() -> BERT {
        var model = self
        model.pooler = nil
        return model
    }

    static func freshPooler(_ configuration: BERTConfig, key: RandomKey) -> Linear {
        Linear(
            inputSize: configuration.hiddenSize, outputSize: configuration.hiddenSize,
            initializer: configuration.initializer, key: key)
    }

    /// The last layer's states.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`, time at most the configuration's maxSequenceLength.
    ///   - typeIDs: The segment of each position, `[batch, time]`; nil means all 0.
    ///   - mask: `[batch, time]`; 1 keeps a position, 0 hides it (padding).
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, hidden]`.
    public func hidden(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        context: ForwardContext
    ) -> Tensor {
        var x = embed(ids, typeIDs: typeIDs, context: context)
        for (i, layer) in passes.enumerated() {
            x = layer(x, keyMask: mask, context: context.site(1 + i))
        }
        return x
    }

    /// The last layer's states, and the pooled state of each text.
    ///
    /// Parameters as for ``hidden(_:typeIDs:mask:context:)``.
    /// - Returns: `[batch, time, hidden]` and `[batch, hidden]`.
    /// - Precondition: The model has a ``pooler``.
    public func encode(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        context: ForwardContext
    ) -> (hidden: Tensor, pooled: Tensor) {
        let states = hidden(ids, typeIDs: typeIDs, mask: mask, context: context)
        return (states, pool(states, context: context))
    }

    /// tanh(pooler(first position)), `[batch, hidden]`, from states `[batch, time, hidden]`.
    ///
    /// - Precondition: The model has a ``pooler``.
    public func pool(_ states: Tensor, context: ForwardContext) -> Tensor {
        let (B, T, C) = (states.shape[0], states.shape[1], states.shape[2])
        let first = IDTensor((0..<B).map { Int32($0 * T) }, shape: [B])
        return pool(states.reshaped([B * T, C]), rows: first, context: context)
    }

    /// tanh(pooler(state)) of some rows of `[tokens, hidden]`.
    func pool(_ states: Tensor, rows: IDTensor, context: ForwardContext) -> Tensor {
        guard let pooler else { preconditionFailure("this BERT was loaded without a pooler") }
        return pooler(states.selectedRows(rows), activation: .tanh, context: context)
    }

    /// The embeddings' normalized sum, `[batch, time, hidden]`.
    package func embed(_ ids: IDTensor, typeIDs: IDTensor?, context: ForwardContext) -> Tensor {
        precondition(ids.shape.count == 2, "ids are [batch, time], not \(ids.shape)")
        let types =
            typeIDs
            ?? IDTensor([Int32](repeating: 0, count: ids.elementCount), shape: ids.shape)
        precondition(
            types.shape == ids.shape, "ids have shape \(ids.shape), type ids \(types.shape)")
        let tokens = tokenEmbedding(ids, context: context)
        let segments = positions(typeEmbedding(types, context: context), context: context)
        let (_, normalized) = embeddingNorm(tokens, residual: segments, context: context)
        return embeddingDropout(normalized, context: context.site(0))
    }

    /// Visits the parameters in a fixed order: embeddings, layers, pooler.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        tokenEmbedding.visitParameters(&visitor, at: path / "tokenEmbedding")
        positions.visitParameters(&visitor, at: path / "positions")
        typeEmbedding.visitParameters(&visitor, at: path / "typeEmbedding")
        embeddingNorm.visitParameters(&visitor, at: path / "embeddingNorm")
        for i in layers.indices {
            layers[i].visitParameters(&visitor, at: path / "layers" / i)
        }
        pooler?.visitParameters(&visitor, at: path / "pooler")
    }
}
