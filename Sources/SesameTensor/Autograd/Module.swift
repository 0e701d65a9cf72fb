/// A part of a model: a struct whose parameters are stored properties.
///
/// A module lists its parameters in one function, in a fixed order. Gradients, optimizers, checkpoints and
/// summaries all use that one list.
///
///     struct Scale: Module {
///         var weight: Tensor
///         func callAsFunction(_ x: Tensor) -> Tensor { x * weight }
///         mutating func visitParameters(
///             _ visitor: inout some ParameterVisitor, at path: ParameterPath
///         ) {
///             visitor.visit(&weight, at: path / "weight")
///         }
///     }
///
/// A copy of a module is a snapshot. A tied weight is one stored tensor that is used twice, and is visited
/// once.
public protocol Module: Sendable {
    /// Visits every parameter once, in a fixed order.
    mutating func visitParameters(_ visitor: inout some ParameterVisitor, at path: ParameterPath)
}

/// Something that is done to each parameter of a module.
public protocol ParameterVisitor {
    /// Called with each parameter and its path; may change the parameter in place.
    mutating func visit(_ tensor: inout Tensor, at path: ParameterPath)
}

extension Module {
    /// The parameters in order, with their paths.
    public var parameters: [(path: String, tensor: Tensor)] {
        var copy = self
        var collector = Collector()
        copy.visitParameters(&collector, at: ParameterPath())
        return collector.parameters.map { ($0.path.description, $0.tensor) }
    }

    /// The number of trainable scalars.
    public var parameterCount: Int {
        var copy = self
        var collector = Collector()
        copy.visitParameters(&collector, at: ParameterPath())
        return collector.parameters.reduce(0) { $0 + $1.tensor.elementCount }
    }

    /// Calls `body` with each parameter in order, to read or change it in place.
    public mutating func updateParameters(
        _ body: (_ path: ParameterPath, _ tensor: inout Tensor) -> Void
    ) {
        withoutActuallyEscaping(body) { body in
            var updater = Updater(body: body)
            visitParameters(&updater, at: ParameterPath())
        }
    }

    /// Replaces every parameter by the tensor of its path.
    ///
    /// Nothing is changed unless all fit.
    /// - Throws: ``TensorError`` with code `.parameterMismatch` that lists every missing, unexpected and
    ///   misshaped tensor.
    public mutating func load(_ tensors: [String: Tensor]) throws {
        let expected = parameters
        let paths = Set(expected.map(\.path))
        let missing = expected.map(\.path).filter { tensors[$0] == nil }
        let unexpected = tensors.keys.filter { !paths.contains($0) }.sorted()
        let misshaped = expected.compactMap { path, tensor in
            tensors[path].flatMap { found in
                found.shape == tensor.shape
                    ? nil : "\(path) (expected \(tensor.shape), found \(found.shape))"
            }
        }
        guard missing.isEmpty, unexpected.isEmpty, misshaped.isEmpty else {
            throw TensorError(
                .parameterMismatch(missing: missing, unexpected: unexpected, misshaped: misshaped))
        }
        updateParameters { path, tensor in
            if let found = tensors[path.description] { tensor = found.detached() }
        }
    }
}

private struct Collector: ParameterVisitor {
    var parameters: [(path: ParameterPath, tensor: Tensor)] = []

    mutating func visit(_ tensor: inout Tensor, at path: ParameterPath) {
        parameters.append((path, tensor))
    }
}

private struct Updater: ParameterVisitor {
    let body: (ParameterPath, inout Tensor) -> Void

    mutating func visit(_ tensor: inout Tensor, at path: ParameterPath) { body(path, &tensor) }
}
