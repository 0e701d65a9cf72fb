import SesameTensor

/// An affine map of the last axis: y = x · weightᵀ + bias.
///
/// The weight is `[outputs, inputs]`, as in PyTorch. Activation and residual are part of the product's
/// epilogue, so they cost no pass of their own.
public struct Linear: Module {
    /// `[outputs, inputs]`.
    public var weight: Tensor
    /// `[outputs]`, or nil.
    public var bias: Tensor?

    /// A layer with fresh weights and a zero bias.
    ///
    /// - Parameters:
    ///   - inputSize: The size of the last axis of the input.
    ///   - outputSize: The size of the last axis of the output.
    ///   - bias: Whether there is a bias.
    ///   - initializer: How the weight is drawn.
    ///   - key: Where the weight is drawn from.
    public init(
        inputSize: Int, outputSize: Int, bias: Bool = true,
        initializer: Initializer = .xavierUniform, key: RandomKey
    ) {
        weight = initializer([outputSize, inputSize], key: key)
        self.bias = bias ? Tensor(zeros: [outputSize]) : nil
    }

    /// A layer with the given parameters: weight `[outputs, inputs]`, bias `[outputs]`.
    public init(weight: Tensor, bias: Tensor?) {
        precondition(weight.shape.count == 2, "a weight has two axes, not shape \(weight.shape)")
        precondition(
            bias.map { $0.shape == [weight.shape[0]] } ?? true,
            "a bias for weight \(weight.shape) has \(weight.shape[0]) values")
        self.weight = weight
        self.bias = bias
    }

    /// activation(x · weightᵀ + bias) + residual.
    ///
    /// - Parameters:
    ///   - x: `[..., inputs]`.
    ///   - activation: Applied before the residual is added.
    ///   - residual: `[..., outputs]`, or nil.
    ///   - context: Gives the precision.
    /// - Returns: `[..., outputs]`.
    public func callAsFunction(
        _ x: Tensor, activation: Activation = .identity, residual: Tensor? = nil,
        context: ForwardContext
    ) -> Tensor {
        linear(
            x, weight: weight, bias: bias, activation: activation, residual: residual,
            precision: context.precision)
    }

    /// Visits the parameters in a fixed order: weight, bias.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&weight, at: path / "weight")
        if var value = bias.take() {
            visitor.visit(&value, at: path / "bias")
            bias = value
        }
    }
}
