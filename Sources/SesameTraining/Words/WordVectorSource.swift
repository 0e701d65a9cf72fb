#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a model's word vectors come from.
public enum WordVectorSource: Sendable, Hashable, Codable {
    /// They are drawn at random and learnt with the task.
    case random
    /// A file of word2vec's or GloVe's format, which the task goes on to train unless they are frozen.
    case file(String)

    /// As a user writes it: `random`, or a path.
    public init(argument: String) {
        self = argument == "random" ? .random : .file(argument)
    }

    /// What the result depends on, for refusing to resume with other vectors.
    func dependency() throws -> String {
        switch self {
        case .random: "random"
        case .file(let path):
            try DurableFiles.checksum(URL(fileURLWithPath: path))
        }
    }
}
