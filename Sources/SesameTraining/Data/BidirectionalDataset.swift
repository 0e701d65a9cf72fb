import SesameModels
import SesameTensor

/// Sentences for a bidirectional language model.
public struct BidirectionalBatch: Sendable {
    /// The words, spelled.
    public var words: WordBatch
    /// The class of each distinct word.
    public var classes: [Int32]
    /// Words of all sentences.
    public var tokenCount: Int
}

/// Sentences in batches of similar length; see ``SequenceDataset`` for their order.
public struct BidirectionalDataset: TrainingData {
    /// The sentences.
    public let sentences: WordSentences
    /// Sentences a batch; the last batch of an epoch may be smaller.
    public let batchSize: Int
    /// Bytes of a word that are looked at.
    public let maxWordBytes: Int
    /// Determines the order, together with the epoch.
    public let seed: UInt64

    private let lengths: [Int]
    private var orderedEpoch: Int?
    private var batches: [[Int]] = []

    /// A data set of at least one sentence.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` if there is none.
    public init(
        sentences: WordSentences, batchSize: Int, maxWordBytes: Int, seed: UInt64
    ) throws {
        guard sentences.sentenceCount > 0 else {
            throw TrainingError(
                .notEnoughData(
                    what: "a bidirectional language model", needed: "one sentence or more",
                    found: "none", remedy: "import more text"))
        }
        self.sentences = sentences
        self.batchSize = batchSize
        self.maxWordBytes = maxWordBytes
        self.seed = seed
        lengths = sentences.lengths
    }

    /// Number of batches.
    public func batchCount(inEpoch epoch: Int) -> Int {
        (sentences.sentenceCount + batchSize - 1) / batchSize
    }

    /// The batch at `cursor` of the epoch's order.
    public mutating func batch(at cursor: DataCursor) -> BidirectionalBatch {
        if orderedEpoch != cursor.epoch {
            batches = SequenceDataset.order(
                of: lengths, groupsByLength: true, batchSize: batchSize, seed: seed,
                epoch: cursor.epoch)
            orderedEpoch = cursor.epoch
        }
        return Self.batch(of: batches[cursor.batch], in: sentences, maxWordBytes: maxWordBytes)
    }

    static func batch(
        of indices: [Int], in sentences: WordSentences, maxWordBytes: Int
    ) -> BidirectionalBatch {
        let words = WordBatch(
            sentences: indices.map { sentences[$0] }, maxWordBytes: maxWordBytes
        ) { sentences.spellings[$0] }
        return BidirectionalBatch(
            words: words, classes: words.numbers.map { sentences.ids[$0] },
            tokenCount: words.wordLayout.tokenCount)
    }
}
