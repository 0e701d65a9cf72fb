import SesameStore
import SesameText

/// The words of a sentence, with a tag each where these are known.
public struct TaggedSentence: Sendable, Hashable {
    /// The words.
    public var words: [String]
    /// A tag for each; nil where they are not known.
    public var tags: [String]?
    /// Where it comes from, as "train.conll line 12", for messages.
    public var place: String?

    /// A sentence; tags may be left out.
    public init(_ words: [String], tags: [String]? = nil, place: String? = nil) {
        self.words = words
        self.tags = tags
        self.place = place
    }

    /// A document as an import of CoNLL's format leaves it: words and tags with single spaces between them.
    ///
    /// - Throws: ``TrainingError`` with code `.badLabel` where there are no tags, or not one a word.
    public init(_ document: Document) throws {
        let labelled = LabelledText(document)
        func parts(_ text: String) -> [String] {
            text.utf8.split(separator: UInt8(ascii: " ")).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        let words = parts(document.text)
        let tags = document.pair.map(parts)
        guard let tags, tags.count == words.count else {
            throw TrainingError(
                .badLabel(
                    problem: "\(labelled.place ?? "a document") has \(words.count) words and "
                        + "\(tags?.count ?? 0) tags, expected a tag a word",
                    remedy: "import tagged sentences with --format conll"))
        }
        self.init(words, tags: tags, place: labelled.place)
    }
}

extension TaggedSentence {
    /// The same entities in another scheme.
    func converted(to scheme: TaggingScheme) -> TaggedSentence {
        TaggedSentence(words, tags: tags.map(scheme.converted), place: place)
    }
}

extension CorpusReader {
    /// The tagged sentences of a split.
    func taggedSentences(_ split: Split) throws -> [TaggedSentence] {
        var result: [TaggedSentence] = []
        try forEachBatch(split) { documents in
            for document in documents { result.append(try TaggedSentence(document)) }
        }
        return result
    }
}

extension [TaggedSentence] {
    /// XXH64 of words and tags, in hexadecimal.
    var contentHash: String {
        map {
            LabelledText(
                $0.words.joined(separator: " "), pair: $0.tags?.joined(separator: " "))
        }.contentHash
    }
}
