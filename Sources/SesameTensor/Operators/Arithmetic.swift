import CSesameKernels

// Elementwise arithmetic. Shapes are equal, or one is a suffix of the other: a bias over rows, a scalar
// over everything. There is no other broadcasting.

extension Tensor {
    /// The elementwise sum; the shape of one may be a suffix of the other's.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        guard a.shape.count >= b.shape.count else { return b + a }
        if a.shape == b.shape {
            let count = a.elementCount
            var sum = Tensor(shape: a.shape) { out in
                withPointers(a, b) { sesame_add(count, $0, $1, out) }
            }
            if a.requiresGradient || b.requiresGradient {
                sum.record(inputs: [a.edge, b.edge]) { pass in
                    let gradient = pass.takeOnly()
                    pass.add(gradient, to: 0)
                    pass.add(gradient, to: 1)
                }
            }
            return sum
        }
        let (rows, columns) = a.rowsOver(b, "+")
        var sum = Tensor(shape: a.shape) { out in
            withPointers(a, b) { sesame_add_row(rows, columns, $0, $1, out) }
        }
        if a.requiresGradient || b.requiresGradient {
            let shape = b.shape
            sum.record(inputs: [a.edge, b.edge]) { pass in
                let gradient = pass.takeOnly()
                if pass.needs(1) {
                    pass.add(gradient.summedRows(rows, columns, shape: shape), to: 1)
                }
                pass.add(gradient, to: 0)
            }
        }
        return sum
    }

    /// The elementwise difference; the shape of one may be a suffix of the other's.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        guard a.shape == b.shape else { return a + -b }
        let count = a.elementCount
        var difference = Tensor(shape: a.shape) { out in
            withPointers(a, b) { sesame_subtract(count, $0, $1, out) }
        }
        if a.requiresGradient || b.requiresGradient {
            difference.record(inputs: [a.edge, b.edge]) { pass in
                let gradient = pass.takeOnly()
                pass.add(gradient, to: 0)
                if pass.needs(1) {
                    pass.add(gradient.overwritten { sesame_scale(count, -1, $0, $1) }, to: 1)
                }
            }
        }
        return difference
    }

    /// The elementwise product; the shape of one may be a suffix of the other's.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        guard a.shape.count >= b.shape.count else { return b * a }
        let (rows, columns) = a.rowsOver(b, "*")
        var product = a.multipliedRows(by: b, rows, columns)
        if a.requiresGradient || b.requiresGradient {
            let needsA = a.requiresGradient
            let needsB = b.requiresGradient
            let keptA = needsB ? a.detached() : nil
            let keptB = needsA ? b.detached() : nil
            let shapeB = b.shape
            product.record(inputs: [a.edge, b.edge]) { pass in
                let gradient = pass.takeOnly()
                if let keptA, pass.needs(1) {
                    let scaled = gradient.multipliedRows(by: keptA, 1, keptA.elementCount)
                    let sum =
                        rows == 1 ? scaled : scaled.summedRows(rows, columns, shape: shapeB)
                    pass.add(sum, to: 1)
                }
                if let keptB, pass.needs(0) {
                    pass.add(gradient.multipliedRows(by: keptB, rows, columns), to: 0)
                }
            }
        }
        return product
    }

    /// Every element times `factor`.
    public static func * (a: Tensor, factor: Float) -> Tensor {
        let count = a.elementCount
        var product = Tensor(shape: a.shape) { out in
            a.withPointer { sesame_scale(count, factor, $0, out) }
        }
        if a.requiresGradient {
            product.record(inputs: [a.edge]) { pass in
                let gradient = pass.takeOnly()
                pass.add(gradient.overwritten { sesame_scale(count, factor, $0, $1) }, to: 0)
            }
        }
        return product
    }

    /// Every element times `factor`.
    public static func * (factor: Float, a: Tensor) -> Tensor { a * factor }

    /// Every element with its sign changed.
    public static prefix func - (a: Tensor) -> Tensor { a * -1 }

    /// How often the rows of `b` fit into this tensor.
    private func rowsOver(_ b: Tensor, _ operation: String) -> (rows: Int, columns: Int) {
        require(
            b.shape.isSuffix(of: shape),
            "\(operation): expected equal shapes or a suffix, found \(shape) and \(b.shape)")
        let columns = b.elementCount
        return (columns == 0 ? 0 : elementCount / columns, columns)
    }

    private func multipliedRows(by b: Tensor, _ rows: Int, _ columns: Int) -> Tensor {
        Tensor(shape: shape) { out in
            withPointers(self, b) { a, b in
                if columns == 1 {
                    sesame_scale(rows, b[0], a, out)
                } else {
                    for row in 0..<rows {
                        sesame_multiply(columns, a + row * columns, b, out + row * columns)
                    }
                }
            }
        }
    }

    /// The sum of the rows of this tensor, seen as rows × columns.
    func summedRows(_ rows: Int, _ columns: Int, shape: Shape) -> Tensor {
        Tensor(shape: shape) { out in
            withPointer { source in
                if columns == 1 {
                    out[0] = Float(sesame_sum(rows, source))
                } else {
                    sesame_sum_rows(rows, columns, source, out)
                }
            }
        }
    }
}
