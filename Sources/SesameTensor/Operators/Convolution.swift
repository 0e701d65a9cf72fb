import CSesameKernels

/// Convolution over time, with stride 1: y[b, t] = bias + Σⱼ weight[:, j, :] · x[b, t + j - padding].
///
/// Sequences lie end to end with their padding between them, where a window of `width` rows is one contiguous
/// row, so that the whole batch is one matrix product without copies of windows, and nothing is computed for
/// what lies beyond a sequence's length.
/// - Parameters:
///   - x: `[batch, time, in]`.
///   - weight: `[out, width, in]` (PyTorch's `nn.Conv1d` with its last two axes exchanged).
///   - bias: `[out]`.
///   - padding: Rows of zeros before and after each sequence.
///   - lengths: How many positions each sequence has; nil for all.
///   - precision: How the products compute.
/// - Returns: `[batch, time + 2 · padding - width + 1, out]`; a sequence of length n has
///   max(0, n + 2 · padding - width + 1) outputs, and zeros after them.
public func conv1d(
    _ x: Tensor, weight: Tensor, bias: Tensor?, padding: Int = 0, lengths: [Int]? = nil,
    precision: Precision = .float32
) -> Tensor {
    require(
        x.shape.count == 3 && weight.shape.count == 3 && x.shape[2] == weight.shape[2]
            && weight.shape[1] > 0 && padding >= 0,
        "conv1d: expected x [B, T, in] and weight [out, width, in], "
            + "found \(x.shape) and \(weight.shape), padding \(padding)")
    let (batch, time) = (x.shape[0], x.shape[1])
    if let bias {
        require(
            bias.shape == [weight.shape[0]],
            "conv1d: expected bias [\(weight.shape[0])], found \(bias.shape)")
    }
    require(
        time + 2 * padding >= weight.shape[1],
        "conv1d: \(time) positions and 2 · \(padding) of padding are fewer than the width "
            + "\(weight.shape[1])")
    if let lengths { _ = checkedLengths("conv1d", lengths, batch: batch, time: time) }
    let layout = ConvolutionLayout(
        lengths: lengths ?? Array(repeating: time, count: batch), time: time,
        inputs: x.shape[2], outputs: weight.shape[0], width: weight.shape[1], padding: padding)
    var y = layout.forward(x, weight: weight, bias: bias, precision: precision)
    if x.requiresGradient || weight.requiresGradient || bias?.requiresGradient == true {
        let (keptX, keptWeight) = (x.detached(), weight.detached())
        y.record(inputs: [x.edge, weight.edge, bias?.edge]) { pass in
            let dY = layout.packedGradient(pass.takeOnly())
            if pass.needs(2) { pass.add(layout.biasGradient(dY), to: 2) }
            if pass.needs(1) {
                let packed = layout.packed(keptX)
                pass.accumulate(to: 1, shape: keptWeight.shape) { out, accumulating in
                    layout.addWeightGradient(
                        dY, packed, precision: precision, accumulating: accumulating, out)
                }
            }
            if pass.needs(0) {
                pass.accumulate(to: 0, shape: keptX.shape) { out, accumulating in
                    layout.addInputGradient(
                        dY, weight: keptWeight, precision: precision, accumulating: accumulating,
                        out)
                }
            }
        }
    }
    return y
}

/// Where the sequences of one convolution lie when they are packed end to end, a padding between each two.
private struct ConvolutionLayout: Sendable {
    let lengths: [Int]
    let time: Int
    let inputs: Int
    let outputs: Int
    let width: Int
    let padding: Int
    /// The row where each sequence's first window begins.
    let starts: [Int]
    /// All packed rows.
    let rowCount: Int

    init(
        lengths: [Int], time: Int, inputs: Int, outputs: Int, width: Int, padding: Int
    ) {
        var starts: [Int] = []
        var row = 0
        for length in lengths {
            starts.append(row)
            row += length + padding
        }
        self.lengths = lengths
        self.time = time
        self.inputs = inputs
        self.outputs = outputs
        self.width = width
        self.padding = padding
        self.starts = starts
        rowCount = row + padding
    }

    var outputTime: Int { time + 2 * padding - width + 1 }

    /// Every place where a window fits, those across two sequences included.
    var windowCount: Int { max(0, rowCount - width + 1) }

    /// How many outputs a sequence has.
    func outputCount(_ length: Int) -> Int { max(0, length + 2 * padding - width + 1) }

    /// The sequences' positions end to end.
    func packed(_ x: Tensor) -> Tensor {
        Tensor(shape: Shape(rowCount, inputs)) { out in
            x.withPointer { x in
                var row = 0
                for (sequence, length) in lengths.enumerated() {
                    sesame_fill(padding * inputs, 0, out + row * inputs)
                    row += padding
                    (out + row * inputs).update(
                        from: x + sequence * time * inputs, count: length * inputs)
                    row += length
                }
                sesame_fill(padding * inputs, 0, out + row * inputs)
            }
        }
    }

    func forward(_ x: Tensor, weight: Tensor, bias: Tensor?, precision: Precision) -> Tensor {
        let packed = packed(x)
        let windows = Tensor(shape: Shape(windowCount, outputs)) { out in
            withPointers(packed, weight) { packed, weight in
                bias.withOptionalPointer { bias in
                    var epilogue = sesame_epilogue(
                        bias: bias, activation: SESAME_IDENTITY, preactivation: nil, residual: nil)
                    sesame_gemm(
                        precision.kernel, false, true, windowCount, outputs, width * inputs, packed,
                        inputs, weight, width * inputs, false, out, outputs, &epilogue)
                }
            }
        }
        let shape = Shape(lengths.count, outputTime, outputs)
        return Tensor(shape: shape) { out in
            windows.withPointer { windows in
                for (sequence, length) in lengths.enumerated() {
                    let count = outputCount(length)
                    let target = out + sequence * outputTime * outputs
                    target.update(
                        from: windows + starts[sequence] * outputs, count: count * outputs)
                    sesame_fill(
                        (outputTime - count) * outputs, 0, target + count * outputs)
                }
            }
        }
    }

    /// The gradient of each window, with width - 1 rows of zeros before and after, so that the windows
    /// that a position takes part in are one contiguous row too.
    func packedGradient(_ dY: Tensor) -> Tensor {
        Tensor(shape: Shape(rowCount + width - 1, outputs)) { out in
            sesame_fill((rowCount + width - 1) * outputs, 0, out)
            dY.withPointer { dY in
                for (sequence, length) in lengths.enumerated() {
                    (out + (width - 1 + starts[sequence]) * outputs).update(
                        from: dY + sequence * outputTime * outputs,
                        count: outputCount(length) * outputs)
                }
            }
        }
    }

    func biasGradient(_ dY: Tensor) -> Tensor {
        Tensor(shape: Shape(outputs)) { out in
            dY.withPointer { sesame_sum_rows(dY.shape[0], outputs, $0, out) }
        }
    }

    func addWeightGradient(
        _ dY: Tensor, _ packed: Tensor, precision: Precision, accumulating: Bool,
        _ out: UnsafeMutablePointer<Float>
    ) {
        withPointers(dY, packed) { dY, packed in
            sesame_gemm(
                precision.kernel, true, false, outputs, width * inputs, windowCount,
                dY + (width - 1) * outputs, outputs, packed, inputs, accumulating, out,
                width * inputs, nil)
        }
    }

    func addInputGradient(
        _ dY: Tensor, weight: Tensor, precision: Precision, accumulating: Bool,
        _ out: UnsafeMutablePointer<Float>
    ) {
        // [width, out, in], the last place of the window first.
        let turned = Tensor(shape: Shape(width * outputs, inputs)) { turned in
            weight.withPointer { weight in
                for place in 0..<width {
                    sesame_copy_block(
                        outputs, inputs, weight + place * inputs, width * inputs, false,
                        turned + (width - 1 - place) * outputs * inputs, inputs)
                }
            }
        }
        let rows = Tensor(shape: Shape(rowCount, inputs)) { rows in
            withPointers(dY, turned) { dY, turned in
                sesame_gemm(
                    precision.kernel, false, false, rowCount, inputs, width * outputs, dY, outputs,
                    turned, inputs, false, rows, inputs, nil)
            }
        }
        rows.withPointer { rows in
            for (sequence, length) in lengths.enumerated() {
                let source = rows + (starts[sequence] + padding) * inputs
                let target = out + sequence * time * inputs
                if accumulating {
                    sesame_add(length * inputs, source, target, target)
                } else {
                    target.update(from: source, count: length * inputs)
                    sesame_fill((time - length) * inputs, 0, target + length * inputs)
                }
            }
        }
    }
}
