import SesameTensor

/// Range checks that the configurations share; each names the value by its JSON key.
enum ConfigCheck {
    static func positive(
        _ value: Int, _ key: String, atMost largest: Int = largestSize
    ) throws {
        guard value > 0 else {
            throw ModelError(.configuration, "\(key) is \(value), expected at least 1")
        }
        guard value <= largest else {
            throw ModelError(.configuration, "\(key) is \(value), expected at most \(largest)")
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

    /// Refuses a choice that the model here does not have.
    static func supported<Value: Equatable>(_ value: Value, _ known: Value, _ key: String) throws {
        guard value == known else {
            throw ModelError(
                .configuration, "\(key) is \(value), which is not supported, expected \(known)")
        }
    }

    /// A choice by its name.
    static func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ key: String
    ) throws -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: name) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError(.configuration, "\(key) is \(name), expected one of \(known)")
        }
        return value
    }

    static func token(_ id: Int?, _ vocabularySize: Int, _ key: String) throws {
        guard let id, !(0..<vocabularySize).contains(id) else { return }
        throw ModelError(
            .configuration, "\(key) is \(id), expected below vocab_size, \(vocabularySize)")
    }

    /// Hugging Face's names of activations, the first of each kind being the one written. `gelu_new`,
    /// `gelu_pytorch_tanh`, `gelu_fast` and `gelu_accurate` are the tanh form.
    private static let activations: [(name: String, activation: Activation)] = [
        ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu_fast", .geluTanh),
        ("gelu_accurate", .geluTanh), ("gelu", .gelu), ("gelu_python", .gelu),
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
