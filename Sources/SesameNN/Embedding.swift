import SesameTensor

/// A table of one vector an id.
public struct Embedding: Module {
    /// `[count, size]`.
    public var weight: Tensor

    /// A table of fresh vectors.
    ///
    /// - Parameters:
    ///   - count: How many ids there are; they run from 0 to `count - 1`.
    ///   - size: The length of a vector.
    ///   - initializer: How the vectors are drawn.
    ///   - key: Where they are drawn from.
    public init(
        count: Int, size: Int, initializer: Initializer = .normal(0.02), key: RandomKey
    ) {
        weight = initializer([count, size], key: key)
    }

    /// A table with the given vectors, `[count, size]`.
    public init(weight: Tensor) {
        precondition(weight.shape.count == 2, "a table has two axes, not shape \(weight.shape)")
        self.weight = weight
    }

    /// The vectors of the ids.
    ///
    /// - Parameters:
    ///   - ids: `[...]`, each below ``count``.
    ///   - context: Not used; every layer takes one.
    /// - Returns: `[..., size]`.
    public func callAsFunction(_ ids: IDTensor, context: ForwardContext) -> Tensor {
        embedding(weight, ids: ids)
    }

    /// How many ids there are.
    public var count: Int { weight.shape[0] }
    /// The length of a vector.
    public var size: Int { weight.shape[1] }

    /// Visits the parameters in a fixed order: weight.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&weight, at: path / "weight")
    }
}
