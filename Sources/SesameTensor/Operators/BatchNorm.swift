import CSesameKernels

/// Mean and variance of each feature over a batch.
public struct BatchStatistics: Sendable {
    /// `[features]`.
    public var mean: Tensor
    /// `[features]`; biased, that is divided by the number of rows.
    public var variance: Tensor
    /// How many rows they are of.
    public var rowCount: Int

    /// Statistics from their parts.
    public init(mean: Tensor, variance: Tensor, rowCount: Int) {
        self.mean = mean
        self.variance = variance
        self.rowCount = rowCount
    }
}

/// Batch norm: y = (x - mean) / √(variance + ε) · weight + bias for each feature.
///
/// - Parameters:
///   - x: `[..., features]`.
///   - weight: `[features]`.
///   - bias: `[features]`.
///   - statistics: The mean and variance to use, as in evaluation; nil takes those of `x`, through which the
///     gradient flows.
///   - lengths: How many positions of `[batch, time, features]` each sequence has; padding takes no part and
///     gives zeros. Nil for all rows.
///   - epsilon: ε.
/// - Returns: The shape of `x`, and the statistics that were used.
///
/// Source: Ioffe and Szegedy 2015, "Batch normalization", algorithm 1.
public func batchNorm(
    _ x: Tensor, weight: Tensor, bias: Tensor, statistics: BatchStatistics? = nil,
    lengths: [Int]? = nil, epsilon: Float = 1e-5
) -> (output: Tensor, statistics: BatchStatistics) {
    let (rows, columns) = (x.shape.leading, x.shape.last)
    require(
        weight.shape == [columns] && bias.shape == [columns],
        "batchNorm: expected weight and bias [\(columns)], found \(weight.shape) and \(bias.shape)")
    let keep = lengths.map { lengths in
        require(
            x.shape.count == 3, "batchNorm: lengths need [batch, time, features], not \(x.shape)")
        _ = checkedLengths("batchNorm", lengths, batch: x.shape[0], time: x.shape[1])
        return AttentionMask(lengths: lengths, keyCount: x.shape[1]).scalars
    }
    let used = statistics ?? x.statistics(rows, columns, keep: keep)
    require(
        used.mean.shape == [columns] && used.variance.shape == [columns],
        "batchNorm: expected statistics [\(columns)], found \(used.mean.shape)")
    let mean = used.mean.detached()
    let rstd = Tensor(
        used.variance.scalars.map { Float(1 / (Double($0) + Double(epsilon)).squareRoot()) },
        shape: [columns])
    var y = Tensor(shape: x.shape) { out in
        withPointers(x, mean, rstd) { x, mean, rstd in
            withPointers(weight, bias) { weight, bias in
                keep.withBytes {
                    sesame_batch_norm_forward(
                        rows, columns, $0, x, mean, rstd, weight, bias, out)
                }
            }
        }
    }
    if x.requiresGradient || weight.requiresGradient || bias.requiresGradient {
        let (keptX, keptWeight) = (x.detached(), weight.detached())
        let isFixed = statistics != nil
        y.record(inputs: [x.edge, weight.edge, bias.edge]) { pass in
            let dWeight = Tensor(shape: keptWeight.shape) { _ in }
            let dBias = Tensor(shape: keptWeight.shape) { _ in }
            let dX = pass.takeOnly().overwritten { dY, dX in
                withPointers(mean, rstd, keptWeight) { mean, rstd, weight in
                    keptX.withPointer { x in
                        keep.withBytes {
                            sesame_batch_norm_backward(
                                rows, columns, $0, isFixed, x, mean, rstd, weight, dY, dX,
                                dWeight.storage.pointer, dBias.storage.pointer)
                        }
                    }
                }
            }
            pass.add(dX, to: 0)
            pass.add(dWeight, to: 1)
            pass.add(dBias, to: 2)
        }
    }
    return (y, used)
}

extension Tensor {
    fileprivate func statistics(_ rows: Int, _ columns: Int, keep: [UInt8]?) -> BatchStatistics {
        let mean = Tensor(shape: [columns]) { _ in }
        let variance = Tensor(shape: [columns]) { _ in }
        let count = withPointer { x in
            keep.withBytes {
                sesame_batch_statistics(
                    rows, columns, $0, x, mean.storage.pointer, variance.storage.pointer)
            }
        }
        return BatchStatistics(mean: mean, variance: variance, rowCount: count)
    }
}

extension [UInt8]? {
    fileprivate func withBytes<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        switch self {
        case .some(let bytes): bytes.withUnsafeBufferPointer { body($0.baseAddress) }
        case .none: body(nil)
        }
    }
}
