import SesameNN
import SesameTensor

/// The sizes and choices of an ``NNLM``; as JSON its `config.json`.
public struct NNLMConfig: Codable, Sendable, Hashable {
    /// How many token ids there are (`vocab_size`).
    public var vocabularySize: Int
    /// How many tokens are looked back at (`context_length`): the paper's n − 1.
    public var contextLength: Int
    /// The size of the token vectors (`embedding_size`): the paper's m.
    public var embeddingSize: Int
    /// The size of the hidden layer (`hidden_size`): the paper's h.
    public var hiddenSize: Int
    /// Whether token vectors reach the output directly too (`direct_connections`).
    public var hasDirectConnections: Bool
    /// Dropout of the token vectors and of the hidden layer (`dropout`).
    public var dropoutProbability: Float
    /// Ends a text, where the tokenizer has such a token (`eos_token_id`).
    public var endTokenID: Int?

    /// A configuration; the defaults are the paper's larger one on the Brown corpus.
    public init(
        vocabularySize: Int, contextLength: Int = 4, embeddingSize: Int = 60, hiddenSize: Int = 100,
        hasDirectConnections: Bool = false, dropoutProbability: Float = 0, endTokenID: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.embeddingSize = embeddingSize
        self.hiddenSize = hiddenSize
        self.hasDirectConnections = hasDirectConnections
        self.dropoutProbability = dropoutProbability
        self.endTokenID = endTokenID
    }

    /// `model_type` in `config.json`.
    public static let modelType = "sesame-nnlm"

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(contextLength, "context_length", atMost: 1 << 10)
        try ConfigCheck.positive(embeddingSize, "embedding_size")
        try ConfigCheck.positive(hiddenSize, "hidden_size")
        try ConfigCheck.probability(dropoutProbability, "dropout")
        try ConfigCheck.token(endTokenID, vocabularySize, "eos_token_id")
        try ConfigCheck.parameters(self)
    }

    /// The size of all the context's vectors, side by side.
    var inputSize: Int { contextLength * embeddingSize }
}

extension NNLMConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let (vocabulary, hidden) = (Double(vocabularySize), Double(hiddenSize))
        let input = Double(contextLength) * Double(embeddingSize)
        return vocabulary * Double(embeddingSize) + input * hidden
            + vocabulary * (hidden + (hasDirectConnections ? input : 0))
    }
}

extension NNLMConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case contextLength = "context_length"
        case embeddingSize = "embedding_size"
        case hiddenSize = "hidden_size"
        case hasDirectConnections = "direct_connections"
        case dropoutProbability = "dropout"
        case endTokenID = "eos_token_id"
    }

    /// Reads a `config.json`.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` for another kind of model.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(String.self, forKey: .modelType)
        guard type == Self.modelType else {
            throw ModelError(.configuration, "model_type is \(type), expected \(Self.modelType)")
        }
        vocabularySize = try values.decode(Int.self, forKey: .vocabularySize)
        contextLength = try values.decode(Int.self, forKey: .contextLength)
        embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        hasDirectConnections = try values.decode(Bool.self, forKey: .hasDirectConnections)
        dropoutProbability = try values.decode(Float.self, forKey: .dropoutProbability)
        endTokenID = try values.decodeIfPresent(Int.self, forKey: .endTokenID)
    }

    /// Writes a `config.json`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(contextLength, forKey: .contextLength)
        try values.encode(embeddingSize, forKey: .embeddingSize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(hasDirectConnections, forKey: .hasDirectConnections)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
        try values.encodeIfPresent(endTokenID, forKey: .endTokenID)
    }
}
