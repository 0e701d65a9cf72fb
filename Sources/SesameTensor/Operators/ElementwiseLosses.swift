import CSesameKernels

/// The mean binary cross-entropy of logits x with targets t: max(x, 0) - x t + log(1 + exp(-|x|)).
///
/// - Parameters:
///   - logits: any shape; the probability is their sigmoid.
///   - targets: the same shape, in `0...1`. No gradient flows to them.
/// - Returns: a tensor of one element, in nats.
public func binaryCrossEntropy(logits: Tensor, targets: Tensor) -> Tensor {
    meanLoss("binaryCrossEntropy", logits, targets, sesame_binary_cross_entropy)
}

/// The mean of (x - target)².
///
/// - Parameters:
///   - x: any shape.
///   - targets: the same shape. No gradient flows to them.
/// - Returns: a tensor of one element.
public func meanSquaredError(_ x: Tensor, targets: Tensor) -> Tensor {
    meanLoss("meanSquaredError", x, targets, sesame_squared_error)
}

/// The mean of |x - target|; the gradient where both are equal is 0.
///
/// - Parameters:
///   - x: any shape.
///   - targets: the same shape. No gradient flows to them.
/// - Returns: a tensor of one element.
public func meanAbsoluteError(_ x: Tensor, targets: Tensor) -> Tensor {
    meanLoss("meanAbsoluteError", x, targets, sesame_absolute_error)
}

private typealias LossKernel = (
    Int, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?,
    UnsafeMutablePointer<Float>?
) -> Void

private func meanLoss(
    _ operation: String, _ x: Tensor, _ targets: Tensor, _ kernel: LossKernel
) -> Tensor {
    require(
        x.shape == targets.shape,
        "\(operation): values \(x.shape) and targets \(targets.shape) differ")
    let count = x.elementCount
    require(count > 0, "\(operation): the mean of no elements, shape \(x.shape)")
    let gradient = x.requiresGradient ? Tensor(shape: x.shape) { _ in } : nil
    let losses = Tensor(shape: x.shape) { losses in
        withPointers(x, targets) { kernel(count, $0, $1, losses, gradient?.storage.pointer) }
    }
    var loss = Tensor(Float(losses.withPointer { sesame_sum(count, $0) } / Double(count)))
    if let gradient {
        let handover = Handover(gradient)
        loss.record(inputs: [x.edge]) { pass in
            let upstream = pass.takeOnly().scalar
            pass.add(handover.take().scaledInPlace(by: upstream / Float(count)), to: 0)
        }
    }
    return loss
}
