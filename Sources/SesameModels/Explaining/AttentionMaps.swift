import SesameNN
import SesameTensor

extension BERT {
    /// What each head of each layer looks at in one text.
    ///
    /// - Parameters:
    ///   - ids: The text with its special tokens.
    ///   - typeIDs: The segment of each token; nil means all 0.
    /// - Returns: For each layer `[heads, tokens, tokens]`: how much a row's token looks at each column's.
    /// - Throws: ``ModelError`` with code `.input` for ids out of range, or a text too long or empty.
    public func attentionMaps(of ids: [Int32], typeIDs: [Int32]? = nil) throws -> [Tensor] {
        try InputCheck.ids(ids, below: configuration.vocabularySize)
        try InputCheck.length(ids.count, limit: configuration.maxSequenceLength)
        let context = ForwardContext.evaluation()
        let shape: Shape = [1, ids.count]
        var x = embed(
            IDTensor(ids, shape: shape), typeIDs: typeIDs.map { IDTensor($0, shape: shape) },
            context: context)
        return passes.map { layer in
            defer { x = layer(x, context: context) }
            return layer.attention.weights(
                of: layer.norm == .pre ? layer.attentionNorm(x, context: context) : x,
                causal: false, context: context)
        }
    }
}

extension GPT {
    /// What each head of each layer looks at in one text: a token at itself and those before it.
    ///
    /// - Parameter ids: The text.
    /// - Returns: For each layer `[heads, tokens, tokens]`: how much a row's token looks at each column's.
    /// - Throws: ``ModelError`` with code `.input` for ids out of range, or a text too long or empty.
    public func attentionMaps(of ids: [Int32]) throws -> [Tensor] {
        try InputCheck.ids(ids, below: configuration.vocabularySize)
        try InputCheck.length(ids.count, limit: configuration.maxSequenceLength)
        let context = ForwardContext.evaluation()
        var x = embed(IDTensor(ids, shape: [1, ids.count]), start: 0, context: context)
        return layers.map { layer in
            defer { x = layer(x, context: context) }
            return layer.attention.weights(
                of: layer.attentionNorm(x, context: context), causal: true, context: context)
        }
    }
}

extension MultiHeadAttention {
    /// The heads' weights in one text, `[heads, tokens, tokens]`, from its states `[1, tokens, hidden]`.
    fileprivate func weights(of x: Tensor, causal: Bool, context: ForwardContext) -> Tensor {
        let packed = projection(x, context: context)
        let size = packed.shape[2] / 3
        let weights = attentionWeights(
            query: packed.sliced(axis: 2, 0..<size), key: packed.sliced(axis: 2, size..<2 * size),
            headCount: headCount, causal: causal, band: causal ? band : nil)
        return weights.reshaped([headCount, x.shape[1], x.shape[1]])
    }
}
