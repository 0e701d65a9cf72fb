/// What a tokenizer.json says of one stage: its type and its options.
///
/// In JSON it is one flat object, in the words of Hugging Face's tokenizers where they have the stage:
/// `{"type": "BertNormalizer", "lowercase": true}`. Types of our own start with "Sesame.".
public struct StageConfiguration: Sendable, Equatable {
    /// A JSON value: what an option may be.
    public indirect enum Value: Sendable, Equatable {
        /// Null: an option that is not set.
        case null
        /// A switch.
        case flag(Bool)
        /// A whole number.
        case number(Int)
        /// Any other number.
        case decimal(Double)
        /// A name or other text.
        case text(String)
        /// Several values, in order.
        case list([Value])
        /// Values by name, in order.
        case object([Member])
    }

    /// A value with its name in an object.
    public struct Member: Sendable, Equatable {
        /// The name.
        public var name: String
        /// The value.
        public var value: Value

        /// A named value.
        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// The name of the type, such as "BertNormalizer".
    public var type: String
    /// The options by name.
    public var options: [String: Value]

    /// A configuration.
    public init(_ type: String, _ options: [String: Value] = [:]) {
        self.type = type
        self.options = options
    }

    /// The flat object, options in the order of their names.
    public var value: Value {
        .object(
            [Member("type", .text(type))]
                + options.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) })
    }

    /// The configuration that a JSON object holds.
    ///
    /// - Parameter role: What the stage is for, for messages.
    init(_ value: Value, role: String) throws {
        guard case .object(let members) = value, case .text(let type)? = value["type"] else {
            throw TextError(
                .invalidOption(
                    name: role, expected: "an object with a \"type\"", found: value.summary))
        }
        self.type = type
        options = [:]
        for member in members where member.name != "type" { options[member.name] = member.value }
    }

    // MARK: Reading options

    func flag(_ name: String, default fallback: Bool) throws -> Bool {
        guard let value = set(name) else { return fallback }
        guard case .flag(let flag) = value else { throw invalid(name, "true or false") }
        return flag
    }

    func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let value = set(name) else { return fallback }
        guard case .number(let number) = value, range.contains(number) else {
            throw invalid(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func text(_ name: String, default fallback: String? = nil) throws -> String {
        if let value = set(name) {
            guard case .text(let text) = value else { throw invalid(name, "a text") }
            return text
        }
        guard let fallback else { throw invalid(name, "a text") }
        return fallback
    }

    /// A text, or nil where there is none or null.
    func optionalText(_ name: String) throws -> String? {
        set(name) == nil ? nil : try text(name)
    }

    func list(_ name: String) throws -> [Value] {
        guard case .list(let values)? = set(name) else { throw invalid(name, "a list") }
        return values
    }

    /// The stages of a sequence.
    func stages(_ name: String, role: String) throws -> [StageConfiguration] {
        try list(name).map { try StageConfiguration($0, role: role) }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        guard let value = set(name) else { return fallback }
        guard case .text(let text) = value, let choice = Choice(rawValue: text) else {
            throw invalid(name, "one of \(all)")
        }
        return choice
    }

    /// Refuses a value that asks for something this stage does not do.
    func require(_ name: String, _ allowed: [Value], or expected: String) throws {
        guard let value = options[name], !allowed.contains(value) else { return }
        throw invalid(name, expected)
    }

    func invalid(_ name: String, _ expected: String) -> TextError {
        TextError(
            .invalidOption(
                name: "\(type).\(name)", expected: expected,
                found: options[name]?.summary ?? "none"))
    }

    /// An option that is there and not null.
    private func set(_ name: String) -> Value? {
        options[name].flatMap { $0 == .null ? nil : $0 }
    }
}

extension StageConfiguration.Value {
    /// The member of an object by name; nil where there is none, or this is no object.
    subscript(name: String) -> Self? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The value in a few words, for messages.
    var summary: String {
        switch self {
        case .null: "null"
        case .flag(let value): "\(value)"
        case .number(let value): "\(value)"
        case .decimal(let value): "\(value)"
        case .text(let value): value.utf8.count > 60 ? "a long text" : "\"\(value)\""
        case .list: "a list"
        case .object: "an object"
        }
    }
}

/// A stage of a tokenizer that can say how it is set up.
public protocol TokenizerStage: Sendable {
    /// What a tokenizer.json says of this stage.
    var configuration: StageConfiguration { get }
}
