import CSesameKernels

extension Tensor {
    /// The sum of all elements, accumulated in Double: a tensor of one element.
    public func sum() -> Tensor { reduced(by: 1) }

    /// The mean of all elements, accumulated in Double: a tensor of one element.
    ///
    /// - Precondition: there is an element.
    public func mean() -> Tensor {
        require(elementCount > 0, "mean: no elements in \(shape)")
        return reduced(by: elementCount)
    }

    /// The sums along an axis, which is removed from the shape.
    public func sum(axis: Int) -> Tensor { reduced(axis: axis, mean: false, "sum") }

    /// The means along an axis, which is removed from the shape.
    ///
    /// - Precondition: the axis is not empty.
    public func mean(axis: Int) -> Tensor { reduced(axis: axis, mean: true, "mean") }

    private func reduced(by divisor: Int) -> Tensor {
        let count = elementCount
        var result = Tensor(Float(withPointer { sesame_sum(count, $0) } / Double(divisor)))
        if requiresGradient {
            let shape = shape
            result.record(inputs: [edge]) { pass in
                let upstream = pass.takeOnly().scalar / Float(divisor)
                pass.add(Tensor(repeating: upstream, shape: shape), to: 0)
            }
        }
        return result
    }

    private func reduced(axis: Int, mean: Bool, _ operation: String) -> Tensor {
        require(
            axis >= 0 && axis < shape.count, "\(operation): no axis \(axis) in shape \(shape)")
        let (outer, size, inner) = shape.split(at: axis)
        require(!mean || size > 0, "\(operation): axis \(axis) of \(shape) is empty")
        let factor = mean ? 1 / Float(size) : 1
        var result = Tensor(shape: shape.removing(axis: axis)) { out in
            withPointer { source in
                for index in 0..<outer {
                    let rows = source + index * size * inner
                    if inner == 1 {
                        out[index] = Float(sesame_sum(size, rows))
                    } else {
                        sesame_sum_rows(size, inner, rows, out + index * inner)
                    }
                }
                if mean { sesame_scale(outer * inner, factor, out, out) }
            }
        }
        if requiresGradient {
            let shape = shape
            result.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly().scaledInPlace(by: factor)
                let spread = Tensor(shape: shape) { out in
                    gradient.withPointer { gradient in
                        for index in 0..<outer {
                            let target = out + index * size * inner
                            if inner == 1 {
                                target.update(repeating: gradient[index], count: size)
                            } else {
                                for row in 0..<size {
                                    (target + row * inner).update(
                                        from: gradient + index * inner, count: inner)
                                }
                            }
                        }
                    }
                }
                pass.add(spread, to: 0)
            }
        }
        return result
    }

    /// The mean over time of the positions that a mask keeps: a sentence vector from word vectors.
    ///
    /// - Parameter mask: `[batch, time]` for this tensor's `[batch, time, features]`; 1 keeps a position.
    /// - Returns: `[batch, features]`; zeros for a sequence without any kept position.
    public func meanPooled(mask: AttentionMask) -> Tensor {
        require(
            shape.count == 3 && shape[0] == mask.batchSize && shape[1] == mask.keyCount,
            "meanPooled: expected [batch, time, features] and a mask [batch, time], "
                + "found \(shape) and \(mask.shape)")
        let (batch, time, features) = (shape[0], shape[1], shape[2])
        let weights = Tensor(shape: mask.shape) { weights in
            for sequence in 0..<batch {
                let kept = mask.scalars[sequence * time..<(sequence + 1) * time]
                let count = kept.reduce(0) { $0 + ($1 != 0 ? 1 : 0) }
                let share = count == 0 ? 0 : 1 / Float(count)
                for (position, keep) in kept.enumerated() {
                    weights[sequence * time + position] = keep != 0 ? share : 0
                }
            }
        }
        // [batch, 1, time] · [batch, time, features]
        let pooled = matmul(weights.reshaped(Shape(batch, 1, time)), self)
        return pooled.reshaped(Shape(batch, features))
    }
}
