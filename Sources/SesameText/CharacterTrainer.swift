/// Makes the vocabulary of a character tokenizer: the characters seen, the most frequent first.
public struct CharacterTrainer: VocabularyTrainer {
    private let unit: CharacterUnit
    private let specialTokens: SpecialTokens
    private let minimumCount: Int
    private let maximumSize: Int?
    private var tokens: WholeTokenCounter

    /// Counts characters.
    ///
    /// - Parameters:
    ///   - unit: Grapheme clusters or code points.
    ///   - normalizer: Rewrites the text first; nil leaves it as it is.
    ///   - minimumCount: Rarer characters are left out.
    ///   - maximumSize: The largest vocabulary, special tokens included; nil for no limit.
    ///   - specialTokens: What comes first. With ``SpecialTokens/none`` the vocabulary is the alphabet.
    /// - Throws: ``TextError`` with code `unicodeUnavailable`.
    public init(
        unit: CharacterUnit = .grapheme, normalizer: (any Normalizer)? = nil,
        minimumCount: Int = 1, maximumSize: Int? = nil,
        specialTokens: SpecialTokens = .languageModel
    ) throws {
        self.unit = unit
        self.specialTokens = specialTokens
        self.minimumCount = minimumCount
        self.maximumSize = maximumSize
        tokens = WholeTokenCounter(
            normalizer: normalizer, preTokenizer: try CharacterPreTokenizer(unit: unit))
    }

    /// See ``VocabularyTrainer``.
    public mutating func add(utf8: UnsafeBufferPointer<UInt8>, count: Int) {
        tokens.add(utf8, count: count)
    }

    /// See ``VocabularyTrainer``.
    public func finish() throws -> Vocabulary {
        try tokens.vocabulary(
            special: specialTokens, minimumCount: minimumCount, maximumSize: maximumSize)
    }

    /// See ``VocabularyTrainer``.
    public func makeTokenizer() throws -> Tokenizer {
        try .character(
            vocabulary: finish(), unit: unit, normalizer: tokens.normalizer,
            specialTokens: specialTokens)
    }
}
