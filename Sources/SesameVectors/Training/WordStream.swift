import CSesameKernels
import SesameText

/// A text as one stream of word ids, cut into sentences, with its vocabulary: what word vectors are trained on.
///
/// Words that are not in the vocabulary are left out of the stream, as word2vec does it: a window reaches over
/// them. Four bytes a word; a stream is an immutable value, and copies share memory.
public struct WordStream: Sendable {
    /// The words with their counts; id i is token i.
    public let vocabulary: Vocabulary
    /// How many words the text has, those outside the vocabulary included.
    public let textWordCount: Int
    /// The ids; the last word of a sentence has its upper bit set.
    package let ids: [UInt32]
    /// Pieces of whole sentences, at which training can stop: chunk c is ids `offsets[c]..<offsets[c + 1]`.
    package let chunkOffsets: [UInt64]

    /// Words a chunk has at least, if the text has them.
    private static let chunkSize = 2048
    /// A longer sentence is cut, as gensim does.
    static let longestSentence = 10_000

    /// How many words the stream has.
    public var count: Int { ids.count }

    /// A stream of ids.
    ///
    /// - Precondition: Each belongs to the vocabulary, but for the upper bit of a sentence's last word.
    package init(vocabulary: Vocabulary, ids: [UInt32], textWordCount: Int) {
        self.vocabulary = vocabulary
        self.ids = ids
        self.textWordCount = textWordCount
        var offsets: [UInt64] = [0]
        var start = 0
        for (place, id) in ids.enumerated() {
            let length = place + 1 - start
            guard
                id & SESAME_SENTENCE_END != 0 && length >= Self.chunkSize
                    || length == Self.longestSentence
            else { continue }
            start = place + 1
            offsets.append(UInt64(start))
        }
        if start < ids.count { offsets.append(UInt64(ids.count)) }
        chunkOffsets = offsets
    }

    var chunkCount: Int { chunkOffsets.count - 1 }

    /// FNV-1a over the ids: tells one stream from another.
    var fingerprint: UInt64 {
        ids.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// The sentences, as ids.
    public var sentences: [[Int32]] {
        var result: [[Int32]] = []
        var sentence: [Int32] = []
        for id in ids {
            sentence.append(Int32(id & ~SESAME_SENTENCE_END))
            if id & SESAME_SENTENCE_END != 0 {
                result.append(sentence)
                sentence = []
            }
        }
        if !sentence.isEmpty { result.append(sentence) }
        return result
    }
}
