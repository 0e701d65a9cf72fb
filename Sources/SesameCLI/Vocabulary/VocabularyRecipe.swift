import ArgumentParser
import Sesame

/// The kinds of vocabulary that can be made.
enum VocabularyKind: String, Codable, CaseIterable, ExpressibleByArgument {
    case character
    case word
    case wordpiece
}

/// The unit of a character vocabulary, as it is typed.
enum CharacterUnitChoice: String, Codable, CaseIterable, ExpressibleByArgument {
    case grapheme
    case codePoint = "code-point"

    var unit: CharacterUnit { self == .grapheme ? .grapheme : .codePoint }
}

/// Which special tokens a vocabulary begins with, as it is typed.
enum SpecialTokenChoice: String, Codable, CaseIterable, ExpressibleByArgument {
    /// `[PAD] [UNK] [CLS] [SEP] [MASK]`
    case bert
    /// `<pad> <unk> <bos> <eos>`
    case languageModel = "language-model"
    case none

    var tokens: SpecialTokens {
        switch self {
        case .bert: .bert
        case .languageModel: .languageModel
        case .none: .none
        }
    }
}

/// Which texts of documents with two are counted, as it is typed.
enum VocabularySide: String, Codable, CaseIterable, ExpressibleByArgument {
    case both
    /// The text, of a translation the source.
    case text
    /// The second text, of a translation the target.
    case pair
}

/// How a vocabulary is made; kept beside it in the workspace.
struct VocabularyRecipe: Codable {
    var kind: VocabularyKind
    var maximumSize: Int?
    var minimumCount: Int
    var lowercase: Bool
    var unit: CharacterUnitChoice
    var special: SpecialTokenChoice
    var split: Split?
    var preTokenized = false
    var side = VocabularySide.both

    /// Something that counts text and makes the vocabulary.
    func makeTrainer() throws -> any VocabularyTrainer {
        let normalizer: (any Normalizer)? = lowercase ? CaseNormalizer(.lower) : nil
        switch kind {
        case .character:
            return try CharacterTrainer(
                unit: unit.unit, normalizer: normalizer, minimumCount: minimumCount,
                maximumSize: maximumSize, specialTokens: special.tokens)
        case .word:
            return try WordTrainer(
                normalizer: normalizer, preTokenized: preTokenized, minimumCount: minimumCount,
                maximumSize: maximumSize, specialTokens: special.tokens)
        case .wordpiece:
            return WordPieceTrainer(
                maximumSize: maximumSize ?? Self.defaultWordPieceSize, lowercase: lowercase,
                minimumCount: minimumCount, preTokenized: preTokenized,
                specialTokens: special.tokens)
        }
    }

    static let defaultWordPieceSize = 8000

    /// How often a word, a character or a pair of pieces must be seen where nothing else is asked for.
    static func defaultMinimumCount(for kind: VocabularyKind) -> Int { kind == .wordpiece ? 2 : 1 }

    /// The special tokens that go with a kind where nothing else is asked for.
    static func defaultSpecial(for kind: VocabularyKind) -> SpecialTokenChoice {
        kind == .wordpiece ? .bert : .languageModel
    }
}
