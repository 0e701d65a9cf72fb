import SesameTensor

/// Batch norm: each feature with the mean and variance of the batch in training, with running ones in evaluation.
///
///     y = (x - mean) / √(variance + ε) · weight + bias
///
/// A forward pass changes nothing. In training it returns the batch's statistics beside its output, and whoever
/// makes the step takes them into the running ones afterwards:
///
///     let (y, statistics) = norm(x, context: context)
///     …
///     if let statistics { model.norm.absorb(statistics) }
///
/// The running statistics are among the parameters, so that they are saved with the model; no gradient reaches
/// them, and optimizers leave them alone.
///
/// Source: Ioffe and Szegedy 2015, Batch Normalization, https://arxiv.org/abs/1502.03167, algorithms 1 and 2.
public struct BatchNorm: Module {
    /// `[size]`.
    public var weight: Tensor
    /// `[size]`.
    public var bias: Tensor
    /// `[size]`.
    public var runningMean: Tensor
    /// `[size]`; of unbiased variances, as in PyTorch.
    public var runningVariance: Tensor
    /// ε, inside the root.
    public let epsilon: Float
    /// A batch's share of the running statistics.
    public let momentum: Float

    /// A layer that begins as the identity.
    public init(size: Int, epsilon: Float = 1e-5, momentum: Float = 0.1) {
        weight = Tensor(repeating: 1, shape: [size])
        bias = Tensor(zeros: [size])
        runningMean = Tensor(zeros: [size])
        runningVariance = Tensor(repeating: 1, shape: [size])
        self.epsilon = epsilon
        self.momentum = momentum
    }

    /// The normalised features.
    ///
    /// - Parameters:
    ///   - x: `[..., size]`; statistics are over all other axes.
    ///   - lengths: How many positions of `[batch, time, size]` each sequence has: padding takes no part, and
    ///     gives zeros. Nil for all rows.
    ///   - context: Tells training from evaluation.
    /// - Returns: The shape of `x`, and in training the batch's statistics, for ``absorb(_:)``.
    public func callAsFunction(
        _ x: Tensor, lengths: [Int]? = nil, context: ForwardContext
    ) -> (output: Tensor, statistics: BatchStatistics?) {
        let running = BatchStatistics(
            mean: runningMean, variance: runningVariance, rowCount: 0)
        let (output, used) = batchNorm(
            x, weight: weight, bias: bias, statistics: context.training ? nil : running,
            lengths: lengths, epsilon: epsilon)
        return (output, context.training ? used : nil)
    }

    /// Takes a batch's statistics into the running ones: running ← (1 - momentum) running + momentum batch.
    ///
    /// Statistics of no row are left out, and one row has no unbiased variance.
    public mutating func absorb(_ statistics: BatchStatistics) {
        let count = Float(statistics.rowCount)
        guard count > 0 else { return }
        runningMean.scale(by: 1 - momentum)
        runningMean.add(scaled: momentum, statistics.mean)
        guard count > 1 else { return }
        runningVariance.scale(by: 1 - momentum)
        runningVariance.add(scaled: momentum * count / (count - 1), statistics.variance)
    }

    /// Visits the parameters in a fixed order: weight, bias, runningMean, runningVariance.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&weight, at: path / "weight")
        visitor.visit(&bias, at: path / "bias")
        visitor.visit(&runningMean, at: path / "runningMean")
        visitor.visit(&runningVariance, at: path / "runningVariance")
    }
}
