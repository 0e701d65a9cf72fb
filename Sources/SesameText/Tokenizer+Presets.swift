extension Tokenizer {
    /// A character tokenizer.
    ///
    /// Without a normalizer, `decode(encode(text))` is `text` wherever all characters are in the
    /// vocabulary.
    /// - Parameters:
    ///   - vocabulary: The characters, special tokens first.
    ///   - unit: Grapheme clusters or code points.
    ///   - normalizer: Rewrites the text first; nil leaves it as it is.
    ///   - specialTokens: Those in the vocabulary; nil takes those of the usual names it has. Without an
    ///     unknown token, characters that the vocabulary lacks are left out.
    /// - Throws: ``TextError`` with code `missingSpecialToken` or `unicodeUnavailable`.
    public static func character(
        vocabulary: Vocabulary, unit: CharacterUnit = .grapheme,
        normalizer: (any Normalizer)? = nil, specialTokens: SpecialTokens? = nil
    ) throws -> Tokenizer {
        let special = specialTokens ?? .found(in: vocabulary)
        return try Tokenizer(
            kind: .character, normalizer: normalizer,
            preTokenizer: CharacterPreTokenizer(unit: unit),
            model: WholeTokenModel(vocabulary: vocabulary, unknownToken: special.unknown),
            postProcessor: postProcessor(special), decoder: ConcatenatingDecoder(),
            specialTokens: special, matchesSpecialTokens: false)
    }

    /// A word tokenizer over ICU's word boundaries; punctuation marks are tokens too.
    ///
    /// - Parameters:
    ///   - vocabulary: The words, special tokens first.
    ///   - keepsWhiteSpace: Whether white space is tokens as well, so that decoding loses nothing;
    ///     otherwise ``WordDecoder`` puts spaces by rule.
    ///   - locale: Whose word boundaries; empty for the root locale.
    ///   - normalizer: Rewrites the text first, such as ``CaseNormalizer``; nil leaves it as it is.
    ///   - specialTokens: As for ``character(vocabulary:unit:normalizer:specialTokens:)``.
    /// - Throws: ``TextError`` with code `missingSpecialToken` or `unicodeUnavailable`.
    public static func word(
        vocabulary: Vocabulary, keepsWhiteSpace: Bool = false, locale: String = "",
        normalizer: (any Normalizer)? = nil, specialTokens: SpecialTokens? = nil
    ) throws -> Tokenizer {
        let special = specialTokens ?? .found(in: vocabulary)
        return try Tokenizer(
            kind: .word, normalizer: normalizer,
            preTokenizer: WordPreTokenizer(keepsWhiteSpace: keepsWhiteSpace, locale: locale),
            model: WholeTokenModel(vocabulary: vocabulary, unknownToken: special.unknown),
            postProcessor: postProcessor(special),
            decoder: keepsWhiteSpace ? ConcatenatingDecoder() : WordDecoder(),
            specialTokens: special, matchesSpecialTokens: false)
    }

    /// BERT's tokenizer: basic tokenization, then WordPiece.
    ///
    /// Special tokens written out in a text are taken for themselves, as Hugging Face's tokenizers do.
    /// - Parameters:
    ///   - vocabulary: The pieces, those that continue a word with "##" before them.
    ///   - lowercase: True for uncased models: lower case, and no accents.
    ///   - specialTokens: Those in the vocabulary, with at least an unknown token; nil takes those of
    ///     the usual names it has.
    /// - Throws: ``TextError`` with code `missingSpecialToken`.
    public static func wordPiece(
        vocabulary: Vocabulary, lowercase: Bool, specialTokens: SpecialTokens? = nil
    ) throws -> Tokenizer {
        let special = specialTokens ?? .found(in: vocabulary)
        return try wordPiece(
            vocabulary: vocabulary,
            normalizer: BERTNormalizer(stripsAccents: lowercase, lowercases: lowercase),
            specialTokens: special)
    }

    /// BERT's tokenizer with the steps of its normalizer chosen one by one.
    ///
    /// - Throws: ``TextError`` with code `missingSpecialToken`.
    public static func wordPiece(
        vocabulary: Vocabulary, normalizer: BERTNormalizer, specialTokens: SpecialTokens
    ) throws -> Tokenizer {
        try Tokenizer(
            kind: .wordpiece, normalizer: normalizer, preTokenizer: BERTPreTokenizer(),
            model: WordPieceModel(
                vocabulary: vocabulary,
                unknownToken: specialTokens.unknown ?? SpecialTokens.bert.unknown ?? ""),
            postProcessor: postProcessor(specialTokens), decoder: WordPieceDecoder(),
            specialTokens: specialTokens, matchesSpecialTokens: true)
    }

    /// BERT's template where there are its tokens, else a language model's, else none.
    private static func postProcessor(_ special: SpecialTokens) -> (any PostProcessor)? {
        if let classification = special.classification, let separator = special.separator {
            return TemplatePostProcessor.bert(classification: classification, separator: separator)
        }
        if special.beginning != nil || special.end != nil {
            return TemplatePostProcessor.languageModel(
                beginning: special.beginning, end: special.end)
        }
        return nil
    }
}
