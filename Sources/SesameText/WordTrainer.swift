/// Makes the vocabulary of a word tokenizer: the words and punctuation marks seen, the most frequent
/// first.
public struct WordTrainer: VocabularyTrainer {
    private let preTokenized: Bool
    private let keepsWhiteSpace: Bool
    private let locale: String
    private let specialTokens: SpecialTokens
    private let minimumCount: Int
    private let maximumSize: Int?
    private var tokens: WholeTokenCounter

    /// Counts words.
    ///
    /// - Parameters:
    ///   - normalizer: Rewrites the text first, such as `CaseNormalizer(.lower)`; nil leaves it as it is.
    ///   - preTokenized: Whether a word is what stands between white space, in text that is tokenised
    ///     already, and not what ICU finds.
    ///   - keepsWhiteSpace: Whether white space counts as tokens too.
    ///   - locale: Whose word boundaries; empty for the root locale.
    ///   - minimumCount: Rarer words are left out, and will be unknown.
    ///   - maximumSize: The largest vocabulary, special tokens included; nil for no limit.
    ///   - specialTokens: What comes first.
    /// - Throws: ``TextError`` with code `unicodeUnavailable`.
    public init(
        normalizer: (any Normalizer)? = nil, preTokenized: Bool = false,
        keepsWhiteSpace: Bool = false, locale: String = "", minimumCount: Int = 1,
        maximumSize: Int? = nil, specialTokens: SpecialTokens = .languageModel
    ) throws {
        self.preTokenized = preTokenized
        self.keepsWhiteSpace = keepsWhiteSpace
        self.locale = locale
        self.specialTokens = specialTokens
        self.minimumCount = minimumCount
        self.maximumSize = maximumSize
        tokens = WholeTokenCounter(
            normalizer: normalizer,
            preTokenizer: try preTokenized
                ? WhiteSpacePreTokenizer()
                : WordPreTokenizer(keepsWhiteSpace: keepsWhiteSpace, locale: locale))
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
        try .word(
            vocabulary: finish(), preTokenized: preTokenized, keepsWhiteSpace: keepsWhiteSpace,
            locale: locale, normalizer: tokens.normalizer, specialTokens: specialTokens)
    }
}
