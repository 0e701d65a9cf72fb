import SesameTensor

/// A learnt mix of the layers of a model: scale · Σⱼ softmax(weights)ⱼ layerⱼ.
///
/// A task learns which layers it needs while the model below stays as it is. Fresh weights give the mean.
///
/// Source: Peters et al. 2018, Deep Contextualized Word Representations, https://arxiv.org/abs/1802.05365, eq. 1.
public struct LayerMix: Module {
    /// The logarithms of the layers' shares, but for a common term: `[layers]`.
    public var weights: Tensor
    /// γ, `[1]`.
    public var scale: Tensor

    /// The mean of `layerCount` layers.
    public init(layerCount: Int) {
        precondition(layerCount > 0, "a mix of \(layerCount) layers")
        weights = Tensor(zeros: [layerCount])
        scale = Tensor(repeating: 1, shape: [1])
    }

    /// The layers' shares, which add up to 1.
    public var shares: [Float] { softmax(weights.detached()).scalars }

    /// The mix.
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
