import SesameTensor

/// Sets values to zero at random while training, and scales the others by 1 / (1 − p).
///
/// The mask is a function of the context's key, so the backward pass computes it again rather than store it.
///
/// Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting.
public struct Dropout: Module {
    /// The probability of dropping a value, from 0 up to but not 1.
    public let probability: Float

    /// A dropout layer; nothing is dropped where `probability` is 0.
    public init(_ probability: Float) {
        precondition(
            probability >= 0 && probability < 1,
            "a dropout probability is from 0 up to but not 1, not \(probability)")
        self.probability = probability
    }

    /// `x` itself in evaluation.
    public func callAsFunction(_ x: Tensor, context: ForwardContext) -> Tensor {
        context.drops(probability)
            ? dropout(x, probability: probability, key: context.key) : x
    }

    /// Has no parameters.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {}
}
