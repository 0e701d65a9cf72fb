import SesameTensor

/// A convolution over time, with stride 1: every window of `width` positions becomes one vector.
///
///     y[b, t] = bias + Σⱼ weight[:, j, :] · x[b, t + j - padding]
///
/// With padding 0 a sequence of n positions has n - width + 1 outputs; with (width - 1) / 2, for an odd width,
/// n; with width - 1 every window that touches the sequence, n + width - 1, so that no sequence is too short.
///
/// Source: Collobert et al. 2011, Natural Language Processing (almost) from Scratch, section 3.3.2.
public struct Conv1d: Module {
    /// `[outputs, width, inputs]`: PyTorch's `nn.Conv1d` has the last two axes exchanged.
    public var weight: Tensor
    /// `[outputs]`, or nil.
    public var bias: Tensor?
    /// Rows of zeros before and after each sequence.
    public let padding: Int

    /// A layer with fresh weights, drawn with the biases as PyTorch does: uniform in ± 1/√(width · inputs).
    ///
    /// - Parameters:
    ///   - inputSize: The size of a position.
    ///   - outputSize: How many filters there are.
    ///   - width: Positions a filter sees.
    ///   - padding: Rows of zeros before and after each sequence.
    ///   - bias: Whether there is a bias.
    ///   - initializer: How weight and bias are drawn.
    ///   - key: Where they are drawn from.
    public init(
        inputSize: Int, outputSize: Int, width: Int, padding: Int = 0, bias: Bool = true,
        initializer: Initializer = .inverseRootInputs, key: RandomKey
    ) {
        precondition(
            width > 0 && padding >= 0, "a convolution of width \(width) and padding \(padding)")
        let inputs = width * inputSize
        weight = initializer([outputSize, inputs], key: key.derived(0))
            .reshaped([outputSize, width, inputSize])
        self.bias =
            bias ? initializer([outputSize], key: key.derived(1), inputCount: inputs) : nil
        self.padding = padding
    }

    /// Positions a filter sees.
    public var width: Int { weight.shape[1] }
    /// How many filters there are.
    public var outputSize: Int { weight.shape[0] }

    /// How many outputs a sequence of `length` positions has.
    public func outputLength(_ length: Int) -> Int { max(0, length + 2 * padding - width + 1) }

    /// The outputs of every window.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, inputs]`.
    ///   - lengths: How many positions each sequence has; nil for all.
    ///   - context: Gives the precision.
    /// - Returns: `[batch, time + 2 · padding - width + 1, outputs]`; zeros after a sequence's
    ///   ``outputLength(_:)``.
    public func callAsFunction(
        _ x: Tensor, lengths: [Int]? = nil, context: ForwardContext
    ) -> Tensor {
        conv1d(
            x, weight: weight, bias: bias, padding: padding, lengths: lengths,
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
