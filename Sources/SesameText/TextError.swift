/// What went wrong with text, a vocabulary or a tokenizer file from outside.
///
/// The description is one line: what was expected, what was found, where, what to do. It never quotes
/// user text, except single tokens and option names.
public struct TextError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name for the kind of error; new ones may be added.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The name, as it may appear in logs.
        public let rawValue: String

        /// A code with this name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Bytes that are not UTF-8 where only valid text is accepted.
        public static let invalidUTF8 = Code(rawValue: "invalidUTF8")
        /// A file that cannot be read.
        public static let unreadableFile = Code(rawValue: "unreadableFile")
        /// A file that cannot be written.
        public static let unwritableFile = Code(rawValue: "unwritableFile")
        /// A vocabulary with an empty token.
        public static let emptyToken = Code(rawValue: "emptyToken")
        /// A vocabulary with the same token twice.
        public static let duplicateToken = Code(rawValue: "duplicateToken")
        /// A vocabulary without tokens.
        public static let emptyVocabulary = Code(rawValue: "emptyVocabulary")
        /// A vocabulary with another number of counts than tokens.
        public static let countMismatch = Code(rawValue: "countMismatch")
        /// A token that a line of vocab.txt cannot hold.
        public static let unwritableToken = Code(rawValue: "unwritableToken")
        /// A special token that the vocabulary lacks.
        public static let missingSpecialToken = Code(rawValue: "missingSpecialToken")
        /// A tokenizer file that is not one.
        public static let invalidFormat = Code(rawValue: "invalidFormat")
        /// A tokenizer file of a later version.
        public static let unsupportedVersion = Code(rawValue: "unsupportedVersion")
        /// A stage this version does not know.
        public static let unknownStage = Code(rawValue: "unknownStage")
        /// An option that is missing, of the wrong type or out of range.
        public static let invalidOption = Code(rawValue: "invalidOption")
        /// A vocabulary cannot be made from the text seen, or within the size asked for.
        public static let cannotTrain = Code(rawValue: "cannotTrain")
        /// ICU, which segments and normalizes, does not work on this machine.
        public static let unicodeUnavailable = Code(rawValue: "unicodeUnavailable")
    }

    enum Problem: Sendable, Equatable {
        case invalidUTF8(offset: Int, path: String?)
        case invalidUTF8Line(line: Int, path: String?)
        case unreadableFile(path: String, reason: String)
        case unwritableFile(path: String, reason: String)
        case emptyToken(line: Int, path: String?)
        case duplicateToken(token: String, line: Int, firstLine: Int, path: String?)
        case emptyVocabulary(path: String?)
        case countMismatch(tokens: Int, counts: Int)
        case unwritableToken(id: Int)
        case missingSpecialToken(token: String)
        case invalidFormat(path: String?, reason: String)
        case unsupportedVersion(found: Int, newest: Int)
        case unknownStage(role: String, type: String)
        case invalidOption(name: String, expected: String, found: String)
        case cannotTrain(reason: String)
        case unicodeUnavailable(operation: String, status: Int)
    }

    let problem: Problem

    init(_ problem: Problem) { self.problem = problem }

    /// The kind of error.
    public var code: Code {
        switch problem {
        case .invalidUTF8, .invalidUTF8Line: .invalidUTF8
        case .unreadableFile: .unreadableFile
        case .unwritableFile: .unwritableFile
        case .emptyToken: .emptyToken
        case .duplicateToken: .duplicateToken
        case .emptyVocabulary: .emptyVocabulary
        case .countMismatch: .countMismatch
        case .unwritableToken: .unwritableToken
        case .missingSpecialToken: .missingSpecialToken
        case .invalidFormat: .invalidFormat
        case .unsupportedVersion: .unsupportedVersion
        case .unknownStage: .unknownStage
        case .invalidOption: .invalidOption
        case .cannotTrain: .cannotTrain
        case .unicodeUnavailable: .unicodeUnavailable
        }
    }

    /// One line for the user.
    public var description: String {
        func place(_ path: String?) -> String { path.map { "\($0): " } ?? "" }
        switch problem {
        case .invalidUTF8(let offset, let path):
            return place(path)
                + "expected UTF-8, found an ill-formed sequence at byte \(offset); "
                + "repair it or convert the text to UTF-8"
        case .invalidUTF8Line(let line, let path):
            return place(path)
                + "expected UTF-8, found an ill-formed sequence in line \(line); "
                + "convert the vocabulary to UTF-8"
        case .unreadableFile(let path, let reason):
            return "\(path): cannot be read (\(reason)); check the path and its permissions"
        case .unwritableFile(let path, let reason):
            return "\(path): cannot be written (\(reason)); check the folder and its permissions"
        case .emptyToken(let line, let path):
            return place(path)
                + "expected one token a line, found none in line \(line); "
                + "remove the line (ids are line numbers, so check them afterwards)"
        case .duplicateToken(let token, let line, let firstLine, let path):
            return place(path)
                + "expected every token once, found \"\(token)\" in line \(line) and before in "
                + "line \(firstLine); remove one"
        case .emptyVocabulary(let path):
            return place(path) + "expected a vocabulary, found no token"
        case .countMismatch(let tokens, let counts):
            return "expected as many counts as tokens (\(tokens)), found \(counts)"
        case .unwritableToken(let id):
            return "token \(id) holds a line feed or ends in a carriage return, which vocab.txt "
                + "cannot express; save a tokenizer.json instead"
        case .missingSpecialToken(let token):
            return
                "expected the special token \"\(token)\" in the vocabulary, found no such entry; "
                + "add it or name the one that plays its part"
        case .invalidFormat(let path, let reason):
            return place(path) + "expected a sesame-tokenizer file or a vocab.txt: \(reason)"
        case .unsupportedVersion(let found, let newest):
            return "expected a tokenizer file of version \(newest) or before, found \(found); "
                + "use a newer Sesame"
        case .unknownStage(let role, let type):
            return "expected a known \(role), found \"\(type)\"; use the program that wrote it"
        case .invalidOption(let name, let expected, let found):
            return "option \(name): expected \(expected), found \(found)"
        case .cannotTrain(let reason):
            return "cannot build a vocabulary: \(reason)"
        case .unicodeUnavailable(let operation, let status):
            return "ICU failed to \(operation) (status \(status)); reinstall libicu"
        }
    }
}
