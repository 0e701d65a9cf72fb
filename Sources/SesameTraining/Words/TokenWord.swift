import SesameText

/// What a token of a vocabulary stands for, where it is looked up in a file of word vectors.
enum TokenWord: Sendable {
    /// A whole word.
    case word(String)
    /// A special token, which is no word but may be listed under its name, as `<unk>` is.
    case special(String)
    /// A piece of a word.
    case piece

    /// What a file may list it as, the best first.
    var spellings: [String] {
        switch self {
        case .word(let word):
            let lowered = word.lowercased()
            return lowered == word ? [word] : [word, lowered]
        case .special(let name): return [name]
        case .piece: return []
        }
    }

    /// What each token of a tokenizer stands for, by its id.
    static func words(of tokenizer: Tokenizer) -> [TokenWord] {
        tokenizer.vocabulary.tokens.enumerated().map { id, token in
            let id = Int32(id)
            if tokenizer.isSpecial(id) { return .special(token) }
            if tokenizer.isContinuation(id) { return .piece }
            guard tokenizer.kind == .byteLevelBPE else { return .word(token) }
            // Without its space, and as text rather than as GPT-2 spells bytes.
            let text = tokenizer.decode([id], skipSpecialTokens: false)
            let word = String(text.drop { $0 == " " })
            return word.isEmpty || word.unicodeScalars.contains("\u{FFFD}") ? .piece : .word(word)
        }
    }
}
