import CSesameKernels

/// The rows of a table that ids name.
///
/// - Parameters:
///   - table: `[vocabulary, features]`.
///   - ids: any shape; see ``IDTensor/validated(below:allowing:)`` for ids from outside.
/// - Returns: the shape of `ids` with `features` at the end. Gradients of a row that is named several
///   times add up.
/// - Precondition: every id is in `0..<vocabulary`.
public func embedding(_ table: Tensor, ids: IDTensor) -> Tensor {
    require(
        table.shape.count == 2, "embedding: expected a table [V, C], found \(table.shape)")
    return gathered(
        "embedding", table, rows: table.shape[0], columns: table.shape[1], ids,
        shape: ids.shape.appending(table.shape[1]))
}

extension Tensor {
    /// The rows that `indices` name: for example the masked positions alone, before a projection to the
    /// vocabulary.
    ///
    /// - Parameter indices: positions in `0..<rows` of this tensor, `[..., features]`, seen as
    ///   `[rows, features]`; a position may be named several times.
    /// - Returns: `[indices, features]`.
    public func selectedRows(_ indices: IDTensor) -> Tensor {
        require(shape.count >= 1, "selectedRows: expected [..., C], found \(shape)")
        return gathered(
            "selectedRows", self, rows: shape.leading, columns: shape.last, indices,
            shape: Shape(indices.elementCount, shape.last))
    }
}

private func gathered(
    _ operation: String, _ table: Tensor, rows: Int, columns: Int, _ ids: IDTensor, shape: Shape
) -> Tensor {
    if let index = ids.firstInvalid(below: rows) {
        invariantBroken(
            "\(operation): id \(ids.scalars[index]) at position \(index) is outside 0..<\(rows)")
    }
    let count = ids.elementCount
    var y = Tensor(shape: shape) { out in
        table.withPointer { table in
            ids.scalars.withUnsafeBufferPointer { ids in
                guard let ids = ids.baseAddress else { return }
                sesame_embedding_gather(count, columns, table, ids, false, out)
            }
        }
    }
    if table.requiresGradient {
        let tableShape = table.shape
        y.record(inputs: [table.edge]) { pass in
            let gradient = pass.takeOnly()
            pass.accumulate(to: 0, shape: tableShape) { out, accumulating in
                if !accumulating { sesame_fill(tableShape.elementCount, 0, out) }
                gradient.withPointer { gradient in
                    ids.scalars.withUnsafeBufferPointer { ids in
                        guard let ids = ids.baseAddress else { return }
                        sesame_embedding_scatter_add(count, columns, ids, gradient, out)
                    }
                }
            }
        }
    }
    return y
}
