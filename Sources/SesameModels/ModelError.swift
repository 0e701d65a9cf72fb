/// What SesameModels throws about configurations and model folders.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// The kind of error; more may come.
    public struct Code: Sendable, Hashable {
        private enum Value: Sendable, Hashable {
            case configuration, folder, parameters, input
        }
        private let value: Value

        /// A configuration's value is out of range, or the file is not a configuration.
        public static let configuration = Code(value: .configuration)
        /// A file of a model folder cannot be read or written.
        public static let folder = Code(value: .folder)
        /// The weights do not fit the configuration; ``ModelError/missing`` and its neighbours say where.
        public static let parameters = Code(value: .parameters)
        /// Ids or lengths that the model cannot take.
        public static let input = Code(value: .input)
    }

    /// The kind of error.
    public let code: Code
    /// One line: what was expected, what was found, where, what to do.
    public let description: String
    /// Names that the model needs and the file lacks.
    public let missing: [String]
    /// Names that the file has and the model does not know.
    public let unexpected: [String]
    /// Names whose shapes differ.
    public let misshapen: [Misshapen]

    /// A tensor of another shape than the model's.
    public struct Misshapen: Sendable, Hashable, CustomStringConvertible {
        /// The name in the file.
        public let name: String
        /// The shape that the configuration asks for.
        public let expected: [Int]
        /// The shape in the file.
        public let found: [Int]

        /// The name and both shapes.
        public var description: String { "\(name) (expected \(expected), found \(found))" }
    }

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
        missing = []
        unexpected = []
        misshapen = []
    }

    init(
        missing: [String], unexpected: [String], misshapen: [Misshapen], in place: String
    ) {
        var parts: [String] = []
        func add(_ what: String, _ names: [String]) {
            if !names.isEmpty { parts.append("\(what): " + names.joined(separator: ", ")) }
        }
        add("missing", missing)
        add("unexpected", unexpected)
        add("of another shape", misshapen.map(\.description))
        code = .parameters
        description =
            "the weights in \(place) do not fit the configuration; " + parts.joined(separator: "; ")
        self.missing = missing
        self.unexpected = unexpected
        self.misshapen = misshapen
    }
}
