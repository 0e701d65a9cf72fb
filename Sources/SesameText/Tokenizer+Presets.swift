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
            specialTokens: special, addedTokens: [])
    }

    /// A word tokenizer over ICU's word boundaries; punctuation marks are tokens too.
    ///
    /// - Parameters:
    ///   - vocabulary: The words, special tokens first.
    ///   - preTokenized: Whether a word is what stands between white space, in text that is tokenised
    ///     already; decoding then puts single spaces, and the next two choices mean nothing.
    ///   - keepsWhiteSpace: Whether white space is tokens as well, so that decoding loses nothing;
    ///     otherwise ``WordDecoder`` puts spaces by rule.
    ///   - locale: Whose word boundaries; empty for the root locale.
    ///   - normalizer: Rewrites the text first, such as ``CaseNormalizer``; nil leaves it as it is.
    ///   - specialTokens: As for ``character(vocabulary:unit:normalizer:specialTokens:)``.
    /// - Throws: ``TextError`` with code `missingSpecialToken` or `unicodeUnavailable`.
    public static func word(
        vocabulary: Vocabulary, preTokenized: Bool = false, keepsWhiteSpace: Bool = false,
        locale: String = "", normalizer: (any Normalizer)? = nil,
        specialTokens: SpecialTokens? = nil
    ) throws -> Tokenizer {
        let special = specialTokens ?? .found(in: vocabulary)
        let preTokenizer: any PreTokenizer =
            try preTokenized
            ? WhiteSpacePreTokenizer()
            : WordPreTokenizer(keepsWhiteSpace: keepsWhiteSpace, locale: locale)
        let decoder: any TokenDecoder =
            preTokenized || keepsWhiteSpace
            ? ConcatenatingDecoder(separator: preTokenized ? " " : "") : WordDecoder()
        return try Tokenizer(
            kind: .word, normalizer: normalizer, preTokenizer: preTokenizer,
            model: WholeTokenModel(vocabulary: vocabulary, unknownToken: special.unknown),
            postProcessor: postProcessor(special), decoder: decoder,
            specialTokens: special, addedTokens: [])
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
    /// - Parameters:
    ///   - vocabulary: The pieces, special tokens among them.
    ///   - normalizer: The steps before words are told apart.
    ///   - preTokenized: Whether words are what stands between white space, in text that is tokenised already; decoding
    ///     then gives back such text, without BERT's clean-up of spaces.
    ///   - specialTokens: Which pieces are special.
    /// - Throws: ``TextError`` with code `missingSpecialToken`.
    public static func wordPiece(
        vocabulary: Vocabulary, normalizer: BERTNormalizer, preTokenized: Bool = false,
        specialTokens: SpecialTokens
    ) throws -> Tokenizer {
        try Tokenizer(
            kind: .wordpiece, normalizer: normalizer,
            preTokenizer: preTokenized ? WhiteSpacePreTokenizer() : BERTPreTokenizer(),
            model: WordPieceModel(
                vocabulary: vocabulary,
                unknownToken: specialTokens.unknown ?? SpecialTokens.bert.unknown ?? ""),
            postProcessor: postProcessor(specialTokens),
            decoder: WordPieceDecoder(cleansUp: !preTokenized),
            specialTokens: specialTokens, addedTokens: specialTokens.added)
    }

    /// GPT-2's tokenizer: byte-level byte-pair encoding.
    ///
    /// Every text has tokens, and `decode(encodeIDs(text))` is `text`. No special tokens are put around.
    /// - Parameters:
    ///   - vocabulary: The tokens, in GPT-2's spelling of bytes (a space is Ġ).
    ///   - merges: Pairs of tokens, the first learnt first.
    ///   - addsPrefixSpace: Whether a text that does not start with a space gets one.
    ///   - trimsOffsets: Whether tokens' offsets leave out the space that belongs to them.
    ///   - specialTokens: Those in the vocabulary, taken for themselves where written out in a text; nil
    ///     takes those of the usual names, such as `<|endoftext|>`, that it has.
    /// - Throws: ``TextError`` with code `invalidMerge` or `missingSpecialToken`.
    public static func byteLevelBPE(
        vocabulary: Vocabulary, merges: [(String, String)], addsPrefixSpace: Bool = false,
        trimsOffsets: Bool = false, specialTokens: SpecialTokens? = nil
    ) throws -> Tokenizer {
        try byteLevelBPE(
            ByteLevelBPEModel(vocabulary: vocabulary, merges: merges),
            addsPrefixSpace: addsPrefixSpace, trimsOffsets: trimsOffsets,
            specialTokens: specialTokens ?? .found(in: vocabulary))
    }

    static func byteLevelBPE(
        _ model: ByteLevelBPEModel, addsPrefixSpace: Bool, trimsOffsets: Bool,
        specialTokens: SpecialTokens, addedTokens: [AddedToken]? = nil,
        template: TemplatePostProcessor? = nil
    ) throws -> Tokenizer {
        try Tokenizer(
            kind: .byteLevelBPE, normalizer: nil,
            preTokenizer: ByteLevelPreTokenizer(addsPrefixSpace: addsPrefixSpace), model: model,
            postProcessor: ByteLevelPostProcessor(
                trimsOffsets: trimsOffsets, addsPrefixSpace: addsPrefixSpace, template: template),
            decoder: ByteLevelDecoder(), specialTokens: specialTokens,
            addedTokens: addedTokens ?? specialTokens.added)
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
