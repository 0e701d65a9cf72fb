import SesameNN
import SesameTensor

/// The sizes and choices of a ``Tagger``.
///
/// As JSON, keys of `config.json` with `model_type` `sesame-tagger`. The defaults are near Ma and Hovy's.
public struct TaggerConfig: Codable, Sendable, Hashable {
    /// How many word ids the model knows (`vocab_size`).
    public var vocabularySize: Int
    /// The size of a word's own vector (`embedding_size`); 0 for none.
    public var embeddingSize: Int
    /// The characters that words are read in, Unicode scalars in the order of their ids from 2 on, 0 and 1 being
    /// padding and all others (`characters`); empty for none.
    public var characters: String
    /// The size of a character's vector (`character_embedding_size`).
    public var characterEmbeddingSize: Int
    /// Filters over characters (`character_filter_count`).
    public var characterFilterCount: Int
    /// Characters that such a filter sees (`character_filter_width`).
    public var characterFilterWidth: Int
    /// How many layers of vectors in context are mixed in (`context_layers`); 0 for none.
    public var contextLayerCount: Int
    /// The size of a vector in context (`context_size`).
    public var contextSize: Int
    /// The size of a direction's states (`hidden_size`).
    public var hiddenSize: Int
    /// Layers of states (`num_hidden_layers`).
    public var layerCount: Int
    /// Dropout of word vectors, between layers, and of the last states (`dropout`).
    public var dropoutProbability: Float
    /// Whether tags are scored as a sequence (`crf`), or each by itself.
    public var usesCRF: Bool
    /// The tags, in the order of the outputs (`tags`).
    public var tags: [String]
    /// How entities are tagged (`tagging_scheme`), which decoding keeps to; nil for tags of other kinds.
    public var scheme: String?

    /// A configuration from its parts.
    public init(
        vocabularySize: Int, embeddingSize: Int = 100, characters: String = "",
        characterEmbeddingSize: Int = 30, characterFilterCount: Int = 30,
        characterFilterWidth: Int = 3, contextLayerCount: Int = 0, contextSize: Int = 0,
        hiddenSize: Int = 200, layerCount: Int = 1, dropoutProbability: Float = 0.5,
        usesCRF: Bool = true, tags: [String], scheme: String? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.embeddingSize = embeddingSize
        self.characters = characters
        self.characterEmbeddingSize = characterEmbeddingSize
        self.characterFilterCount = characterFilterCount
        self.characterFilterWidth = characterFilterWidth
        self.contextLayerCount = contextLayerCount
        self.contextSize = contextSize
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.dropoutProbability = dropoutProbability
        self.usesCRF = usesCRF
        self.tags = tags
        self.scheme = scheme
    }

    /// `sesame-tagger`.
    public static let modelType = "sesame-tagger"

    /// How many character ids there are, padding and unknown ones included.
    public var characterCount: Int { characters.unicodeScalars.count + 2 }

    /// The size of what stands for a word: its own vector, its characters' features, its vector in context.
    public var inputSize: Int {
        embeddingSize + (characters.isEmpty ? 0 : characterFilterCount)
            + (contextLayerCount == 0 ? 0 : contextSize)
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(hiddenSize, "hidden_size")
        try ConfigCheck.positive(layerCount, "num_hidden_layers", atMost: ConfigCheck.mostLayers)
        if embeddingSize != 0 { try ConfigCheck.positive(embeddingSize, "embedding_size") }
        if !characters.isEmpty {
            try ConfigCheck.positive(characterEmbeddingSize, "character_embedding_size")
            try ConfigCheck.positive(characterFilterCount, "character_filter_count")
            try ConfigCheck.positive(characterFilterWidth, "character_filter_width", atMost: 64)
        }
        if contextLayerCount != 0 {
            try ConfigCheck.positive(
                contextLayerCount, "context_layers", atMost: ConfigCheck.mostLayers)
            try ConfigCheck.positive(contextSize, "context_size")
        }
        guard embeddingSize != 0 || !characters.isEmpty || contextLayerCount != 0 else {
            throw ModelError(
                .configuration,
                "embedding_size and context_layers are 0 and characters is empty, so that nothing "
                    + "tells words apart; expected one of them to be above 0")
        }
        try ConfigCheck.probability(dropoutProbability, "dropout")
        guard tags.count >= 2, Set(tags).count == tags.count else {
            throw ModelError(
                .configuration, "tags has \(Set(tags).count) different ones, expected at least 2")
        }
        try ConfigCheck.parameters(self)
    }

    var networkOptions: RecurrentOptions {
        RecurrentOptions(
            cell: .lstm, inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layerCount,
            bidirectional: true, dropout: dropoutProbability)
    }

    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case embeddingSize = "embedding_size"
        case characters
        case characterEmbeddingSize = "character_embedding_size"
        case characterFilterCount = "character_filter_count"
        case characterFilterWidth = "character_filter_width"
        case contextLayerCount = "context_layers"
        case contextSize = "context_size"
        case hiddenSize = "hidden_size"
        case layerCount = "num_hidden_layers"
        case dropoutProbability = "dropout"
        case usesCRF = "crf"
        case tags
        case scheme = "tagging_scheme"
    }

    /// Reads a tagger's `config.json`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decodeIfPresent(String.self, forKey: .modelType) ?? ""
        try ConfigCheck.supported(type, Self.modelType, "model_type")
        vocabularySize = try values.decode(Int.self, forKey: .vocabularySize)
        embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
        characters = try values.decode(String.self, forKey: .characters)
        characterEmbeddingSize = try values.decode(Int.self, forKey: .characterEmbeddingSize)
        characterFilterCount = try values.decode(Int.self, forKey: .characterFilterCount)
        characterFilterWidth = try values.decode(Int.self, forKey: .characterFilterWidth)
        contextLayerCount = try values.decode(Int.self, forKey: .contextLayerCount)
        contextSize = try values.decode(Int.self, forKey: .contextSize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        dropoutProbability = try values.decode(Float.self, forKey: .dropoutProbability)
        usesCRF = try values.decode(Bool.self, forKey: .usesCRF)
        tags = try values.decode([String].self, forKey: .tags)
        scheme = try values.decodeIfPresent(String.self, forKey: .scheme)
    }

    /// Writes the keys, `model_type` included.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(embeddingSize, forKey: .embeddingSize)
        try values.encode(characters, forKey: .characters)
        try values.encode(characterEmbeddingSize, forKey: .characterEmbeddingSize)
        try values.encode(characterFilterCount, forKey: .characterFilterCount)
        try values.encode(characterFilterWidth, forKey: .characterFilterWidth)
        try values.encode(contextLayerCount, forKey: .contextLayerCount)
        try values.encode(contextSize, forKey: .contextSize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
        try values.encode(usesCRF, forKey: .usesCRF)
        try values.encode(tags, forKey: .tags)
        try values.encodeIfPresent(scheme, forKey: .scheme)
    }
}

extension TaggerConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let hidden = Double(hiddenSize)
        let inputs = Double(embeddingSize) + Double(characterFilterCount) + Double(contextSize)
        let above = Double(layerCount - 1) * 8 * hidden * 3 * hidden
        let letters = Double(characterEmbeddingSize) * Double(characterFilterWidth)
        return Double(vocabularySize) * Double(embeddingSize) + 8 * hidden * (inputs + hidden)
            + above + letters * Double(characterFilterCount)
            + Double(characterCount) * Double(characterEmbeddingSize)
    }
}
