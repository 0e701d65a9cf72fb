#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A vocabulary in a line or two.
public struct VocabularySummary: Sendable, Hashable, Codable {
    /// The name, unique in the workspace.
    public let name: String
    /// The tokenizer's kind, as `wordpiece`.
    public let kind: String
    /// The tokenizer's stable hash.
    public let fingerprint: String
    /// How many tokens it has.
    public let tokenCount: Int
    /// The corpus that it was made from.
    public let corpus: String?
    /// The options that it was made with, as JSON.
    public let options: String?
    /// When it was stored.
    public let createdAt: Date
}

/// One token of a vocabulary.
public struct VocabularyToken: Sendable, Hashable {
    /// Its id.
    public let id: Int32
    /// Its UTF-8 bytes.
    public let bytes: [UInt8]
    /// How often it occurred in the corpus; nil where that was not counted.
    public let count: Int?

    /// The token as text, with U+FFFD for bytes that are not UTF-8.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Everything that the workspace keeps of a vocabulary.
struct VocabularyRecord {
    var name: String
    var kind: String
    var fingerprint: String
    var tokenizer: Data
    var tokens: [[UInt8]]
    var counts: [Int]?
    var corpus: String?
    var options: String?
}
