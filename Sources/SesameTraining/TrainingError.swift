import SesameVectors

/// What went wrong while preparing data, training, or using a model folder.
///
/// The description is one line: what was expected, what was found, where, and what to do about it.
/// It never contains text of the user's documents.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure. More may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// A stable name, for programs.
        public let description: String

        /// An option lies outside its range, or two options exclude each other.
        public static let invalidOption = Code(description: "invalidOption")
        /// A corpus or split holds too little for the task.
        public static let notEnoughData = Code(description: "notEnoughData")
        /// The loss or a gradient became NaN or infinite.
        public static let nonFinite = Code(description: "nonFinite")
        /// A checkpoint is missing, damaged or belongs to another run.
        public static let badCheckpoint = Code(description: "badCheckpoint")
        /// A model folder is missing, incomplete or of another task.
        public static let badModelFolder = Code(description: "badModelFolder")
        /// The destination exists already.
        public static let exists = Code(description: "exists")
        /// The tokenizer lacks something the task needs.
        public static let badTokenizer = Code(description: "badTokenizer")
        /// A label is unknown to the model or missing from the data.
        public static let badLabel = Code(description: "badLabel")
        /// What is asked for needs more memory than the machine has.
        public static let tooLarge = Code(description: "tooLarge")
        /// A file could not be read or written.
        public static let file = Code(description: "file")
    }

    enum Detail: Sendable {
        case invalidOption(name: String, expected: String, found: String)
        case notEnoughData(what: String, needed: String, found: String, remedy: String)
        case nonFinite(quantity: String, step: Int, lastCheckpoint: String?)
        case badCheckpoint(path: String, problem: String, remedy: String)
        case badModelFolder(path: String, problem: String, remedy: String)
        case exists(path: String)
        case badTokenizer(problem: String, remedy: String)
        case badLabel(problem: String, remedy: String)
        case tooLarge(
            what: String, neededBytes: Double, availableBytes: Double, remedy: String)
        case file(path: String, problem: String)
        case vectors(VectorError)
    }

    let detail: Detail

    init(_ detail: Detail) { self.detail = detail }

    /// The kind of failure.
    public var code: Code {
        switch detail {
        case .invalidOption: .invalidOption
        case .notEnoughData: .notEnoughData
        case .nonFinite: .nonFinite
        case .badCheckpoint: .badCheckpoint
        case .badModelFolder: .badModelFolder
        case .exists: .exists
        case .badTokenizer: .badTokenizer
        case .badLabel: .badLabel
        case .tooLarge: .tooLarge
        case .file, .vectors: .file
        }
    }

    /// One line for a person.
    public var description: String {
        switch detail {
        case .invalidOption(let name, let expected, let found):
            "\(name) must be \(expected), but is \(found)"
        case .notEnoughData(let what, let needed, let found, let remedy):
            "\(what) needs \(needed), found \(found); \(remedy)"
        case .nonFinite(let quantity, let step, let lastCheckpoint):
            "\(quantity) is not finite at step \(step); "
                + (lastCheckpoint.map { "the last good checkpoint is \($0)" }
                    ?? "no checkpoint had been written")
                + "; lower the learning rate or train in float32"
        case .badCheckpoint(let path, let problem, let remedy):
            "checkpoint \(path): \(problem); \(remedy)"
        case .badModelFolder(let path, let problem, let remedy):
            "model folder \(path): \(problem); \(remedy)"
        case .exists(let path):
            "\(path) exists already; choose another name, or allow it to be replaced"
        case .badTokenizer(let problem, let remedy):
            "tokenizer: \(problem); \(remedy)"
        case .badLabel(let problem, let remedy):
            "\(problem); \(remedy)"
        case .tooLarge(let what, let needed, let available, let remedy):
            "\(what) takes about \(Self.gigabytes(needed)) of memory, this machine has "
                + "\(Self.gigabytes(available)); \(remedy)"
        case .file(let path, let problem):
            "\(path): \(problem)"
        case .vectors(let error):
            "\(error)"
        }
    }

    /// A size in GB (10⁹ bytes) with one decimal.
    private static func gigabytes(_ bytes: Double) -> String {
        "\((bytes / 1e8).rounded() / 10) GB"
    }
}
