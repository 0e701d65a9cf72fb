import SesameText

/// The data that a run began from, as it was then: a corpus may be replaced later, and a vocabulary
/// deleted. Training attaches it to the run as `data`.
public struct RunFacts: Sendable, Hashable, Codable {
    /// The name under which it is attached.
    public static let artifactName = "data"

    /// A corpus in figures.
    public struct Corpus: Sendable, Hashable, Codable {
        /// The name.
        public var name: String
        /// How its documents lay in the files.
        public var format: String
        /// How many documents it holds.
        public var documentCount: Int
        /// Bytes of UTF-8.
        public var byteCount: Int
        /// Unicode code points.
        public var characterCount: Int
        /// Documents that occur more than once.
        public var duplicateCount: Int
        /// The hash of all documents in order, in hexadecimal.
        public var contentHash: String
        /// The splits that have documents.
        public var splits: [Share]
        /// How many different labels there are.
        public var labelCount: Int
    }

    /// One split of a corpus.
    public struct Share: Sendable, Hashable, Codable {
        /// What it is for.
        public var split: Split
        /// How many documents.
        public var documentCount: Int
        /// Bytes of UTF-8.
        public var byteCount: Int
        /// Unicode code points.
        public var characterCount: Int
        /// Documents by label; empty where the corpus has more than 200 labels, or none.
        public var labels: [String: Int]
    }

    /// A tokenizer in figures.
    public struct Vocabulary: Sendable, Hashable, Codable {
        /// The name in the workspace; nil where it is not kept there.
        public var name: String?
        /// The tokenizer's kind, as `wordpiece`.
        public var kind: String
        /// How many tokens it has.
        public var tokenCount: Int
        /// The tokenizer's stable hash.
        public var fingerprint: String
    }

    /// The corpus.
    public var corpus: Corpus
    /// The tokenizer; nil where it is not known any more.
    public var vocabulary: Vocabulary?
    /// Sizes, as `parameters` or `trainTokens`.
    public var sizes: [String: Int]
    /// What the run ran on, as `threads`; it changes the speed but not the result.
    public var machine: [String: String]

    /// The figures of a corpus and a tokenizer as they are now.
    ///
    /// - Throws: ``StoreError`` with code `.notFound` for a corpus that is not there.
    public init(
        workspace: Workspace, corpus name: String, tokenizer: Tokenizer,
        sizes: [String: Int] = [:], machine: [String: String] = [:]
    ) throws {
        try self.init(workspace: workspace, corpus: name, fingerprint: tokenizer.fingerprint)
        vocabulary = Vocabulary(
            name: vocabulary?.name, kind: tokenizer.kind.rawValue,
            tokenCount: tokenizer.vocabulary.count, fingerprint: tokenizer.fingerprint)
        self.sizes = sizes
        self.machine = machine
    }

    /// The figures of a corpus as they are now, and of the vocabulary with this fingerprint if the
    /// workspace keeps one.
    ///
    /// - Throws: ``StoreError`` with code `.notFound` for a corpus that is not there.
    public init(workspace: Workspace, corpus name: String, fingerprint: String?) throws {
        let statistics = try workspace.statistics(corpus: name)
        let summary = statistics.summary
        let hash = String(try workspace.contentHash(corpus: name), radix: 16)
        let labels = statistics.byLabel
        corpus = Corpus(
            name: name, format: summary.format, documentCount: summary.documentCount,
            byteCount: summary.byteCount, characterCount: summary.characterCount,
            duplicateCount: summary.duplicateCount,
            contentHash: String(repeating: "0", count: 16 - hash.utf8.count) + hash,
            splits: statistics.bySplit.sorted { $0.key < $1.key }.map { split, share in
                Share(
                    split: split, documentCount: share.documentCount, byteCount: share.byteCount,
                    characterCount: share.characterCount,
                    labels: labels.count > 200
                        ? [:] : labels.compactMapValues { $0[split]?.documentCount })
            }, labelCount: labels.count)
        vocabulary = try workspace.vocabularies().first { $0.fingerprint == fingerprint }
            .map {
                Vocabulary(
                    name: $0.name, kind: $0.kind, tokenCount: $0.tokenCount,
                    fingerprint: $0.fingerprint)
            }
        sizes = [:]
        machine = [:]
    }
}
