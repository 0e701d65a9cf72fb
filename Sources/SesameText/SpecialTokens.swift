/// The tokens that play a part of their own; nil where a tokenizer has none for it.
public struct SpecialTokens: Codable, Sendable, Equatable {
    /// Fills sequences up to a common length.
    public var pad: String?
    /// Stands for what the vocabulary lacks.
    public var unknown: String?
    /// Opens a BERT sequence; its output stands for the whole.
    public var classification: String?
    /// Closes each text of a BERT sequence.
    public var separator: String?
    /// Hides a token in masked language modelling.
    public var mask: String?
    /// Opens a text for a left-to-right model.
    public var beginning: String?
    /// Closes a text for a left-to-right model.
    public var end: String?

    /// Special tokens by part; leave out what is not wanted.
    public init(
        pad: String? = nil, unknown: String? = nil, classification: String? = nil,
        separator: String? = nil, mask: String? = nil, beginning: String? = nil, end: String? = nil
    ) {
        self.pad = pad
        self.unknown = unknown
        self.classification = classification
        self.separator = separator
        self.mask = mask
        self.beginning = beginning
        self.end = end
    }

    /// No special tokens: what is not in the vocabulary has no id and is left out.
    public static let none = SpecialTokens()

    /// BERT's: `[PAD] [UNK] [CLS] [SEP] [MASK]`.
    public static let bert = SpecialTokens(
        pad: "[PAD]", unknown: "[UNK]", classification: "[CLS]", separator: "[SEP]", mask: "[MASK]")

    /// For left-to-right models: `<pad> <unk> <bos> <eos>`.
    public static let languageModel = SpecialTokens(
        pad: "<pad>", unknown: "<unk>", beginning: "<bos>", end: "<eos>")

    /// Those which are set, in the order in which trainers put them first; one that plays several parts
    /// comes once.
    public var all: [String] {
        var result: [String] = []
        for token in [pad, unknown, classification, separator, mask, beginning, end] {
            guard let token, !result.contains(where: { $0.utf8.elementsEqual(token.utf8) }) else {
                continue
            }
            result.append(token)
        }
        return result
    }

    /// GPT-2's: `<|endoftext|>` behind each text.
    public static let gpt2 = SpecialTokens(end: "<|endoftext|>")

    /// Those of the usual names which a vocabulary has, where nothing else says.
    public static func found(in vocabulary: Vocabulary) -> SpecialTokens {
        func first(_ names: String...) -> String? { names.first { vocabulary.id(of: $0) != nil } }
        return SpecialTokens(
            pad: first("[PAD]", "<pad>"), unknown: first("[UNK]", "<unk>"),
            classification: first("[CLS]"), separator: first("[SEP]"),
            mask: first("[MASK]", "<mask>"),
            beginning: first("<bos>", "<s>"), end: first("<eos>", "</s>", "<|endoftext|>"))
    }
}
