import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A translation of a sentence.
public struct Translation: Sendable, Hashable, Codable {
    /// The text.
    public var text: String
    /// What translations of one sentence are ordered by: their log probability after length and coverage
    /// penalty.
    public var score: Double
    /// ln p of the translation, its end included.
    public var logProbability: Double
    /// Whether it came to its end, rather than to the greatest length.
    public var isFinished: Bool
    /// The tokens that it consists of, with the end where it was reached.
    public var tokens: [String]
    /// The tokens of the source, with its end.
    public var sourceTokens: [String]
    /// For each token the weights over the source's; empty unless they were asked for and the model has
    /// attention.
    public var attention: [[Float]]
}

extension Translation {
    /// Of an empty text.
    fileprivate init(ofNothing sourceTokens: [String]) {
        self.init(
            text: "", score: 0, logProbability: 0, isFinished: true, tokens: [],
            sourceTokens: sourceTokens, attention: [])
    }
}

/// A trained translation model, ready to translate.
///
///     let translator = try Translator(modelFolder: folder)
///     let translations = try translator.translate(["ein hund läuft ."])
public struct Translator: Sendable {
    /// Turns sources into tokens.
    public let sourceTokenizer: Tokenizer
    /// Turns tokens into translations.
    public let targetTokenizer: Tokenizer
    /// Whether the model tells where it looks in the source.
    public let hasAttention: Bool

    private let maxLength: Int
    private let search:
        @Sendable (
            _ sources: [[Int32]], _ search: TranslationSearch, _ excludedIDs: Set<Int32>,
            _ precision: Precision
        ) -> [[Hypothesis]]

    /// Loads a folder that training a translation model wrote.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.translation, for: "translating")
        let model = try Seq2SeqFolder.load(modelFolder)
        self.init(
            model: model, sourceTokenizer: folder.sourceTokenizer ?? folder.tokenizer,
            targetTokenizer: folder.tokenizer, maxLength: folder.record.maxLength)
    }

    /// A model that is in memory, with its tokenizers.
    /// - Parameters:
    ///   - model: The model.
    ///   - sourceTokenizer: Turns sources into tokens.
    ///   - targetTokenizer: Turns tokens into translations.
    ///   - maxLength: The most tokens of a source; the rest is cut.
    public init(
        model: some Seq2SeqModel, sourceTokenizer: Tokenizer, targetTokenizer: Tokenizer,
        maxLength: Int
    ) {
        self.sourceTokenizer = sourceTokenizer
        self.targetTokenizer = targetTokenizer
        self.maxLength = maxLength
        hasAttention = model.hasAttention
        search = { sources, search, excludedIDs, precision in
            search.run(model, sources: sources, excludedIDs: excludedIDs, precision: precision)
        }
    }

    /// Translations of each text, the best first.
    /// - Parameters:
    ///   - texts: Sentences. Of one longer than the model was trained for the end is cut off.
    ///   - options: How to look for them.
    ///   - precision: Of matrix products.
    /// - Returns: In the order of the texts, `options.count` each, or as many as were found; for a text without a
    ///   token an empty translation, so that lines stay beside each other.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func translate(
        _ texts: [String], options: TranslationSearch = TranslationSearch(),
        precision: Precision = .float32
    ) throws -> [[Translation]] {
        try options.validate()
        guard hasAttention || (options.coveragePenalty == 0 && !options.keepsAttention) else {
            throw TrainingError(
                .invalidOption(
                    name: options.keepsAttention ? "attention weights" : "coverage penalty",
                    expected: "left out, since the model has no attention", found: "asked for"))
        }
        let ids = sourceTokenizer.encodeIDsBatch(texts)
        let sources = ids.map {
            TranslationVocabulary.source($0, sourceTokenizer, maxLength: maxLength)
        }
        // Of nothing a model would make something: it has not been trained on that.
        let found = search(
            zip(ids, sources).filter { !$0.0.isEmpty }.map(\.1), options,
            TranslationVocabulary.excludedIDs(of: targetTokenizer), precision)
        var next = found.makeIterator()
        return zip(ids, sources).map { ids, source in
            let sourceTokens = source.map { sourceTokenizer.vocabulary.token($0) }
            guard !ids.isEmpty else { return [Translation(ofNothing: sourceTokens)] }
            return (next.next() ?? []).map { translation($0, of: sourceTokens) }
        }
    }

    private func translation(_ hypothesis: Hypothesis, of sourceTokens: [String]) -> Translation {
        var tokens = hypothesis.tokens.map { targetTokenizer.vocabulary.token($0) }
        if hypothesis.isFinished,
            let end = targetTokenizer.endID ?? targetTokenizer.separatorID
        {
            tokens.append(targetTokenizer.vocabulary.token(end))
        }
        return Translation(
            text: targetTokenizer.decode(hypothesis.tokens), score: hypothesis.score,
            logProbability: hypothesis.logProbability, isFinished: hypothesis.isFinished,
            tokens: tokens, sourceTokens: sourceTokens, attention: hypothesis.attention)
    }
}
