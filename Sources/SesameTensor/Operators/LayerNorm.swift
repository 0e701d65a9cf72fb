import CSesameKernels

/// Layer normalization over the last axis: (x - mean) / √(variance + epsilon) · weight + bias.
///
/// The variance is the biased one, and epsilon lies inside the root, as in PyTorch and TensorFlow.
/// - Parameters:
///   - x: `[..., features]`.
///   - weight: `[features]`.
///   - bias: `[features]`.
///   - epsilon: 1e-5 in GPT-2, 1e-12 in BERT.
/// - Returns: the shape of `x`.
///
/// Source: Ba, Kiros & Hinton 2016, "Layer normalization".
public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
    let (rows, columns) = normalizedSizes("layerNorm", x, weight, bias)
    guard x.requiresGradient || weight.requiresGradient || bias.requiresGradient else {
        return Tensor(shape: x.shape) { y in
            withPointers(x, weight, bias) { x, weight, bias in
                sesame_layer_norm_forward(
                    rows, columns, x, nil, weight, bias, epsilon, nil, y, nil, nil)
            }
        }
    }
    let statistics = Tensor(shape: Shape(2, rows)) { _ in }
    var y = Tensor(shape: x.shape) { y in
        withPointers(x, weight, bias) { x, weight, bias in
            let mean = statistics.storage.pointer
            sesame_layer_norm_forward(
                rows, columns, x, nil, weight, bias, epsilon, nil, y, mean, mean + rows)
        }
    }
    let keptX = x.detached()
    let keptWeight = weight.detached()
    y.record(inputs: [x.edge, weight.edge, bias.edge]) { pass in
        let dY = pass.takeOnly()
        let (dX, dWeight, dBias) = normalizedGradients(
            rows, columns, keptX, keptWeight, statistics, dY: dY, dSum: nil)
        pass.add(dX, to: 0)
        pass.add(dWeight, to: 1)
        pass.add(dBias, to: 2)
    }
    return y
}

/// A residual connection and the layer normalization after it, in one pass over memory.
///
/// - Parameters:
///   - x: `[..., features]`: the output of a sublayer.
///   - residual: the same shape: what the sublayer's output is added to.
///   - weight: `[features]`.
///   - bias: `[features]`.
///   - epsilon: 1e-5 in GPT-2, 1e-12 in BERT.
/// - Returns: `sum` is x + residual (what a pre-norm block carries on), `normalized` its layer norm.
public func addLayerNorm(
    _ x: Tensor, residual: Tensor, weight: Tensor, bias: Tensor, epsilon: Float
) -> (sum: Tensor, normalized: Tensor) {
    let (rows, columns) = normalizedSizes("addLayerNorm", x, weight, bias)
    require(
        residual.shape == x.shape,
        "addLayerNorm: x \(x.shape) and residual \(residual.shape) differ")
    let recorded =
        x.requiresGradient || residual.requiresGradient || weight.requiresGradient
        || bias.requiresGradient
    let statistics = Tensor(shape: Shape(2, recorded ? rows : 0)) { _ in }
    var sum = Tensor(shape: x.shape) { _ in }
    var y = Tensor(shape: x.shape) { y in
        withPointers(x, residual) { x, residual in
            withPointers(weight, bias) { weight, bias in
                let mean = recorded ? statistics.storage.pointer : nil
                sesame_layer_norm_forward(
                    rows, columns, x, residual, weight, bias, epsilon, sum.storage.pointer, y, mean,
                    mean.map { $0 + rows })
            }
        }
    }
    guard recorded else { return (sum, y) }
    let keptSum = sum.detached()
    let keptWeight = weight.detached()
    let node = Node(inputs: [x.edge, residual.edge, weight.edge, bias.edge]) { pass in
        let dSum = pass.take(0)
        guard let dY = pass.take(1) else {
            if let dSum {
                pass.add(dSum, to: 0)
                pass.add(dSum, to: 1)
            }
            return
        }
        let (dX, dWeight, dBias) = normalizedGradients(
            rows, columns, keptSum, keptWeight, statistics, dY: dY, dSum: dSum)
        pass.add(dX, to: 0)
        pass.add(dX, to: 1)
        pass.add(dWeight, to: 2)
        pass.add(dBias, to: 3)
    }
    sum.edge = Edge(node: node, output: 0)
    y.edge = Edge(node: node, output: 1)
    return (sum, y)
}

private func normalizedSizes(
    _ operation: String, _ x: Tensor, _ weight: Tensor, _ bias: Tensor
) -> (rows: Int, columns: Int) {
    let columns = x.shape.last
    require(
        x.shape.count >= 1 && weight.shape == [columns] && bias.shape == [columns],
        "\(operation): expected x [..., n], weight [n] and bias [n], "
            + "found \(x.shape), \(weight.shape) and \(bias.shape)")
    return (x.shape.leading, columns)
}

private func normalizedGradients(
    _ rows: Int, _ columns: Int, _ s: Tensor, _ weight: Tensor, _ statistics: Tensor,
    dY: consuming Tensor, dSum: Tensor?
) -> (dX: Tensor, dWeight: Tensor, dBias: Tensor) {
    let dWeight = Tensor(shape: [columns]) { _ in }
    let dBias = Tensor(shape: [columns]) { _ in }
    let dX = dY.overwritten { dY, dX in
        withPointers(s, weight, statistics) { s, weight, mean in
            withPointers(dWeight, dBias) { _, _ in
                dSum.withOptionalPointer { dSum in
                    sesame_layer_norm_backward(
                        rows, columns, s, weight, mean, mean + rows, dY, dSum, dX,
                        dWeight.storage.pointer, dBias.storage.pointer)
                }
            }
        }
    }
    return (dX, dWeight, dBias)
}
