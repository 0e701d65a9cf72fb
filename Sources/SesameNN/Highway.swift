import SesameTensor

/// Highway layers: each lets a learnt share of its input pass unchanged.
///
///     [t, h] = W x + b,    y = x + σ(t) (f(h) - x)
///
/// A layer's weight, `[2 · size, size]`, stacks those of the gate t and of the candidate h, in this order.
///
/// Source: Srivastava et al. 2015, Highway Networks, https://arxiv.org/abs/1505.00387, equation 3.
public struct Highway: Module {
    /// One map a layer: size → gate and candidate.
    public var layers: [Linear]
    /// f.
    public let activation: Activation

    /// Layers with fresh weights.
    ///
    /// - Parameters:
    ///   - size: The size of the last axis of input and output.
    ///   - layerCount: How many layers follow each other.
    ///   - activation: f.
    ///   - gateBias: The gates' first bias; below 0, so that the layers begin by passing their input on.
    ///   - key: Where the weights are drawn from.
    public init(
        size: Int, layerCount: Int = 1, activation: Activation = .relu, gateBias: Float = -2,
        key: RandomKey
    ) {
        layers = (0..<layerCount).map { index in
            var layer = Linear(
                inputSize: size, outputSize: 2 * size, key: key.derived(UInt64(index)))
            layer.bias = Tensor(
                (0..<2 * size).map { $0 < size ? gateBias : 0 }, shape: [2 * size])
            return layer
        }
        self.activation = activation
    }

    /// The last layer's output.
    ///
    /// - Parameters:
    ///   - x: `[..., size]`.
    ///   - context: Gives the precision.
    /// - Returns: `[..., size]`.
    public func callAsFunction(_ x: Tensor, context: ForwardContext) -> Tensor {
        layers.reduce(x) { x, layer in
            highway(x, gates: layer(x, context: context), activation: activation)
        }
    }

    /// Visits the parameters in a fixed order, layer by layer.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        for index in layers.indices {
            layers[index].visitParameters(&visitor, at: path / "layers" / index)
        }
    }
}
