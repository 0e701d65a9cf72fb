import SesameTensor

/// Attention over encoder states: which of them a decoder's state looks at, and how much.
///
/// With q the query and kₜ the states, the score of state t is
///
///     dot        q · kₜ
///     bilinear   (W q) · kₜ
///     additive   v · tanh(W q + U kₜ)
///
/// The weights are the softmax of the scores over a sequence's states, and the result is the mean of the
/// states under these weights. Scores are not scaled; there are no biases.
///
/// Where a decoder asks once a step, ``keys(_:context:)`` computes what depends on the states alone once:
///
///     let keys = attention.keys(states, context: context)
///     let (read, weights) = attention(
///         query: state, states: states, keys: keys, lengths: lengths, context: context)
///
/// Source: dot and bilinear ("general"): Luong et al. 2015, Effective Approaches to Attention-based Neural Machine
/// Translation, https://arxiv.org/abs/1508.04025, section 3.1; additive: Bahdanau et al. 2015, Neural Machine
/// Translation by Jointly Learning to Align and Translate, https://arxiv.org/abs/1409.0473, appendix A.1.2.
public struct StateAttention: Module {
    /// How a state is scored.
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        /// q · kₜ; query and states have one size.
        case dot
        /// (W q) · kₜ.
        case bilinear
        /// v · tanh(W q + U kₜ).
        case additive
    }

    /// How a state is scored.
    public let kind: Kind
    /// W: `[keySize, querySize]` (bilinear) or `[size, querySize]` (additive).
    public var query: Linear?
    /// U: `[size, keySize]` (additive).
    public var key: Linear?
    /// v: `[size]` (additive).
    public var vector: Tensor?

    /// A layer with fresh weights, drawn as `nn.Linear`'s: uniform in ± 1/√inputs.
    ///
    /// - Parameters:
    ///   - kind: How a state is scored.
    ///   - querySize: The size of a query.
    ///   - keySize: The size of a state.
    ///   - size: The size of the space where additive attention adds query and state; nil means `keySize`.
    ///   - seed: Where the weights are drawn from.
    public init(
        kind: Kind, querySize: Int, keySize: Int, size: Int? = nil, key seed: RandomKey
    ) {
        func map(_ inputs: Int, _ outputs: Int, _ site: UInt64) -> Linear {
            Linear(
                inputSize: inputs, outputSize: outputs, bias: false,
                initializer: .inverseRootInputs, key: seed.derived(site))
        }
        self.kind = kind
        switch kind {
        case .dot:
            precondition(
                querySize == keySize,
                "dot attention: queries of \(querySize) and states of \(keySize) differ")
        case .bilinear:
            query = map(querySize, keySize, 0)
        case .additive:
            let size = size ?? keySize
            query = map(querySize, size, 0)
            key = map(keySize, size, 1)
            vector = Initializer.inverseRootInputs([size], key: seed.derived(2))
        }
    }

    /// What depends on the states alone: U kₜ in additive attention, else the states themselves.
    ///
    /// - Parameters:
    ///   - states: `[batch, time, keySize]`.
    ///   - context: Gives the precision.
    /// - Returns: `[batch, time, size]`.
    public func keys(_ states: Tensor, context: ForwardContext) -> Tensor {
        key.map { $0(states, context: context) } ?? states
    }

    /// Reads the states that the queries look at.
    ///
    /// - Parameters:
    ///   - query: `[batch, queries, querySize]`.
    ///   - states: `[batch, time, keySize]`.
    ///   - keys: What ``keys(_:context:)`` gave for these states; nil computes it.
    ///   - lengths: How many states each sequence has; nil for all. Those after them have weight 0.
    ///   - context: Gives the precision.
    /// - Returns: The states' means, `[batch, queries, keySize]`, and the weights,
    ///   `[batch, queries, time]`, which sum to 1; both are zeros where a length is 0.
    public func callAsFunction(
        query: Tensor, states: Tensor, keys: Tensor? = nil, lengths: [Int]? = nil,
        context: ForwardContext
    ) -> (context: Tensor, weights: Tensor) {
        precondition(
            query.shape.count == 3 && states.shape.count == 3
                && query.shape[0] == states.shape[0],
            "attention: expected query [B, Q, C] and states [B, T, K], "
                + "found \(query.shape) and \(states.shape)")
        let keys = keys ?? self.keys(states, context: context)
        let projected = self.query.map { $0(query, context: context) } ?? query
        let scores =
            if let vector {
                additiveScores(query: projected, key: keys, vector: vector, lengths: lengths)
            } else {
                matmul(projected, keys, transposeB: true, precision: context.precision)
            }
        let weights = lengths.map { softmax(scores, lengths: $0) } ?? softmax(scores)
        return (matmul(weights, states, precision: context.precision), weights)
    }

    /// Visits the parameters in a fixed order: query, key, vector.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        query?.visitParameters(&visitor, at: path / "query")
        key?.visitParameters(&visitor, at: path / "key")
        if var value = vector.take() {
            visitor.visit(&value, at: path / "vector")
            vector = value
        }
    }
}
