import SesameNN
import SesameTensor

/// The sizes and choices of an ``ELMo``; as JSON, a `config.json` with `model_type` `sesame-elmo`.
public struct ELMoConfig: Codable, Sendable, Hashable {
    /// Filters of one width of the character network.
    public struct Filters: Codable, Sendable, Hashable {
        /// Bytes a filter sees.
        public var width: Int
        /// How many filters there are.
        public var count: Int

        /// Filters of one width.
        public init(width: Int, count: Int) {
            self.width = width
            self.count = count
        }
    }

    /// How many words the language models predict (`vocab_size`), the sentence boundary not counted.
    public var vocabularySize: Int
    /// The size of a byte's vector (`char_size`).
    public var characterSize: Int
    /// The character network's filters (`filters`).
    public var filters: [Filters]
    /// Its highway layers (`highway_layers`).
    public var highwayLayerCount: Int
    /// The size of a word's vector, and of a direction's states (`projection_size`).
    public var projectionSize: Int
    /// The size of the LSTMs' cells (`hidden_size`).
    public var hiddenSize: Int
    /// Layers of each direction (`num_layers`).
    public var layerCount: Int
    /// The bound of an LSTM's |c| (`cell_clip`); nil for none.
    public var cellClip: Float?
    /// The bound of a projected |h| (`projection_clip`); nil for none.
    public var projectionClip: Float?
    /// Dropout of word vectors, between layers and of the last states (`dropout`).
    public var dropoutProbability: Float
    /// Bytes of a word that are looked at (`max_word_bytes`); 50 in the paper's model.
    public var maxWordBytes: Int

    /// A configuration whose defaults are a small model for a CPU; the paper's has 2,048 filters of widths up to
    /// 7, cells of 4,096 and a projection to 512.
    public init(
        vocabularySize: Int, characterSize: Int = 16, filters: [Filters] = ELMoConfig.smallFilters,
        highwayLayerCount: Int = 1, projectionSize: Int = 128, hiddenSize: Int = 512,
        layerCount: Int = 2, cellClip: Float? = 3, projectionClip: Float? = 3,
        dropoutProbability: Float = 0.1, maxWordBytes: Int = 50
    ) {
        self.vocabularySize = vocabularySize
        self.characterSize = characterSize
        self.filters = filters
        self.highwayLayerCount = highwayLayerCount
        self.projectionSize = projectionSize
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.cellClip = cellClip
        self.projectionClip = projectionClip
        self.dropoutProbability = dropoutProbability
        self.maxWordBytes = maxWordBytes
    }

    /// 512 filters of widths 1 to 5.
    public static let smallFilters = [
        Filters(width: 1, count: 32), Filters(width: 2, count: 32), Filters(width: 3, count: 64),
        Filters(width: 4, count: 128), Filters(width: 5, count: 256),
    ]

    /// `sesame-elmo`.
    public static let modelType = "sesame-elmo"

    /// How many filters there are.
    public var filterCount: Int { filters.reduce(0) { $0 + $1.count } }

    /// The size of a word's vector from each layer: both directions.
    public var vectorSize: Int { 2 * projectionSize }

    /// Layers of vectors: the words' own, and those of the LSTMs.
    public var vectorLayerCount: Int { layerCount + 1 }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(characterSize, "char_size")
        try ConfigCheck.positive(
            filters.count, "the number of filters' widths", atMost: ConfigCheck.mostLayers)
        for filter in filters {
            try ConfigCheck.positive(filter.width, "a width of filters", atMost: 1024)
            try ConfigCheck.positive(filter.count, "a count of filters")
        }
        if highwayLayerCount != 0 {
            try ConfigCheck.positive(
                highwayLayerCount, "highway_layers", atMost: ConfigCheck.mostLayers)
        }
        try ConfigCheck.positive(projectionSize, "projection_size")
        try ConfigCheck.positive(hiddenSize, "hidden_size")
        try ConfigCheck.positive(layerCount, "num_layers", atMost: ConfigCheck.mostLayers)
        try ConfigCheck.probability(dropoutProbability, "dropout")
        try ConfigCheck.positive(maxWordBytes, "max_word_bytes", atMost: 1 << 16)
        for (clip, key) in [(cellClip, "cell_clip"), (projectionClip, "projection_clip")] {
            guard let clip else { continue }
            guard clip > 0, clip.isFinite else {
                throw ModelError(.configuration, "\(key) is \(clip), expected above 0 or null")
            }
        }
        try ConfigCheck.parameters(self)
    }

    var networkOptions: RecurrentOptions {
        RecurrentOptions(
            cell: .lstm, inputSize: projectionSize, hiddenSize: hiddenSize,
            projectionSize: projectionSize, layerCount: layerCount, bidirectional: true,
            independentDirections: true, residual: true, dropout: dropoutProbability,
            cellClip: cellClip, projectionClip: projectionClip)
    }
}

extension ELMoConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let (filters, size) = (Double(filterCount), Double(projectionSize))
        let convolutions = self.filters.reduce(0.0) {
            $0 + Double($1.width) * Double($1.count) * Double(characterSize)
        }
        return convolutions + 2 * Double(highwayLayerCount) * filters * filters
            + filters * size + Double(vocabularySize) * size
            + 2 * Double(layerCount) * Double(hiddenSize) * 9 * size
    }
}

extension ELMoConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case characterSize = "char_size"
        case filters
        case highwayLayerCount = "highway_layers"
        case projectionSize = "projection_size"
        case hiddenSize = "hidden_size"
        case layerCount = "num_layers"
        case cellClip = "cell_clip"
        case projectionClip = "projection_clip"
        case dropoutProbability = "dropout"
        case maxWordBytes = "max_word_bytes"
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
        characterSize = try values.decode(Int.self, forKey: .characterSize)
        filters = try values.decode([Filters].self, forKey: .filters)
        highwayLayerCount = try values.decode(Int.self, forKey: .highwayLayerCount)
        projectionSize = try values.decode(Int.self, forKey: .projectionSize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        cellClip = try values.decodeIfPresent(Float.self, forKey: .cellClip)
        projectionClip = try values.decodeIfPresent(Float.self, forKey: .projectionClip)
        dropoutProbability = try values.decode(Float.self, forKey: .dropoutProbability)
        maxWordBytes = try values.decode(Int.self, forKey: .maxWordBytes)
    }

    /// Writes a `config.json`'s keys.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(characterSize, forKey: .characterSize)
        try values.encode(filters, forKey: .filters)
        try values.encode(highwayLayerCount, forKey: .highwayLayerCount)
        try values.encode(projectionSize, forKey: .projectionSize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encodeIfPresent(cellClip, forKey: .cellClip)
        try values.encodeIfPresent(projectionClip, forKey: .projectionClip)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
        try values.encode(maxWordBytes, forKey: .maxWordBytes)
    }
}
