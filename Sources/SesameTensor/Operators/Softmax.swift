import CSesameKernels

/// The softmax of each row (the last axis).
public func softmax(_ x: Tensor) -> Tensor {
    let (rows, columns) = (x.shape.leading, x.shape.last)
    var y = Tensor(shape: x.shape) { out in
        x.withPointer { sesame_softmax_forward(rows, columns, $0, out) }
    }
    if x.requiresGradient {
        let kept = y.detached()
        y.record(inputs: [x.edge]) { pass in
            let gradient = pass.takeOnly().overwritten { dY, dX in
                kept.withPointer { sesame_softmax_backward(rows, columns, $0, dY, dX) }
            }
            pass.add(gradient, to: 0)
        }
    }
    return y
}

/// The logarithm of the softmax of each row (the last axis).
public func logSoftmax(_ x: Tensor) -> Tensor {
    let (rows, columns) = (x.shape.leading, x.shape.last)
    var y = Tensor(shape: x.shape) { out in
        x.withPointer { sesame_log_softmax_forward(rows, columns, $0, out) }
    }
    if x.requiresGradient {
        let kept = y.detached()
        y.record(inputs: [x.edge]) { pass in
            let gradient = pass.takeOnly().overwritten { dY, dX in
                kept.withPointer { sesame_log_softmax_backward(rows, columns, $0, dY, dX) }
            }
            pass.add(gradient, to: 0)
        }
    }
    return y
}

extension Tensor {
    /// The position of each row's first largest element; the shape without its last axis.
    ///
    /// - Precondition: rows are not empty.
    public func argmaxRows() -> IDTensor {
        let (rows, columns) = (shape.leading, shape.last)
        require(columns > 0 || rows == 0, "argmaxRows: empty rows in \(shape)")
        let ids = [Int32](unsafeUninitializedCapacity: rows) { buffer, count in
            if let base = buffer.baseAddress {
                withPointer { sesame_argmax_rows(rows, columns, $0, base) }
            }
            count = rows
        }
        return IDTensor(ids, shape: shape.droppingLast)
    }
}
