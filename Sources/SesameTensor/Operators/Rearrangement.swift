import CSesameKernels

extension Tensor {
    /// The elements whose position along `axis` lies in `range`.
    ///
    /// - Returns: this shape with `range.count` at `axis`. Memory is copied.
    public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
        require(axis >= 0 && axis < shape.count, "sliced: no axis \(axis) in shape \(shape)")
        let (outer, size, inner) = shape.split(at: axis)
        require(
            range.lowerBound >= 0 && range.upperBound <= size,
            "sliced: \(range) is outside 0..<\(size) at axis \(axis) of \(shape)")
        let columns = range.count * inner
        let offset = range.lowerBound * inner
        var slice = Tensor(shape: shape.replacing(axis: axis, with: range.count)) { out in
            withPointer {
                sesame_copy_block(
                    outer, columns, $0 + offset, size * inner, false, out, columns)
            }
        }
        if requiresGradient {
            let shape = shape
            slice.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly()
                pass.accumulate(to: 0, shape: shape) { out, accumulating in
                    if !accumulating { sesame_fill(shape.elementCount, 0, out) }
                    gradient.withPointer {
                        sesame_copy_block(
                            outer, columns, $0, columns, accumulating, out + offset, size * inner)
                    }
                }
            }
        }
        return slice
    }

    /// The transpose of a matrix, copied. A product's `transposeA` and `transposeB` cost nothing.
    public func transposed() -> Tensor {
        require(shape.count == 2, "transposed: expected a matrix, found \(shape)")
        let (rows, columns) = (shape[0], shape[1])
        var result = Tensor(shape: Shape(columns, rows)) { out in
            withPointer { sesame_transpose(rows, columns, $0, out) }
        }
        if requiresGradient {
            result.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly()
                let transposed = Tensor(shape: Shape(rows, columns)) { out in
                    gradient.withPointer { sesame_transpose(columns, rows, $0, out) }
                }
                pass.add(transposed, to: 0)
            }
        }
        return result
    }
}

/// Tensors one after the other along `axis`.
///
/// - Parameters:
///   - tensors: at least one; equal shapes but for `axis`.
///   - axis: the axis whose sizes add up.
public func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
    require(!tensors.isEmpty, "concatenated: no tensors")
    let first = tensors[0].shape
    require(axis >= 0 && axis < first.count, "concatenated: no axis \(axis) in shape \(first)")
    var total = 0
    for tensor in tensors {
        require(
            tensor.shape.count == first.count
                && tensor.shape.replacing(axis: axis, with: 0)
                    == first.replacing(axis: axis, with: 0),
            "concatenated: \(tensor.shape) does not fit \(first) along axis \(axis)")
        total += tensor.shape[axis]
    }
    let shape = first.replacing(axis: axis, with: total)
    let (outer, _, inner) = shape.split(at: axis)
    let widths = tensors.map { $0.shape[axis] * inner }
    let width = total * inner
    var result = Tensor(shape: shape) { out in
        var offset = 0
        for (tensor, columns) in zip(tensors, widths) {
            tensor.withPointer {
                sesame_copy_block(outer, columns, $0, columns, false, out + offset, width)
            }
            offset += columns
        }
    }
    if tensors.contains(where: \.requiresGradient) {
        let shapes = tensors.map(\.shape)
        result.record(inputs: tensors.map(\.edge)) { pass in
            let gradient = pass.takeOnly()
            var offset = 0
            for (input, columns) in widths.enumerated() {
                pass.accumulate(to: input, shape: shapes[input]) { out, accumulating in
                    gradient.withPointer {
                        sesame_copy_block(
                            outer, columns, $0 + offset, width, accumulating, out, columns)
                    }
                }
                offset += columns
            }
        }
    }
    return result
}
