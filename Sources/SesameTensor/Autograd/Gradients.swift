import CSesameKernels

/// The gradients of a loss with respect to a module's parameters, in the order of the parameters.
public struct Gradients: Sendable {
    /// The gradient of one parameter.
    private struct Entry: Sendable {
        let path: ParameterPath
        var tensor: Tensor?
    }

    private var entries: [Entry]

    init(paths: [ParameterPath], tensors: [Tensor?]) {
        entries = zip(paths, tensors).map { Entry(path: $0, tensor: $1) }
    }

    /// The number of parameters.
    public var count: Int { entries.count }

    /// The paths of the parameters, in order.
    public var paths: [String] { entries.map(\.path.description) }

    /// The gradient of the parameter at a position of the parameter list; nil where the loss did not
    /// depend on it. Changing it in place makes no copy.
    public subscript(index: Int) -> Tensor? {
        get { entries[index].tensor }
        _modify { yield &entries[index].tensor }
    }

    /// The gradient of the parameter at `path`; nil where there is none.
    public subscript(path: String) -> Tensor? {
        entries.first { $0.path.description == path }?.tensor
    }

    /// The Euclidean norm of all gradients together, accumulated in Double in a fixed order.
    public func globalNorm() -> Double {
        var sum = 0.0
        for entry in entries {
            if let tensor = entry.tensor {
                sum += tensor.withPointer { sesame_sum_of_squares(tensor.elementCount, $0) }
            }
        }
        return sum.squareRoot()
    }

    /// Whether every gradient is finite everywhere.
    public var allFinite: Bool {
        entries.allSatisfy { entry in
            guard let tensor = entry.tensor else { return true }
            return tensor.withPointer { sesame_all_finite(tensor.elementCount, $0) }
        }
    }

    /// Adds the gradients of another batch, in place.
    ///
    /// - Precondition: both belong to the same parameters.
    public mutating func add(_ other: Gradients) {
        require(
            count == other.count,
            "Gradients.add: \(count) parameters here, \(other.count) in the other")
        for index in entries.indices {
            guard let addition = other[index] else { continue }
            if entries[index].tensor == nil {
                entries[index].tensor = addition
            } else {
                entries[index].tensor?.add(scaled: 1, addition)
            }
        }
    }

    /// Multiplies every gradient by `factor`, in place.
    public mutating func scale(by factor: Float) {
        for index in entries.indices { entries[index].tensor?.scale(by: factor) }
    }
}

extension Tensor {
    /// Adds `factor` times another tensor of this shape, in place.
    ///
    /// - Precondition: equal shapes.
    public mutating func add(scaled factor: Float, _ other: Tensor) {
        require(shape == other.shape, "add(scaled:_:): \(shape) and \(other.shape)")
        let count = elementCount
        withUnsafeMutableBufferPointer { target in
            guard let target = target.baseAddress else { return }
            other.withPointer { sesame_axpy(count, factor, $0, target) }
        }
    }

    /// Multiplies every element by `factor`, in place.
    public mutating func scale(by factor: Float) {
        let count = elementCount
        withUnsafeMutableBufferPointer { target in
            guard let target = target.baseAddress else { return }
            sesame_scale(count, factor, target, target)
        }
    }

    /// Scales rows (the last axis) that are longer than `limit` down to this Euclidean length, in place.
    ///
    /// Source: Srebro and Shraibman 2005; after a step, with dropout: Hinton et al. 2012, "Improving neural networks by
    /// preventing co-adaptation of feature detectors", section 2.
    public mutating func scaleRows(toAtMost limit: Float) {
        let (rows, columns) = (shape.leading, shape.last)
        withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            for row in 0..<rows {
                let start = base + row * columns
                let length = Float(sesame_sum_of_squares(columns, start).squareRoot())
                if length > limit { sesame_scale(columns, limit / length, start, start) }
            }
        }
    }
}
