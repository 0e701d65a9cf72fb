import SesameText

/// What translation asks of a tokenizer.
enum TranslationVocabulary {
    /// The tokens that begin and end a target: `<bos>` and `<eos>`, or BERT's `[CLS]` and `[SEP]`.
    /// - Throws: ``TrainingError`` with code `.badTokenizer` for a vocabulary without them.
    static func ends(of tokenizer: Tokenizer) throws -> (beginning: Int32, end: Int32) {
        guard let beginning = tokenizer.beginningID ?? tokenizer.classificationID,
            let end = tokenizer.endID ?? tokenizer.separatorID
        else {
            throw TrainingError(
                .badTokenizer(
                    problem:
                        "it has no tokens that begin and end a sentence, which the target's needs",
                    remedy: "make one with the special tokens of a language model"))
        }
        return (beginning, end)
    }

    /// A source's tokens, with the end where there is such a token, so that none is empty.
    static func source(_ ids: [Int32], _ tokenizer: Tokenizer, maxLength: Int) -> [Int32] {
        let end = tokenizer.endID ?? tokenizer.separatorID
        let kept = ids.prefix(maxLength - (end == nil ? 0 : 1))
        if let end { return kept + [end] }
        return kept.isEmpty ? [0] : Array(kept)
    }

    /// Special tokens that no translation holds.
    static func excludedIDs(of tokenizer: Tokenizer) -> Set<Int32> {
        let end = tokenizer.endID ?? tokenizer.separatorID
        let special = (0..<Int32(tokenizer.vocabulary.count)).filter { tokenizer.isSpecial($0) }
        return Set(special).subtracting([end].compactMap { $0 })
    }

    /// Between spaces for text that is tokenised already, otherwise sacreBLEU's default.
    static func bleu(for tokenizer: Tokenizer) -> BLEU {
        BLEU(tokenization: tokenizer.preTokenizer is WhiteSpacePreTokenizer ? .none : .mteval13a)
    }
}
