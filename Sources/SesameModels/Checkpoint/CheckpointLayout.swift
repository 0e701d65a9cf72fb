import SesameTensor

/// How a model's parameters lie in a file with other names.
///
/// One table a model: names are data. The same table writes and reads, so the two cannot disagree.
package struct CheckpointLayout {
    /// One parameter's place.
    struct Entry {
        /// The parameter's path in the module.
        let path: String
        /// The names in the file; more than one where the file holds the rows of the parameter in parts
        /// (queries, keys and values), in order.
        let names: [String]
        /// Whether the file holds a weight as `[inputs, outputs]`, as GPT-2's does.
        let transposed: Bool
    }

    private(set) var entries: [Entry] = []
    /// The name that a name in a file stands for (other dialects); nil if it is to be skipped.
    var canonicalName: @Sendable (String) -> String? = { $0 }
    /// The other names under which a tensor is written again, where layers share their weights; ``canonicalName`` skips them.
    var copies: @Sendable (String) -> [String] = { _ in [] }

    mutating func add(_ path: String, _ names: String..., transposed: Bool = false) {
        entries.append(Entry(path: path, names: names, transposed: transposed))
    }

    /// A linear map or a norm: weight and bias.
    mutating func addPair(
        _ path: String, _ names: String..., transposed: Bool = false, bias: Bool = true
    ) {
        entries.append(
            Entry(
                path: path + ".weight", names: names.map { $0 + ".weight" }, transposed: transposed
            ))
        guard bias else { return }
        entries.append(
            Entry(path: path + ".bias", names: names.map { $0 + ".bias" }, transposed: false))
    }

    /// The tensors of a file, from one tensor a parameter (values, or gradients).
    package func external(_ parameters: [(path: String, tensor: Tensor)]) -> [(
        name: String, tensor: Tensor
    )] {
        let entries = Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0) })
        let tensors = parameters.flatMap { path, tensor -> [(name: String, tensor: Tensor)] in
            guard let entry = entries[path] else {
                preconditionFailure("the checkpoint table lacks parameter \(path)")
            }
            if entry.transposed { return [(entry.names[0], tensor.detached().transposed())] }
            guard entry.names.count > 1 else { return [(entry.names[0], tensor.detached())] }
            let rows = tensor.shape[0] / entry.names.count
            return entry.names.enumerated().map { i, name in
                (name, tensor.detached().sliced(axis: 0, (i * rows)..<((i + 1) * rows)))
            }
        }
        return tensors.flatMap { name, tensor in
            [(name: name, tensor: tensor)] + copies(name).map { (name: $0, tensor: tensor) }
        }
    }

    /// The table's names of a file's tensors, whatever the file's dialect.
    func names(in tensors: [String: Tensor]) -> Set<String> {
        Set(tensors.keys.compactMap(canonicalName))
    }

    /// Puts a file's tensors into a model.
    ///
    /// - Parameter place: Where the tensors come from, for the error.
    /// - Throws: ``ModelError`` that lists every missing, unexpected and mis-shaped name; the model is then as it was.
    func load(
        _ tensors: [String: Tensor], into model: inout some Module, from place: String
    ) throws {
        let entries = Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0) })
        var found: [String: Tensor] = [:]
        var unexpected: [String] = []
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard let canonical = canonicalName(name) else { continue }
            // Two names in the file for one parameter: which of them counts cannot be known.
            if found.updateValue(tensor, forKey: canonical) != nil { unexpected.append(name) }
        }
        var missing: [String] = []
        var misshapen: [ModelError.Misshapen] = []
        var values: [Tensor] = []
        for (path, parameter) in model.parameters {
            guard let entry = entries[path] else {
                preconditionFailure("the checkpoint table lacks parameter \(path)")
            }
            let expected = entry.shape(for: parameter.shape)
            var parts: [Tensor] = []
            for name in entry.names {
                guard let tensor = found.removeValue(forKey: name) else {
                    missing.append(name)
                    continue
                }
                guard tensor.shape == expected else {
                    misshapen.append(
                        .init(name: name, expected: Array(expected), found: Array(tensor.shape)))
                    continue
                }
                parts.append(tensor)
            }
            guard parts.count == entry.names.count else { continue }
            let whole = parts.count == 1 ? parts[0] : concatenated(parts, axis: 0)
            values.append(entry.transposed ? whole.transposed() : whole)
        }
        unexpected.append(contentsOf: found.keys)
        guard missing.isEmpty && misshapen.isEmpty && unexpected.isEmpty else {
            throw ModelError(
                missing: missing.sorted(), unexpected: unexpected.sorted(),
                misshapen: misshapen.sorted { $0.name < $1.name }, in: place)
        }
        var next = values.makeIterator()
        model.updateParameters { _, tensor in
            if let value = next.next() { tensor = value }
        }
    }
}

extension CheckpointLayout.Entry {
    /// The shape of one of the file's tensors for a parameter of the given shape.
    func shape(for parameter: Shape) -> Shape {
        if transposed { return [parameter[1], parameter[0]] }
        guard names.count > 1 else { return parameter }
        return parameter.replacing(axis: 0, with: parameter[0] / names.count)
    }
}
