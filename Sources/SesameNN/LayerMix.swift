import SesameTensor

/// A learnt mean of a model's layers: scale · Σₗ softmax(weights)ₗ · layerₗ.
///
/// Source: Peters et al. 2018, Deep contextualized word representations, https://arxiv.org/abs/1802.05365,
/// equation 1.
public struct LayerMix: Module {
    /// `[layers]`, before the softmax; zeros at first, so that all layers count the same.
    public var weights: Tensor
    /// γ, one number; 1 at first.
    public var scale: Tensor

    /// A mix of layers that count the same.
    public init(layerCount: Int) {
        weights = Tensor(zeros: [layerCount])
        scale = Tensor(repeating: 1, shape: [1])
    }

    /// The layers' shares: the softmax of the weights.
    public var shares: [Float] { softmax(weights).scalars }

    /// Mixes layers.
    ///
    /// - Parameters:
    ///   - layers: `[layers, ..., size]`.
    ///   - context: Not used; every layer takes one.
    /// - Returns: `[..., size]`.
    public func callAsFunction(_ layers: Tensor, context: ForwardContext) -> Tensor {
        let count = weights.shape[0]
        precondition(
            layers.shape.count >= 2 && layers.shape[0] == count,
            "a mix of \(count) layers was given shape \(layers.shape)")
        let shape = layers.shape.removing(axis: 0)
        let shares = softmax(weights.reshaped([1, count]))
        let mixed = matmul(shares, layers.reshaped([count, shape.elementCount]))
        return (mixed * scale.reshaped([])).reshaped(shape)
    }

    /// Mixes layers that are tensors of their own.
    ///
    /// - Parameters:
    ///   - layers: As many as there are weights, of one shape.
    ///   - context: Not used; every layer takes one.
    /// - Returns: The shape of a layer.
    public func callAsFunction(_ layers: [Tensor], context: ForwardContext) -> Tensor {
        precondition(
            layers.count == weights.elementCount,
            "a mix of \(weights.elementCount) layers was given \(layers.count)")
        let shares = softmax(weights) * scale.reshaped([])
        var sum = layers[0] * shares.sliced(axis: 0, 0..<1).reshaped([])
        for (index, layer) in layers.enumerated().dropFirst() {
            sum = sum + layer * shares.sliced(axis: 0, index..<(index + 1)).reshaped([])
        }
        return sum
    }

    /// Visits the parameters in a fixed order: weights, scale.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&weights, at: path / "weights")
        visitor.visit(&scale, at: path / "scale")
    }
}
