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
        /// A tokenizer file of another version.
        public static let unsupportedVersion = Code(rawValue: "unsupportedVersion")
        /// A stage this version does not know.
        public static let unknownStage = Code(rawValue: "unknownStage")
        /// A merge of byte-pair encoding that does not go with the vocabulary.
        public static let invalidMerge = Code(rawValue: "invalidMerge")
        /// An id that is no number, comes twice, or is left out.
        public static let invalidID = Code(rawValue: "invalidID")
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
        case unsupportedVersion(found: String)
        case unknownStage(role: String, type: String, supported: String)
        case invalidMerge(line: Int, reason: String, path: String?)
        case invalidID(token: String, found: String, path: String?)
        case duplicateID(id: Int, tokens: [String], path: String?)
        case missingID(id: Int, highest: Int, path: String?)
        case duplicateEntry(token: String, ids: [Int], path: String?)
        case noTokenizer(path: String)
        indirect case inFile(path: String, Problem)
        case invalidOption(name: String, expected: String, found: String)
        case cannotTrain(reason: String)
        case unicodeUnavailable(operation: String, status: Int)
    }

    let problem: Problem

    init(_ problem: Problem) { self.problem = problem }

    /// The same with the file that it is about, where it does not name one.
    func located(in path: String?) -> TextError {
        guard let path else { return self }
        switch problem {
        case .unknownStage, .invalidOption, .missingSpecialToken, .unsupportedVersion,
            .countMismatch:
            return TextError(.inFile(path: path, problem))
        default: return self
        }
    }

    /// The kind of error.
    public var code: Code {
        switch problem {
        case .invalidUTF8, .invalidUTF8Line: .invalidUTF8
        case .unreadableFile: .unreadableFile
        case .unwritableFile: .unwritableFile
        case .emptyToken: .emptyToken
        case .duplicateToken, .duplicateEntry: .duplicateToken
        case .emptyVocabulary: .emptyVocabulary
        case .countMismatch: .countMismatch
        case .unwritableToken: .unwritableToken
        case .missingSpecialToken: .missingSpecialToken
        case .invalidFormat: .invalidFormat
        case .unsupportedVersion: .unsupportedVersion
        case .unknownStage: .unknownStage
        case .invalidMerge: .invalidMerge
        case .invalidID, .duplicateID, .missingID: .invalidID
        case .noTokenizer: .unreadableFile
        case .inFile(_, let inner): TextError(inner).code
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
            return place(path) + "expected a tokenizer: \(reason)"
        case .unsupportedVersion(let found):
            return "expected a tokenizer.json of version \"1.0\", found \(found); "
                + "use the program that wrote it"
        case .unknownStage(let role, let type, let supported):
            return "expected a \(role) of a known type, found \"\(type)\"; "
                + "there are \(supported)"
        case .invalidMerge(let line, let reason, let path):
            return place(path)
                + "expected merges of tokens in the vocabulary, found one in line \(line) of which "
                + "\(reason); take merges and vocabulary from the same model"
        case .invalidID(let token, let found, let path):
            return place(path)
                + "expected an id of 0 or more for \"\(token)\", found \(found); repair the file"
        case .duplicateID(let id, let tokens, let path):
            return place(path)
                + "expected every id once, found \(id) for "
                + tokens.map { "\"\($0)\"" }.joined(separator: " and ") + "; repair the file"
        case .duplicateEntry(let token, let ids, let path):
            return place(path)
                + "expected every token once, found \"\(token)\" with the ids "
                + ids.map { "\($0)" }.joined(separator: " and ") + "; repair the file"
        case .missingID(let id, let highest, let path):
            return place(path)
                + "expected ids from 0 to \(highest) without gaps, found no token of id \(id); "
                + "repair the file"
        case .noTokenizer(let path):
            return "\(path): expected a tokenizer.json, a vocab.txt, or vocab.json and merges.txt, "
                + "found none of them; name the model's folder"
        case .inFile(let path, let inner):
            return "\(path): \(TextError(inner).description)"
        case .invalidOption(let name, let expected, let found):
            return "option \(name): expected \(expected), found \(found)"
        case .cannotTrain(let reason):
            return "cannot build a vocabulary: \(reason)"
        case .unicodeUnavailable(let operation, let status):
            return "ICU failed to \(operation) (status \(status)); reinstall libicu"
        }
    }
}
