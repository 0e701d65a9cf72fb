import SesameTensor

/// The position-wise network of a Transformer: outer(activation(inner(x))).
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 3.3.
public struct FeedForward: Module {
    /// hidden → inner.
    public var inner: Linear
    /// inner → hidden.
    public var outer: Linear
    /// Between the two; `gelu` is the exact form, `geluTanh` GPT-2's.
    public let activation: Activation
    /// Dropout between the two, as in PyTorch's layers; 0 in BERT and GPT-2.
    public let dropout: Dropout

    /// A network with fresh weights.
    ///
    /// - Parameters:
    ///   - hiddenSize: The size of the last axis of input and output.
    ///   - innerSize: Usually 4 · hiddenSize.
    ///   - activation: Between the two maps.
    ///   - dropoutProbability: Of dropout between the two maps.
    ///   - initializer: How ``inner``'s weight is drawn.
    ///   - outputInitializer: How ``outer``'s weight is drawn; nil means in the same way.
    ///   - key: Where the weights are drawn from.
    public init(
        hiddenSize: Int, innerSize: Int, activation: Activation = .gelu,
        dropoutProbability: Float = 0, initializer: Initializer = .xavierUniform,
        outputInitializer: Initializer? = nil, key: RandomKey
    ) {
        inner = Linear(
            inputSize: hiddenSize, outputSize: innerSize, initializer: initializer,
            key: key.derived(0))
        outer = Linear(
            inputSize: innerSize, outputSize: hiddenSize,
            initializer: outputInitializer ?? initializer, key: key.derived(1))
        self.activation = activation
        dropout = Dropout(dropoutProbability)
    }

    /// The network's value, plus `residual` where given.
    ///
    /// - Parameters:
    ///   - x: `[..., hidden]`.
    ///   - residual: `[..., hidden]`, or nil; added in the second product's epilogue.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[..., hidden]`.
    public func callAsFunction(
        _ x: Tensor, residual: Tensor? = nil, context: ForwardContext
    ) -> Tensor {
        let activated = dropout(
            inner(x, activation: activation, context: context), context: context.site(0))
        return outer(activated, residual: residual, context: context)
    }

    /// Visits the parameters in a fixed order: inner, outer.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        inner.visitParameters(&visitor, at: path / "inner")
        outer.visitParameters(&visitor, at: path / "outer")
    }
}
