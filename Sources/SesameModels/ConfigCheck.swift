import SesameTensor

/// Range checks that the configurations share; each names the value by its JSON key.
enum ConfigCheck {
    static func positive(_ value: Int, _ key: String) throws {
        guard value > 0 else {
            throw ModelError(.configuration, "\(key) is \(value), expected at least 1")
        }
    }

    static func heads(_ hidden: Int, _ hiddenKey: String, _ heads: Int, _ headsKey: String) throws {
        try positive(hidden, hiddenKey)
        try positive(heads, headsKey)
        guard hidden % heads == 0 else {
            throw ModelError(
                .configuration,
                "\(hiddenKey) is \(hidden), expected a multiple of \(headsKey), \(heads)")
        }
    }

    static func probability(_ value: Float, _ key: String) throws {
        guard value >= 0 && value < 1 else {
            throw ModelError(
                .configuration, "\(key) is \(value), expected from 0 up to but not 1")
        }
    }

    static func epsilon(_ value: Float, _ key: String) throws {
        guard value > 0 && value < 1 else {
            throw ModelError(.configuration, "\(key) is \(value), expected between 0 and 1")
        }
    }

    static func deviation(_ value: Float, _ key: String) throws {
        guard value >= 0 && value.isFinite else {
            throw ModelError(.configuration, "\(key) is \(value), expected 0 or more")
        }
    }

    static func token(_ id: Int?, _ vocabularySize: Int, _ key: String) throws {
        guard let id, !(0..<vocabularySize).contains(id) else { return }
        throw ModelError(
            .configuration, "\(key) is \(id), expected below vocab_size, \(vocabularySize)")
    }

    /// Hugging Face's names of activations. `gelu_new` and `gelu_pytorch_tanh` are the tanh form.
    private static let activations: [(name: String, activation: Activation)] = [
        ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu", .gelu),
        ("relu", .relu), ("tanh", .tanh), ("sigmoid", .sigmoid),
    ]

    static func activation(_ name: String, _ key: String) throws -> Activation {
        guard let entry = activations.first(where: { $0.name == name }) else {
            let known = activations.map(\.name).joined(separator: ", ")
            throw ModelError(.configuration, "\(key) is \(name), expected one of \(known)")
        }
        return entry.activation
    }

    static func name(_ activation: Activation) -> String {
        activations.first { $0.activation == activation }?.name ?? activation.rawValue
    }
}
