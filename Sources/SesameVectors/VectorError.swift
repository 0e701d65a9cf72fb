import SesameTensor

/// What went wrong with word vectors that came from outside, or with what was asked of them.
///
/// The description is one line: what was expected, what was found, where, what to do.
public struct VectorError: Error, Sendable, CustomStringConvertible {
    /// The kinds of errors. More may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        /// A file could not be opened, read or written.
        public static let file = Code(description: "file")
        /// A file of vectors is malformed.
        public static let malformedFile = Code(description: "malformedFile")
        /// A file is of a kind that is not read, or cannot hold these vectors.
        public static let unsupportedFile = Code(description: "unsupportedFile")
        /// A word has no vector.
        public static let unknownWord = Code(description: "unknownWord")
        /// Words that do not make a table: none, one twice, an empty one.
        public static let badWords = Code(description: "badWords")
        /// Training ran away: values became infinite or undefined.
        public static let diverged = Code(description: "diverged")
        /// An option is out of range.
        public static let invalidOption = Code(description: "invalidOption")
    }

    enum Reason: Sendable {
        case file(path: String, operation: String, reason: String)
        /// What a layer below says of a file.
        case below(TensorError)
        case malformed(path: String, place: String?, expected: String, found: String)
        case unsupported(path: String, problem: String, remedy: String)
        case unknownWord(String)
        /// None of the words asked for is in a file.
        case noneKept(path: String)
        case badWords(expected: String, found: String)
        case diverged(place: String)
        case invalidOption(name: String, expected: String, found: String)
    }

    let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// The kind of error.
    public var code: Code {
        switch reason {
        case .file: .file
        case .below(let error): error.code == .file ? .file : .malformedFile
        case .malformed: .malformedFile
        case .unsupported: .unsupportedFile
        case .unknownWord, .noneKept: .unknownWord
        case .badWords: .badWords
        case .diverged: .diverged
        case .invalidOption: .invalidOption
        }
    }

    /// One line: what was expected, what was found, where, and what to do.
    public var description: String {
        switch reason {
        case .file(let path, let operation, let reason): "\(path): cannot \(operation): \(reason)"
        case .below(let error): "\(error)"
        case .malformed(let path, let place, let expected, let found):
            "\(path): \(place.map { "\($0): " } ?? "")expected \(expected), found \(found)"
        case .unsupported(let path, let problem, let remedy): "\(path): \(problem); \(remedy)"
        case .unknownWord(let word):
            "'\(word)' has no vector; check its spelling and case, or train with subwords"
        case .noneKept(let path): "\(path): none of the words asked for has a vector"
        case .badWords(let expected, let found): "words: expected \(expected), found \(found)"
        case .diverged(let place):
            "\(place): the loss is no longer a finite number; train with a lower learning rate"
        case .invalidOption(let name, let expected, let found):
            "\(name): expected \(expected), found \(found)"
        }
    }

    /// Requires that an option is in range.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    static func require(
        _ valid: Bool, _ name: String, _ expected: String, _ found: some Any
    ) throws(VectorError) {
        guard !valid else { return }
        throw VectorError(.invalidOption(name: name, expected: expected, found: "\(found)"))
    }
}
