import CSesameKernels

extension Tensor {
    /// The largest of each feature over a sequence's positions.
    ///
    /// - Parameter lengths: How many positions of `[batch, time, features]` each sequence has; nil for all.
    /// - Returns: `[batch, features]`; zeros for a sequence of length 0. The gradient goes to the first of
    ///   equal values.
    public func maxOverTime(lengths: [Int]? = nil) -> Tensor {
        let (batch, time, features, limits) = pooled("maxOverTime", lengths)
        let places = UnsafeIDs(count: batch * features)
        var result = Tensor(shape: Shape(batch, features)) { out in
            withPointer { x in
                limits.withLengths {
                    sesame_max_over_time(batch, time, features, $0, x, out, places.pointer)
                }
            }
        }
        if requiresGradient {
            let shape = shape
            result.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly()
                pass.accumulate(to: 0, shape: shape) { out, accumulating in
                    if !accumulating { sesame_fill(shape.elementCount, 0, out) }
                    gradient.withPointer {
                        sesame_max_over_time_backward(
                            batch, time, features, places.pointer, $0, out)
                    }
                }
            }
        }
        return result
    }

    /// The mean of each feature over a sequence's positions.
    ///
    /// - Parameter lengths: How many positions of `[batch, time, features]` each sequence has; nil for all.
    /// - Returns: `[batch, features]`; zeros for a sequence of length 0.
    public func meanOverTime(lengths: [Int]? = nil) -> Tensor {
        let (batch, time, features, limits) = pooled("meanOverTime", lengths)
        var result = Tensor(shape: Shape(batch, features)) { out in
            withPointer { x in
                limits.withLengths { sesame_mean_over_time(batch, time, features, $0, x, out) }
            }
        }
        if requiresGradient {
            let shape = shape
            result.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly()
                let spread = Tensor(shape: shape) { out in
                    gradient.withPointer { gradient in
                        limits.withLengths {
                            sesame_mean_over_time_backward(
                                batch, time, features, $0, gradient, out)
                        }
                    }
                }
                pass.add(spread, to: 0)
            }
        }
        return result
    }

    private func pooled(
        _ operation: String, _ lengths: [Int]?
    ) -> (batch: Int, time: Int, features: Int, limits: [Int32]?) {
        require(
            shape.count == 3, "\(operation): expected [batch, time, features], found \(shape)")
        let limits = lengths.map {
            checkedLengths(operation, $0, batch: shape[0], time: shape[1])
        }
        return (shape[0], shape[1], shape[2], limits)
    }
}

/// Ids that a kernel writes once, before anybody else can see them.
///
/// - Note: `@unchecked Sendable`: the pointer is a constant, and its memory is only read after the operator
///   that made it has returned.
private final class UnsafeIDs: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Int32>

    init(count: Int) { pointer = .allocate(capacity: max(1, count)) }

    deinit { pointer.deallocate() }
}
