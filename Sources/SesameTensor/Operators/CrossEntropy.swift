import CSesameKernels

/// The mean softmax cross-entropy of the rows that have a target.
///
/// The target distribution has weight 1 - labelSmoothing on the target and labelSmoothing / classes
/// everywhere, as in PyTorch. Rows whose target is `ignoreIndex` count neither in the sum nor in the
/// divisor; where no row is left the loss and its gradient are 0.
/// - Parameters:
///   - logits: `[..., classes]`.
///   - targets: one class for each row of `logits`.
///   - ignoreIndex: the target of rows that are not scored.
///   - labelSmoothing: in `0...1`.
/// - Returns: a tensor of one element, in nats.
/// - Precondition: targets are in `0..<classes` or `ignoreIndex`.
public func crossEntropy(
    logits: Tensor, targets: IDTensor, ignoreIndex: Int32 = -100, labelSmoothing: Float = 0
) -> Tensor {
    let (rows, classes) = (logits.shape.leading, logits.shape.last)
    let scored = scoredCount(
        "crossEntropy", targets, rows: rows, classes: classes, ignoreIndex: ignoreIndex)
    let scale = scored == 0 ? 0 : 1 / Float(scored)
    let gradient = logits.requiresGradient ? Tensor(shape: logits.shape) { _ in } : nil
    let losses = Tensor(shape: [rows]) { losses in
        logits.withPointer { logits in
            targets.scalars.withUnsafeBufferPointer { targets in
                guard let targets = targets.baseAddress else { return }
                sesame_cross_entropy(
                    rows, classes, logits, targets, ignoreIndex, labelSmoothing, scale, losses,
                    gradient?.storage.pointer)
            }
        }
    }
    var loss = losses.meanOfRows(scored)
    if let gradient {
        let shape = logits.shape
        let handover = Handover(gradient)
        loss.record(inputs: [logits.edge]) { pass in
            let upstream = pass.takeOnly().scalar
            pass.add(handover.take().scaledInPlace(by: upstream).reshaped(shape), to: 0)
        }
    }
    return loss
}

/// What a projection to a vocabulary and its cross-entropy give.
public struct ProjectedLoss: Sendable {
    /// The mean over the scored rows, in nats: a tensor of one element.
    public var loss: Tensor

    /// How many rows had a target.
    public var scoredCount: Int

    /// How many of the scored rows had their largest logit at the target.
    public var correctCount: Int

    /// A loss and its counts.
    public init(loss: Tensor, scoredCount: Int, correctCount: Int) {
        self.loss = loss
        self.scoredCount = scoredCount
        self.correctCount = correctCount
    }
}

/// A projection to a vocabulary and the cross-entropy of its softmax, without ever storing all logits.
///
/// logits = hidden · weightᵀ + bias are made, scored and turned into gradients in blocks of rows, and the
/// gradients are finished in the forward pass where an input requires one.
/// - Parameters:
///   - hidden: `[..., features]`.
///   - weight: `[vocabulary, features]`: an output layer's, or a tied embedding.
///   - bias: `[vocabulary]`.
///   - targets: one id for each row of `hidden`.
///   - ignoreIndex: the target of rows that are not scored.
///   - labelSmoothing: in `0...1`; see ``crossEntropy(logits:targets:ignoreIndex:labelSmoothing:)``.
///   - precision: how the products compute; the softmax is always Float32.
/// - Precondition: targets are in `0..<vocabulary` or `ignoreIndex`.
public func projectedCrossEntropy(
    hidden: Tensor, weight: Tensor, bias: Tensor? = nil, targets: IDTensor,
    ignoreIndex: Int32 = -100, labelSmoothing: Float = 0, precision: Precision = .float32
) -> ProjectedLoss {
    require(
        hidden.shape.count >= 1 && weight.shape.count == 2 && hidden.shape.last == weight.shape[1],
        "projectedCrossEntropy: expected hidden [..., C] and weight [V, C], "
            + "found \(hidden.shape) and \(weight.shape)")
    let (rows, columns, classes) = (hidden.shape.leading, weight.shape[1], weight.shape[0])
    if let bias {
        require(
            bias.shape == [classes],
            "projectedCrossEntropy: expected bias [\(classes)], found \(bias.shape)")
    }
    let scored = scoredCount(
        "projectedCrossEntropy", targets, rows: rows, classes: classes, ignoreIndex: ignoreIndex)
    let scale = scored == 0 ? 0 : 1 / Float(scored)
    let dHidden = hidden.requiresGradient ? Tensor(shape: hidden.shape) { _ in } : nil
    let dWeight = weight.requiresGradient ? Tensor(shape: weight.shape) { _ in } : nil
    let dBias = bias?.requiresGradient == true ? Tensor(shape: [classes]) { _ in } : nil
    var predictions = [Int32](repeating: -1, count: rows)
    let losses = Tensor(shape: [rows]) { losses in
        withPointers(hidden, weight) { hidden, weight in
            bias.withOptionalPointer { bias in
                targets.scalars.withUnsafeBufferPointer { targets in
                    guard let targets = targets.baseAddress else { return }
                    sesame_projected_cross_entropy(
                        precision.kernel, rows, columns, classes, hidden, weight, bias, targets,
                        ignoreIndex, labelSmoothing, scale, losses, dHidden?.storage.pointer,
                        dWeight?.storage.pointer, dBias?.storage.pointer, &predictions)
                }
            }
        }
    }
    var correct = 0
    for (prediction, target) in zip(predictions, targets.scalars)
    where prediction == target && target != ignoreIndex {
        correct += 1
    }
    var loss = losses.meanOfRows(scored)
    if dHidden != nil || dWeight != nil || dBias != nil {
        let handovers = [dHidden, dWeight, dBias].map { $0.map(Handover.init) }
        loss.record(inputs: [hidden.edge, weight.edge, bias?.edge]) { pass in
            let upstream = pass.takeOnly().scalar
            for (input, handover) in handovers.enumerated() {
                guard let handover else { continue }
                pass.add(handover.take().scaledInPlace(by: upstream), to: input)
            }
        }
    }
    return ProjectedLoss(loss: loss, scoredCount: scored, correctCount: correct)
}

/// The log-probability of each row's target after a projection to a vocabulary, in nats: at most 0.
///
/// As in ``projectedCrossEntropy(hidden:weight:bias:targets:ignoreIndex:labelSmoothing:precision:)``, all logits
/// are never stored. For inference: no gradient is recorded.
/// - Parameters:
///   - hidden: `[..., features]`.
///   - weight: `[vocabulary, features]`.
///   - targets: one id for each row of `hidden`.
///   - precision: how the products compute; the softmax is always Float32.
/// - Returns: one number a row.
/// - Precondition: targets are in `0..<vocabulary`.
public func projectedLogLikelihoods(
    hidden: Tensor, weight: Tensor, targets: IDTensor, precision: Precision = .float32
) -> [Float] {
    require(
        hidden.shape.count >= 1 && weight.shape.count == 2 && hidden.shape.last == weight.shape[1],
        "projectedLogLikelihoods: expected hidden [..., C] and weight [V, C], "
            + "found \(hidden.shape) and \(weight.shape)")
    let (rows, columns, classes) = (hidden.shape.leading, weight.shape[1], weight.shape[0])
    _ = scoredCount(
        "projectedLogLikelihoods", targets, rows: rows, classes: classes, ignoreIndex: -1)
    var losses = [Float](repeating: 0, count: rows)
    withPointers(hidden, weight) { hidden, weight in
        targets.scalars.withUnsafeBufferPointer { targets in
            guard let targets = targets.baseAddress else { return }
            sesame_projected_cross_entropy(
                precision.kernel, rows, columns, classes, hidden, weight, nil, targets, -1, 0, 0,
                &losses, nil, nil, nil, nil)
        }
    }
    return losses.map { -$0 }
}

/// Checks targets and counts those that are scored.
private func scoredCount(
    _ operation: String, _ targets: IDTensor, rows: Int, classes: Int, ignoreIndex: Int32
) -> Int {
    require(
        targets.elementCount == rows,
        "\(operation): \(rows) rows, but targets of shape \(targets.shape)")
    if let index = targets.firstInvalid(below: classes, allowing: ignoreIndex) {
        invariantBroken(
            "\(operation): target \(targets.scalars[index]) at position \(index) is neither in "
                + "0..<\(classes) nor \(ignoreIndex)")
    }
    var count = 0
    for target in targets.scalars where target != ignoreIndex { count += 1 }
    return count
}

extension Tensor {
    /// The sum of the elements divided by `count`, or 0 where that is 0.
    fileprivate func meanOfRows(_ count: Int) -> Tensor {
        guard count > 0 else { return Tensor(0) }
        let sum = withPointer { sesame_sum(elementCount, $0) }
        return Tensor(Float(sum / Double(count)))
    }

    /// This tensor times `factor`, in its own memory where nobody shares it.
    consuming func scaledInPlace(by factor: Float) -> Tensor {
        if factor == 1 { return self }
        let count = elementCount
        return overwritten { sesame_scale(count, factor, $0, $1) }
    }
}
