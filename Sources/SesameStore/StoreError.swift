/// What went wrong in a workspace, in one line: what was expected, what was found, where, and what
/// to do next.
///
/// Names, paths and positions appear in the message; the text of documents never does.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs. New codes may appear in later versions.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's stable name, as in `missingColumn`.
        public let rawValue: String

        /// A code of the given name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// There is no workspace file at the path.
        public static let noWorkspace = Code(rawValue: "noWorkspace")
        /// The path holds something that is no Sesame workspace.
        public static let notAWorkspace = Code(rawValue: "notAWorkspace")
        /// The workspace was written by a newer version of Sesame.
        public static let newerSchema = Code(rawValue: "newerSchema")
        /// A workspace was to be created where a file exists.
        public static let workspaceExists = Code(rawValue: "workspaceExists")
        /// Another process holds the workspace's write lock.
        public static let locked = Code(rawValue: "locked")
        /// A corpus, vocabulary, run or document of that name or id does not exist.
        public static let notFound = Code(rawValue: "notFound")
        /// The name is already in use.
        public static let nameTaken = Code(rawValue: "nameTaken")
        /// A name that cannot be used, such as an empty one.
        public static let invalidName = Code(rawValue: "invalidName")
        /// A file or folder cannot be read.
        public static let unreadable = Code(rawValue: "unreadable")
        /// The input holds no document.
        public static let emptyCorpus = Code(rawValue: "emptyCorpus")
        /// Bytes that are not UTF-8, in a strict import.
        public static let invalidUTF8 = Code(rawValue: "invalidUTF8")
        /// A line that is not what the format asks for.
        public static let malformed = Code(rawValue: "malformed")
        /// Two files whose lines belong together have different numbers of lines.
        public static let unaligned = Code(rawValue: "unaligned")
        /// A named column or field is not there.
        public static let missingColumn = Code(rawValue: "missingColumn")
        /// A document longer than SQLite can hold.
        public static let documentTooLarge = Code(rawValue: "documentTooLarge")
        /// Fractions that do not describe a split, or a corpus too small for them.
        public static let invalidSplit = Code(rawValue: "invalidSplit")
        /// The corpus or stream was changed or deleted while it was being read.
        public static let changed = Code(rawValue: "changed")
        /// A token id outside the vocabulary.
        public static let tokenOutOfRange = Code(rawValue: "tokenOutOfRange")
        /// An artifact of a run is no JSON document.
        public static let invalidJSON = Code(rawValue: "invalidJSON")
        /// The file is damaged.
        public static let damaged = Code(rawValue: "damaged")
        /// The disk is full, or the file cannot be written.
        public static let notWritable = Code(rawValue: "notWritable")
        /// Any other failure that SQLite reports.
        public static let database = Code(rawValue: "database")
    }

    enum Kind: Sendable {
        case noWorkspace(path: String)
        case notAWorkspace(path: String, found: String)
        case newerSchema(path: String, found: Int, supported: Int)
        case workspaceExists(path: String)
        case locked(path: String, seconds: Double)
        case notFound(what: String, name: String, existing: [String])
        case noDocument(id: Int64)
        case nameTaken(what: String, name: String, advice: String)
        case invalidName(what: String, name: String)
        case unreadable(path: String, reason: String)
        case emptyCorpus(name: String, sources: [String], skipped: Int)
        case invalidUTF8(path: String, line: Int, byteOffset: Int)
        case malformed(path: String, line: Int, expected: String, found: String)
        case unaligned(String)
        case missingColumn(path: String, line: Int, column: String, available: [String])
        case documentTooLarge(path: String, line: Int, limit: Int)
        case invalidSplit(String)
        case changed(what: String, name: String)
        case tokenOutOfRange(id: Int, vocabularySize: Int, documentID: Int64)
        case invalidJSON(what: String, name: String)
        case damaged(path: String, reason: String)
        case notWritable(path: String, reason: String)
        case database(path: String, code: Int, message: String)
    }

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// The kind of failure, for programs.
    public var code: Code {
        switch kind {
        case .noWorkspace: .noWorkspace
        case .notAWorkspace: .notAWorkspace
        case .newerSchema: .newerSchema
        case .workspaceExists: .workspaceExists
        case .locked: .locked
        case .notFound, .noDocument: .notFound
        case .nameTaken: .nameTaken
        case .invalidName: .invalidName
        case .unreadable: .unreadable
        case .emptyCorpus: .emptyCorpus
        case .invalidUTF8: .invalidUTF8
        case .malformed: .malformed
        case .unaligned: .unaligned
        case .missingColumn: .missingColumn
        case .documentTooLarge: .documentTooLarge
        case .invalidSplit: .invalidSplit
        case .changed: .changed
        case .tokenOutOfRange: .tokenOutOfRange
        case .invalidJSON: .invalidJSON
        case .damaged: .damaged
        case .notWritable: .notWritable
        case .database: .database
        }
    }

    /// The failure in one line, with the place and what to do.
    public var description: String {
        switch kind {
        case .noWorkspace(let path):
            "no workspace at \(path): import a corpus there first, or name another file"
        case .notAWorkspace(let path, let found):
            "\(path) is not a Sesame workspace (\(found)): name another file"
        case .newerSchema(let path, let found, let supported):
            "\(path) has schema version \(found), this version of Sesame knows \(supported): "
                + "use a newer Sesame"
        case .workspaceExists(let path):
            "\(path) already exists: open it, or create the workspace under another name"
        case .locked(let path, let seconds):
            "\(path) has been locked by another process for \(Self.short(seconds)) s: "
                + "try again when that is done"
        case .notFound(let what, let name, let existing):
            "no \(what) '\(name)': " + Self.listing(what, existing)
        case .noDocument(let id):
            "no document with id \(id): its corpus may have been replaced or deleted; read its ids anew"
        case .nameTaken(let what, let name, let advice):
            "a \(what) '\(name)' already exists: \(advice)"
        case .invalidName(let what, let name):
            "'\(name)' cannot name a \(what): use 1 to 200 characters without control characters "
                + "or spaces at either end"
        case .unreadable(let path, let reason):
            "cannot read \(path): \(reason)"
        case .emptyCorpus(let name, let sources, let skipped):
            "no document for corpus '\(name)' in \(sources.prefix(3).joined(separator: ", "))"
                + (sources.count > 3 ? " and \(sources.count - 3) more" : "")
                + (skipped > 0 ? " (\(skipped) were empty)" : "")
                + ": check the files and their format"
        case .invalidUTF8(let path, let line, let byteOffset):
            "\(path):\(line): bytes that are not UTF-8 at byte offset \(byteOffset): "
                + "convert the file, or import without strict mode to repair them"
        case .malformed(let path, let line, let expected, let found):
            "\(path):\(line): expected \(expected), found \(found)"
        case .unaligned(let reason): reason
        case .missingColumn(let path, let line, let column, let available):
            "\(path):\(line): no \(column); found: \(available.joined(separator: ", "))"
        case .documentTooLarge(let path, let line, let limit):
            "\(path):\(line): a document of more than \(limit) bytes begins here: "
                + "split the file, or import it by paragraph or line"
        case .invalidSplit(let reason): reason
        case .changed(let what, let name):
            "\(what) '\(name)' was changed or deleted while it was being read: start again"
        case .tokenOutOfRange(let id, let vocabularySize, let documentID):
            "token id \(id) in document \(documentID) is outside the vocabulary of "
                + "\(vocabularySize): the tokenizer and the stated size differ"
        case .invalidJSON(let what, let name):
            "the \(what) '\(name)' is no JSON document in UTF-8: encode it, as JSONEncoder does"
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)): restore a copy, or import again into a new file"
        case .notWritable(let path, let reason):
            "cannot write \(path): \(reason); check the space on the disk and who may write there"
        case .database(let path, let code, let message):
            "\(path): SQLite error \(code): \(message)"
        }
    }

    private static func short(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
    }

    private static func listing(_ what: String, _ existing: [String]) -> String {
        if existing.isEmpty { return "there is none yet" }
        let shown = existing.prefix(20).joined(separator: ", ")
        return "there is " + shown + (existing.count > 20 ? " and \(existing.count - 20) more" : "")
    }
}
