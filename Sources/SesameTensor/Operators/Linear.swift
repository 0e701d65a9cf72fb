import CSesameKernels

/// A fully connected layer in one operation: y = activation(x · weightᵀ + bias) + residual.
///
/// - Parameters:
///   - x: `[..., in]`.
///   - weight: `[out, in]`, as PyTorch stores it.
///   - bias: `[out]`.
///   - activation: applied before the residual is added.
///   - residual: `[..., out]`.
///   - precision: how the product and those of its gradient compute.
/// - Returns: `[..., out]`.
public func linear(
    _ x: Tensor, weight: Tensor, bias: Tensor?, activation: Activation = .identity,
    residual: Tensor? = nil, precision: Precision = .float32
) -> Tensor {
    require(
        weight.shape.count == 2 && x.shape.count >= 1 && x.shape.last == weight.shape[1],
        "linear: expected x [..., in] and weight [out, in], found \(x.shape) and \(weight.shape)")
    let rows = x.shape.leading
    let inputs = weight.shape[1]
    let outputs = weight.shape[0]
    let shape = x.shape.replacingLast(with: outputs)
    if let bias {
        require(
            bias.shape == [outputs], "linear: expected bias [\(outputs)], found \(bias.shape)")
    }
    if let residual {
        require(
            residual.shape == shape, "linear: expected residual \(shape), found \(residual.shape)")
    }

    let recorded =
        x.requiresGradient || weight.requiresGradient || bias?.requiresGradient == true
        || residual?.requiresGradient == true
    // ReLU's slope can be read from its result, unless a residual has been added to it.
    let resultTellsSlope = activation == .relu && residual == nil
    var preactivation: Tensor?
    if recorded && activation != .identity && !resultTellsSlope {
        preactivation = Tensor(shape: shape) { _ in }
    }

    var y = Tensor(shape: shape) { y in
        withPointers(x, weight) { x, weight in
            bias.withOptionalPointer { bias in
                residual.withOptionalPointer { residual in
                    preactivation.withOptionalPointer { preactivation in
                        var epilogue = sesame_epilogue(
                            bias: bias, activation: activation.kernel,
                            preactivation: UnsafeMutablePointer(mutating: preactivation),
                            residual: residual)
                        sesame_gemm(
                            precision.kernel, false, true, rows, outputs, inputs, x, inputs, weight,
                            inputs, false, y, outputs, &epilogue)
                    }
                }
            }
        }
    }
    guard recorded else { return y }

    let needsX = x.requiresGradient
    let needsWeight = weight.requiresGradient
    let keptX = needsWeight ? x.detached() : nil
    let keptWeight = needsX ? weight.detached() : nil
    let slope = resultTellsSlope ? y.detached() : preactivation
    let weightShape = weight.shape
    let shapeX = x.shape
    y.record(inputs: [x.edge, weight.edge, bias?.edge, residual?.edge]) { pass in
        var dY = pass.takeOnly()
        pass.add(dY, to: 3)
        let dBias = pass.needs(2) ? Tensor(shape: [outputs]) { _ in } : nil
        if let slope {
            dY = dY.overwritten { dY, dZ in
                slope.withPointer { slope in
                    dBias.withOptionalPointer { dBias in
                        sesame_bias_activation_backward(
                            activation.kernel, rows, outputs, slope, dY, dZ,
                            UnsafeMutablePointer(mutating: dBias))
                    }
                }
            }
        } else if let dBias {
            withPointers(dY, dBias) { dY, dBias in
                sesame_bias_activation_backward(
                    SESAME_IDENTITY, rows, outputs, nil, dY, nil,
                    UnsafeMutablePointer(mutating: dBias))
            }
        }
        if let dBias { pass.add(dBias, to: 2) }
        let dZ = dY
        if let keptX {
            pass.accumulate(to: 1, shape: weightShape) { out, accumulating in
                withPointers(dZ, keptX) { dZ, x in
                    multiply(
                        precision, 1, outputs, inputs, rows, dZ, true, x, false, accumulating, out)
                }
            }
        }
        if let keptWeight {
            pass.accumulate(to: 0, shape: shapeX) { out, accumulating in
                withPointers(dZ, keptWeight) { dZ, weight in
                    multiply(
                        precision, 1, rows, inputs, outputs, dZ, false, weight, false, accumulating,
                        out)
                }
            }
        }
    }
    return y
}
