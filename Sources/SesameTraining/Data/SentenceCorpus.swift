/// Tokenised documents, sentence by sentence, in three flat arrays.
///
/// Sentences of a document lie one after the other, so that any run of sentences is one range of
/// ``ids``; examples are then just ranges, and drawing new ones each epoch costs almost nothing.
public struct SentenceCorpus: Sendable {
    /// Token ids of all sentences, without special tokens.
    public private(set) var ids: [Int32] = []
    /// Start of each sentence in ``ids``, and one more element: the end of the last.
    public private(set) var sentenceStarts: [Int] = [0]
    /// Start of each document in sentences, and one more element: the end of the last.
    public private(set) var documentStarts: [Int] = [0]

    /// A corpus without documents.
    public init() {}

    /// Number of documents.
    public var documentCount: Int { documentStarts.count - 1 }
    /// Number of sentences.
    public var sentenceCount: Int { sentenceStarts.count - 1 }
    /// Number of tokens.
    public var tokenCount: Int { ids.count }

    /// Appends a document; empty sentences are left out, and so is a document without any other.
    public mutating func append(document sentences: some Sequence<[Int32]>) {
        for sentence in sentences where !sentence.isEmpty {
            ids.append(contentsOf: sentence)
            sentenceStarts.append(ids.count)
        }
        if sentenceCount > documentStarts[documentStarts.count - 1] {
            documentStarts.append(sentenceCount)
        }
    }

    /// The documents of two sentences or more, which can be pairs.
    package var pairableDocuments: [Int] {
        (0..<documentCount).filter { documentStarts[$0 + 1] - documentStarts[$0] >= 2 }
    }

    /// The corpus cut in two before document `index`.
    public func split(atDocument index: Int) -> (head: SentenceCorpus, tail: SentenceCorpus) {
        precondition((0...documentCount).contains(index), "\(index) outside 0...\(documentCount)")
        func part(_ documents: Range<Int>) -> SentenceCorpus {
            let sentences =
                documentStarts[documents.lowerBound]...documentStarts[documents.upperBound]
            let first = sentenceStarts[sentences.lowerBound]
            var part = SentenceCorpus()
            part.ids = Array(ids[first..<sentenceStarts[sentences.upperBound]])
            part.sentenceStarts = sentenceStarts[sentences].map { $0 - first }
            part.documentStarts = documentStarts[documents.lowerBound...documents.upperBound].map {
                $0 - sentences.lowerBound
            }
            return part
        }
        return (part(0..<index), part(index..<documentCount))
    }

    /// The document that holds token position `position`.
    package func document(ofToken position: Int) -> Int {
        var low = 0
        var high = documentCount
        while high - low > 1 {
            let middle = (low + high) / 2
            if sentenceStarts[documentStarts[middle]] <= position {
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }
}
