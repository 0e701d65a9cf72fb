/// What went wrong with a tensor that came from outside, or with the machine it should run on.
public struct TensorError: Error, Sendable, CustomStringConvertible {
    /// The kinds of errors. More may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        /// An id is outside the valid range.
        public static let idOutOfRange = Code(description: "idOutOfRange")
        /// A file could not be opened, read or written.
        public static let file = Code(description: "file")
        /// A safetensors file is malformed.
        public static let malformedFile = Code(description: "malformedFile")
        /// A tensor is not in a file.
        public static let missingTensor = Code(description: "missingTensor")
        /// A tensor has elements of a type that is not supported.
        public static let unsupportedType = Code(description: "unsupportedType")
        /// Parameters are missing, unexpected or of another shape.
        public static let parameterMismatch = Code(description: "parameterMismatch")
        /// This machine or build has no such instruction set.
        public static let unavailableInstructionSet = Code(
            description: "unavailableInstructionSet")
    }

    enum Reason: Sendable {
        case idOutOfRange(id: Int, index: Int, limit: Int, shape: Shape)
        case file(path: String, operation: String, reason: String)
        case malformedFile(
            path: String, tensor: String?, expected: String, found: String, advice: String)
        case missingTensor(path: String, tensor: String, present: [String])
        case unsupportedType(path: String, tensor: String, found: String, expected: String)
        case parameterMismatch(missing: [String], unexpected: [String], misshaped: [String])
        case unavailableInstructionSet(name: String, available: [String])
    }

    let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// The kind of error.
    public var code: Code {
        switch reason {
        case .idOutOfRange: .idOutOfRange
        case .file: .file
        case .malformedFile: .malformedFile
        case .missingTensor: .missingTensor
        case .unsupportedType: .unsupportedType
        case .parameterMismatch: .parameterMismatch
        case .unavailableInstructionSet: .unavailableInstructionSet
        }
    }

    /// One line: what was expected, what was found, where, and what to do.
    public var description: String {
        switch reason {
        case .idOutOfRange(let id, let index, let limit, let shape):
            return "id \(id) at position \(index) of \(shape) is outside 0..<\(limit); "
                + "check that the ids were made with this model's vocabulary"
        case .file(let path, let operation, let reason):
            return "\(path): cannot \(operation): \(reason)"
        case .malformedFile(let path, let tensor, let expected, let found, let advice):
            let place = tensor.map { "tensor '\($0)': " } ?? ""
            return "\(path): \(place)expected \(expected), found \(found); \(advice)"
        case .missingTensor(let path, let tensor, let present):
            return "\(path): expected a tensor '\(tensor)', found "
                + TensorError.list(present, none: "no tensor")
                + "; check that the file belongs to this model"
        case .unsupportedType(let path, let tensor, let found, let expected):
            return "\(path): tensor '\(tensor)': expected elements of type \(expected), "
                + "found \(found); convert the tensor first"
        case .parameterMismatch(let missing, let unexpected, let misshaped):
            var parts: [String] = []
            if !missing.isEmpty { parts.append("missing: " + TensorError.list(missing)) }
            if !unexpected.isEmpty { parts.append("unexpected: " + TensorError.list(unexpected)) }
            if !misshaped.isEmpty {
                parts.append("of another shape: " + TensorError.list(misshaped))
            }
            return "parameters do not fit the module; " + parts.joined(separator: "; ")
                + "; check that configuration and weights belong together"
        case .unavailableInstructionSet(let name, let available):
            return "instruction set '\(name)' is not available here; choose one of "
                + available.joined(separator: ", ")
        }
    }

    private static func list(_ names: [String], none: String = "none") -> String {
        guard !names.isEmpty else { return none }
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }
}
