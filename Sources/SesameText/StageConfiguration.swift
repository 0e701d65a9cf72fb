/// What a tokenizer.json says of one stage: its type and its options.
///
/// In JSON it is one flat object: `{"type": "bert", "lowercase": true}`.
public struct StageConfiguration: Codable, Sendable, Equatable {
    /// The value of an option.
    public enum Value: Codable, Sendable, Equatable {
        /// A switch.
        case flag(Bool)
        /// A whole number.
        case number(Int)
        /// A name or other text.
        case text(String)
        /// Several texts, in order.
        case texts([String])
        /// The stages that a sequence is made of.
        case stages([StageConfiguration])

        /// Reads whichever of the cases the JSON value is.
        public init(from decoder: any Swift.Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self = .flag(value)
            } else if let value = try? container.decode(Int.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else if let value = try? container.decode([String].self) {
                self = .texts(value)
            } else {
                self = .stages(try container.decode([StageConfiguration].self))
            }
        }

        /// Writes the plain JSON value.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .flag(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .text(let value): try container.encode(value)
            case .texts(let value): try container.encode(value)
            case .stages(let value): try container.encode(value)
            }
        }
    }

    /// The name of the type, such as "bert".
    public var type: String
    /// The options by name.
    public var options: [String: Value]

    /// A configuration.
    public init(_ type: String, _ options: [String: Value] = [:]) {
        self.type = type
        self.options = options
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads the flat object.
    public init(from decoder: any Swift.Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        type = try container.decode(String.self, forKey: Key("type"))
        options = [:]
        for key in container.allKeys where key.stringValue != "type" {
            options[key.stringValue] = try container.decode(Value.self, forKey: key)
        }
    }

    /// Writes the flat object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type, forKey: Key("type"))
        for (name, value) in options { try container.encode(value, forKey: Key(name)) }
    }

    // MARK: Reading options

    func flag(_ name: String, default fallback: Bool) throws -> Bool {
        guard let value = options[name] else { return fallback }
        guard case .flag(let flag) = value else { throw invalid(name, "true or false") }
        return flag
    }

    func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let value = options[name] else { return fallback }
        guard case .number(let number) = value, range.contains(number) else {
            throw invalid(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func text(_ name: String, default fallback: String? = nil) throws -> String {
        if let value = options[name] {
            guard case .text(let text) = value else { throw invalid(name, "a text") }
            return text
        }
        guard let fallback else { throw invalid(name, "a text") }
        return fallback
    }

    func texts(_ name: String) throws -> [String] {
        // An empty array fits any of the array cases.
        if case .stages(let stages) = options[name], stages.isEmpty { return [] }
        guard case .texts(let texts) = options[name] else { throw invalid(name, "a list of texts") }
        return texts
    }

    func stages(_ name: String) throws -> [StageConfiguration] {
        if case .texts(let texts) = options[name], texts.isEmpty { return [] }
        guard case .stages(let stages) = options[name] else {
            throw invalid(name, "a list of stages")
        }
        return stages
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        guard let value = options[name] else { return fallback }
        guard case .text(let text) = value, let choice = Choice(rawValue: text) else {
            throw invalid(name, "one of \(all)")
        }
        return choice
    }

    private func invalid(_ name: String, _ expected: String) -> TextError {
        let found =
            switch options[name] {
            case nil: "none"
            case .flag(let value): "\(value)"
            case .number(let value): "\(value)"
            case .text(let value): "\"\(value)\""
            case .texts, .stages: "a list"
            }
        return TextError(.invalidOption(name: "\(type).\(name)", expected: expected, found: found))
    }
}

/// A stage of a tokenizer that can say how it is set up.
public protocol TokenizerStage: Sendable {
    /// What a tokenizer.json says of this stage.
    var configuration: StageConfiguration { get }
}
