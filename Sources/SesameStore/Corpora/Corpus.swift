#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a document is for.
public enum Split: String, Codable, CodingKeyRepresentable, Sendable, CaseIterable, Comparable {
    /// For fitting parameters.
    case train
    /// For choosing settings and watching a run.
    case validation
    /// For the final figure.
    case test

    /// Train, validation, test.
    public static func < (a: Split, b: Split) -> Bool {
        a.order < b.order
    }

    private var order: Int {
        switch self {
        case .train: 0
        case .validation: 1
        case .test: 2
        }
    }
}

/// One document of a corpus.
public struct Document: Sendable, Hashable, Identifiable {
    /// Identifies the document in its workspace, for as long as the corpus exists.
    public let id: Int64
    /// The place in its corpus, from 0.
    public let ordinal: Int
    /// The text.
    public let text: String
    /// The second text of a pair.
    public let pair: String?
    /// The label.
    public let label: String?
    /// What the document is for.
    public let split: Split
    /// Byte ranges of the sentences in the text's UTF-8, without the white space between them; nil
    /// where the corpus has not been split into sentences.
    public let sentences: [Range<Int>]?
    /// The file it came from.
    public let source: String?
    /// The line of that file where it begins, from 1; 0 for a document from a program.
    public let line: Int
    /// The offset of its first byte in that file, counted before any repair.
    public let byteOffset: Int
    /// XXH64 of text and pair.
    public let hash: UInt64

    /// The sentences' texts; the whole text where there are no sentences yet.
    public var sentenceTexts: [String] {
        guard let sentences else { return [text] }
        return sentences.map { range in
            let utf8 = text.utf8
            let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
            return String(text[start..<utf8.index(start, offsetBy: range.count)])
        }
    }
}

/// A document that a program adds.
public struct NewDocument: Sendable, Hashable {
    /// The text; a document without any is left out and counted.
    public var text: String
    /// The second text of a pair.
    public var pair: String?
    /// The label.
    public var label: String?
    /// What the document is for; nil leaves it to ``ImportOptions/split``.
    public var split: Split?

    /// A document with what it needs.
    public init(_ text: String, pair: String? = nil, label: String? = nil, split: Split? = nil) {
        self.text = text
        self.pair = pair
        self.label = label
        self.split = split
    }
}

/// A corpus in a line or two.
public struct CorpusSummary: Sendable, Hashable, Codable {
    /// The name, unique in the workspace.
    public let name: String
    /// How its documents lay in the files: as `text by paragraph` or `csv`.
    public let format: String
    /// How many documents it holds.
    public let documentCount: Int
    /// Bytes of UTF-8, pairs included.
    public let byteCount: Int
    /// Unicode code points, pairs included.
    public let characterCount: Int
    /// Documents whose text and pair occur earlier in the corpus, to the byte.
    public let duplicateCount: Int
    /// Duplicates that imports left out.
    public let droppedCount: Int
    /// Records that imports left out for want of text.
    public let emptyCount: Int
    /// How often ill-formed bytes were replaced by U+FFFD.
    public let repairedCount: Int
    /// How many documents had such bytes.
    public let repairedDocumentCount: Int
    /// The files it came from, in order.
    public let sources: [String]
    /// Documents by split; splits without any are left out.
    public let splitCounts: [Split: Int]
    /// Goes up with every change of the corpus.
    public let revision: Int
    /// When it was first imported.
    public let createdAt: Date
    /// When it was last changed.
    public let updatedAt: Date
}

/// A corpus, or one split of it, counted.
public struct CorpusStatistics: Sendable, Hashable, Codable {
    /// One split's or label's share.
    public struct Share: Sendable, Hashable, Codable {
        /// How many documents.
        public var documentCount = 0
        /// Bytes of UTF-8, pairs included.
        public var byteCount = 0
        /// Unicode code points, pairs included.
        public var characterCount = 0
        /// Sentences of those documents that have been split into them.
        public var sentenceCount = 0

        /// A share of the given counts.
        public init(
            documentCount: Int = 0, byteCount: Int = 0, characterCount: Int = 0,
            sentenceCount: Int = 0
        ) {
            self.documentCount = documentCount
            self.byteCount = byteCount
            self.characterCount = characterCount
            self.sentenceCount = sentenceCount
        }

        /// The sum of two shares.
        static func + (a: Share, b: Share) -> Share {
            Share(
                documentCount: a.documentCount + b.documentCount,
                byteCount: a.byteCount + b.byteCount,
                characterCount: a.characterCount + b.characterCount,
                sentenceCount: a.sentenceCount + b.sentenceCount)
        }
    }

    /// The corpus.
    public let summary: CorpusSummary
    /// The whole of it.
    public let total: Share
    /// By split; those without documents are left out.
    public let bySplit: [Split: Share]
    /// By label and split; unlabelled documents are not in it.
    public let byLabel: [String: [Split: Share]]
    /// How many documents have no label.
    public let unlabelledCount: Int
    /// How many documents have been split into sentences.
    public let segmentedCount: Int
    /// The longest document, in bytes of UTF-8.
    public let longestByteCount: Int
}
