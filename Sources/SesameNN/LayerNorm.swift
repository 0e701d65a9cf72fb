import SesameTensor

/// Normalization of the last axis: y = (x − mean) / √(variance + epsilon) · weight + bias.
///
/// The variance is the biased one, and epsilon lies inside the root, as in PyTorch and the paper.
///
/// Source: Ba, Kiros and Hinton 2016, Layer Normalization, https://arxiv.org/abs/1607.06450.
public struct LayerNorm: Module {
    /// `[size]`, ones at first.
    public var weight: Tensor
    /// `[size]`, zeros at first.
    public var bias: Tensor
    /// Keeps the root away from zero: 1e-5 in GPT-2, 1e-12 in BERT.
    public let epsilon: Float

    /// A layer that starts as plain normalization.
    public init(size: Int, epsilon: Float = 1e-5) {
        weight = Tensor(repeating: 1, shape: [size])
        bias = Tensor(zeros: [size])
        self.epsilon = epsilon
    }

    /// The normalized `x`, `[..., size]`.
    public func callAsFunction(_ x: Tensor, context: ForwardContext) -> Tensor {
        layerNorm(x, weight: weight, bias: bias, epsilon: epsilon)
    }

    /// x + residual, and its normalization, in one pass.
    ///
    /// - Parameters:
    ///   - x: `[..., size]`.
    ///   - residual: The same shape.
    ///   - context: Not used; every layer takes one.
    public func callAsFunction(
        _ x: Tensor, residual: Tensor, context: ForwardContext
    ) -> (sum: Tensor, normalized: Tensor) {
        addLayerNorm(x, residual: residual, weight: weight, bias: bias, epsilon: epsilon)
    }

    /// Visits the parameters in a fixed order: weight, bias.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&weight, at: path / "weight")
        visitor.visit(&bias, at: path / "bias")
    }
}
