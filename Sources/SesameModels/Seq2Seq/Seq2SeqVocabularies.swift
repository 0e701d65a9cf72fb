import SesameTensor

/// The sizes and special tokens of a ``Seq2SeqModel``'s vocabularies; as JSON, keys of its `config.json`.
public struct Seq2SeqVocabularies: Codable, Sendable, Hashable {
    /// How many ids the source has (`source_vocab_size`).
    public var sourceSize: Int
    /// How many ids the target has (`vocab_size`).
    public var targetSize: Int
    /// Whether both sides have one vocabulary, and its tokens one vector each (`shared_vocab`).
    public var isShared: Bool
    /// What a target begins with (`bos_token_id`).
    public var beginningID: Int
    /// What ends it (`eos_token_id`).
    public var endID: Int

    /// Sizes and tokens.
    public init(
        sourceSize: Int, targetSize: Int, isShared: Bool = false, beginningID: Int, endID: Int
    ) {
        self.sourceSize = sourceSize
        self.targetSize = targetSize
        self.isShared = isShared
        self.beginningID = beginningID
        self.endID = endID
    }

    enum CodingKeys: String, CodingKey {
        case sourceSize = "source_vocab_size"
        case targetSize = "vocab_size"
        case isShared = "shared_vocab"
        case beginningID = "bos_token_id"
        case endID = "eos_token_id"
    }

    func validate() throws {
        try ConfigCheck.positive(sourceSize, "source_vocab_size")
        try ConfigCheck.positive(targetSize, "vocab_size")
        try ConfigCheck.token(beginningID, targetSize, "bos_token_id")
        try ConfigCheck.token(endID, targetSize, "eos_token_id")
        guard !isShared || sourceSize == targetSize else {
            throw ModelError(
                .configuration,
                "source_vocab_size is \(sourceSize), expected vocab_size, \(targetSize), where the "
                    + "vocabulary is shared")
        }
    }

    /// How many vectors a model has for tokens: one a token of each side, and of the target another where the output has
    /// its own.
    func vectorCount(tiesEmbeddings: Bool) -> Double {
        Double(targetSize) * (tiesEmbeddings ? 1 : 2) + (isShared ? 0 : Double(sourceSize))
    }
}
