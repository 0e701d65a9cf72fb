import SesameStore
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A text, with its class or score where that is known.
public struct LabelledText: Sendable, Hashable {
    /// The text.
    public var text: String
    /// A second text, for pairs.
    public var pair: String?
    /// The class's name, or the score as it is written.
    public var label: String?
    /// Where it comes from, as "train.tsv line 12", for messages.
    public var place: String?

    /// A text; all else may be left out.
    public init(
        _ text: String, pair: String? = nil, label: String? = nil, place: String? = nil
    ) {
        self.text = text
        self.pair = pair
        self.label = label
        self.place = place
    }

    /// A document of a corpus.
    public init(_ document: Document) {
        let file = document.source.map { "\($0) line \(document.line)" }
        self.init(
            document.text, pair: document.pair, label: document.label,
            place: file ?? "document \(document.ordinal + 1)")
    }
}

/// Turns documents of a workspace into token ids.
struct CorpusReader {
    let workspace: Workspace
    let corpus: String
    let tokenizer: Tokenizer
    let onEvent: (TrainerEvent) throws -> Void

    /// The documents of a split as one stream, each followed by the end-of-text token if there is one.
    ///
    /// The workspace keeps the stream, so that the next run begins at once.
    func stream(_ split: Split) throws -> PackedTokens {
        var result = PackedTokens(vocabularySize: tokenizer.vocabulary.count)
        guard try workspace.documentCount(corpus: corpus, split: split) > 0 else { return result }
        let end = tokenizer.endID
        let stream = try workspace.tokenStream(
            corpus: corpus, split: split,
            fingerprint: tokenizer.fingerprint + (end == nil ? "" : " end"),
            vocabularySize: tokenizer.vocabulary.count,
            progress: { done, total in
                try onEvent(
                    .preparing("tokenising \(split.rawValue): \(done) of \(total) documents"))
            },
            encode: { documents in
                let encoded = tokenizer.encodeIDsBatch(documents.map(\.text))
                guard let end else { return encoded }
                return encoded.map { $0 + CollectionOfOne(end) }
            })
        for start in stride(from: 0, to: stream.count, by: Self.chunkSize) {
            result.append(
                try stream.ids(in: start..<min(start + Self.chunkSize, stream.count)))
        }
        let statistics = try workspace.statistics(corpus: corpus)
        result.characterCount = statistics.bySplit[split]?.characterCount ?? 0
        return result
    }

    /// The streams to train and to validate on: the splits' or, where there are no validation documents, the
    /// last part of the training stream for the latter.
    func textStreams(
        validationFraction: Double
    ) throws -> (train: PackedTokens, validation: PackedTokens) {
        let train = try stream(.train)
        let validation = try stream(.validation)
        guard validation.count == 0, validationFraction > 0 else { return (train, validation) }
        // As nanoGPT cuts: the first ⌊0.9 · n⌋ tokens train.
        let cut = Int((1 - validationFraction) * Double(train.count))
        let parts = train.split(at: cut)
        return (parts.head, parts.tail)
    }

    private static let chunkSize = 1 << 20

    /// The documents of a split, sentence by sentence.
    func sentences(_ split: Split) throws -> SentenceCorpus {
        var result = SentenceCorpus()
        try forEachBatch(split) { documents in
            let texts = documents.map(sentenceTexts)
            let encoded = tokenizer.encodeIDsBatch(texts.flatMap { $0 })
            var next = 0
            for sentences in texts {
                result.append(document: encoded[next..<next + sentences.count])
                next += sentences.count
            }
        }
        return result
    }

    /// The sentences of a split as spelled words; those of documents already in `sentences` come first.
    func spelledSentences(
        _ split: Split, maxLength: Int, into sentences: inout WordSentences
    ) throws {
        try forEachBatch(split) { documents in
            let texts = documents.flatMap(sentenceTexts)
            let encodings = tokenizer.encodeBatch(texts, addSpecialTokens: false)
            for (text, encoding) in zip(texts, encodings) {
                sentences.append(text, encoding, maxLength: maxLength)
            }
        }
    }

    /// One walk through the text: a document may be long and have many sentences.
    private func sentenceTexts(_ document: Document) -> [String] {
        guard let ranges = document.sentences else { return [document.text] }
        let utf8 = document.text.utf8
        var position = utf8.startIndex
        var offset = 0
        return ranges.map { range in
            let start = utf8.index(position, offsetBy: range.lowerBound - offset)
            position = utf8.index(start, offsetBy: range.count)
            offset = range.upperBound
            return String(document.text[start..<position])
        }
    }

    /// The labelled texts of a split; documents without a label are left out.
    func labelled(_ split: Split) throws -> [LabelledText] {
        var result: [LabelledText] = []
        try forEachBatch(split) { documents in
            for document in documents where document.label != nil {
                result.append(LabelledText(document))
            }
        }
        return result
    }

    func forEachBatch(_ split: Split, _ body: ([Document]) throws -> Void) throws {
        let total = try workspace.documentCount(corpus: corpus, split: split)
        guard total > 0 else { return }
        let cursor = try workspace.documents(corpus: corpus, split: split)
        var count = 0
        while true {
            let documents = try cursor.nextBatch()
            guard !documents.isEmpty else { return }
            try body(documents)
            count += documents.count
            try onEvent(.preparing("reading \(split.rawValue): \(count) of \(total) documents"))
        }
    }
}
