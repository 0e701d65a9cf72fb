import SesameStore
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The sentences to train and to validate on, and what all of them hold.
struct TaggedSplits {
    var train: [TaggedSentence]
    var validation: [TaggedSentence]
    /// The sentences of the test split, whose words alone are looked at, and only for vectors of a file.
    let others: [TaggedSentence]
    let tags: [String]
    let scheme: TaggingScheme?

    /// - Parameters:
    ///   - scheme: What entities are told in while learning.
    ///   - readsOthers: Whether the test split's words are looked at.
    init(
        workspace: Workspace, corpus: String, scheme: TaggingScheme, validationFraction: Double,
        seed: UInt64, readsOthers: Bool = false,
        onEvent: @escaping (TrainerEvent) throws -> Void
    ) throws {
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: try Self.tokenizer([:], []),
            onEvent: onEvent)
        var train = try reader.taggedSentences(.train)
        var validation = try reader.taggedSentences(.validation)
        others = readsOthers ? try reader.taggedSentences(.test) : []
        if validation.isEmpty, validationFraction > 0 {
            (train, validation) = train.heldOut(share: validationFraction, seed: seed)
        }
        guard !train.isEmpty else {
            throw TrainingError(
                .notEnoughData(
                    what: "training a tagger", needed: "tagged sentences in \(corpus)",
                    found: "none", remedy: "import some with --format conll"))
        }
        let hasEntities = train.contains { $0.tags?.contains { EntityTag($0) != nil } ?? false }
        if hasEntities {
            train = train.map { $0.converted(to: scheme) }
            validation = validation.map { $0.converted(to: scheme) }
        }
        self.scheme = hasEntities ? scheme : nil
        self.train = train
        self.validation = validation
        var known = Set(train.flatMap { $0.tags ?? [] })
        if hasEntities {
            // A type may lack one of its tags in few sentences: all of them can be told.
            known = [TaggingScheme.outside]
            for type in Set(train.flatMap { EntitySpan.spans(of: $0.tags ?? []) }.map(\.type)) {
                for count in 1...3 {
                    let span = EntitySpan(type: type, words: 0..<count)
                    known.formUnion(scheme.tags(for: [span], count: count))
                }
            }
        }
        tags = SequenceDataset.discoverLabels(known)
        guard tags.count >= 2 else {
            throw TrainingError(
                .badLabel(
                    problem: "the train split of \(corpus) has \(tags.count) different tags, "
                        + "expected two or more", remedy: "import with the column of the tags"))
        }
    }

    /// How many sentences there are, for the run's record.
    var sizes: [String: Int] {
        ["trainSentences": train.count, "validationSentences": validation.count]
    }

    /// What a resumed run must find again.
    var dependencies: [String: String] {
        [
            "training sentences": train.contentHash,
            "validation sentences": validation.contentHash,
        ]
    }

    var longest: Int { (train + validation).map(\.words.count).max() ?? 0 }

    /// The scalars that training words are made of, in their order, but for those seen once.
    var characters: String {
        var counts: [Unicode.Scalar: Int] = [:]
        for sentence in train {
            for word in sentence.words {
                for scalar in word.unicodeScalars { counts[scalar, default: 0] += 1 }
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: counts.filter { $0.value > 1 }.keys.sorted())
        return String(text)
    }

    /// The tokenizer of all words that can have a vector of their own, and the vectors of a file.
    func vocabulary(
        _ source: WordVectorSource, _ onEvent: (TrainerEvent) throws -> Void
    ) throws -> (Tokenizer, WordVectorTable?) {
        var counts: [String: Int] = [:]
        for word in train.lazy.flatMap(\.words) { counts[word, default: 0] += 1 }
        guard case .file(let path) = source else { return (try Self.tokenizer(counts, []), nil) }
        try onEvent(.preparing("reading word vectors"))
        let file = URL(fileURLWithPath: path)
        let more = Set((validation + others).flatMap(\.words)).subtracting(counts.keys).sorted()
        let probe = try Self.tokenizer(counts, more)
        let all = try WordVectorTable(file, for: probe)
        let found = more.filter { word in
            probe.vocabulary.id(of: word).map { all.isFound[Int($0)] } ?? false
        }
        let tokenizer = try Self.tokenizer(counts, found)
        return (tokenizer, try WordVectorTable.read(path, for: tokenizer, onEvent))
    }

    /// Words by how often they are seen, then in byte order; then those that training does not see.
    private static func tokenizer(_ counts: [String: Int], _ others: [String]) throws -> Tokenizer {
        let special = SpecialTokens(pad: "<pad>", unknown: "<unk>")
        let words = counts.filter { !special.all.contains($0.key) }.sorted {
            $0.value != $1.value
                ? $0.value > $1.value
                : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        let unseen = others.filter { !special.all.contains($0) }
        let vocabulary = try Vocabulary(
            tokens: special.all + words.map(\.key) + unseen,
            counts: special.all.map { _ in 0 } + words.map(\.value) + unseen.map { _ in 0 })
        return try .word(vocabulary: vocabulary, preTokenized: true, specialTokens: special)
    }
}
