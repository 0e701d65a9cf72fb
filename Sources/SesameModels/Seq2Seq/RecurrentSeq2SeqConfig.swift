import SesameNN
import SesameTensor

/// The sizes and choices of a ``RecurrentSeq2Seq``; as JSON, the `config.json` of its folder.
public struct RecurrentSeq2SeqConfig: Codable, Sendable, Hashable {
    /// Sizes and special tokens of both sides (`source_vocab_size`, `vocab_size`, `shared_vocab`, `bos_token_id`,
    /// `eos_token_id`).
    public var vocabularies: Seq2SeqVocabularies
    /// The size of a token's vector (`embedding_size`), and of what the output is made from.
    public var embeddingSize: Int
    /// The size of each direction's state in the encoder (`encoder_size`).
    public var encoderSize: Int
    /// The size of the decoder's state (`hidden_size`).
    public var hiddenSize: Int
    /// Layers of the encoder, and of the decoder (`num_layers`).
    public var layerCount: Int
    /// What a step does (`cell_type`).
    public var cell: RecurrentCell
    /// How the decoder scores the encoder's states (`attention`: dot, bilinear, additive); nil for a decoder that
    /// knows of the source no more than the state it begins with.
    public var attention: StateAttention.Kind?
    /// Whether the decoder reads, with each token, what it has made of the one before (`input_feeding`).
    ///
    /// Training is then step by step, and several times slower.
    public var inputFeeding: Bool
    /// Whether the output shares the target's vectors (`tie_word_embeddings`).
    public var tiesEmbeddings: Bool
    /// Dropout of vectors, states and between layers (`dropout`).
    public var dropoutProbability: Float

    /// A configuration; see the properties.
    public init(
        vocabularies: Seq2SeqVocabularies, embeddingSize: Int = 256, encoderSize: Int = 256,
        hiddenSize: Int = 512, layerCount: Int = 1, cell: RecurrentCell = .lstm,
        attention: StateAttention.Kind? = .bilinear, inputFeeding: Bool = false,
        tiesEmbeddings: Bool = true, dropoutProbability: Float = 0.3
    ) {
        self.vocabularies = vocabularies
        self.embeddingSize = embeddingSize
        self.encoderSize = encoderSize
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.cell = cell
        self.attention = attention
        self.inputFeeding = inputFeeding
        self.tiesEmbeddings = tiesEmbeddings
        self.dropoutProbability = dropoutProbability
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try vocabularies.validate()
        try ConfigCheck.positive(embeddingSize, "embedding_size")
        try ConfigCheck.positive(encoderSize, "encoder_size")
        try ConfigCheck.positive(hiddenSize, "hidden_size")
        try ConfigCheck.positive(layerCount, "num_layers", atMost: ConfigCheck.mostLayers)
        try ConfigCheck.parameters(self)
        try ConfigCheck.probability(dropoutProbability, "dropout")
        if attention == .dot && hiddenSize != 2 * encoderSize {
            throw ModelError(
                .configuration,
                "hidden_size is \(hiddenSize), expected twice encoder_size, \(2 * encoderSize), "
                    + "for dot attention")
        }
    }

    var encoderOptions: RecurrentOptions {
        RecurrentOptions(
            cell: cell, inputSize: embeddingSize, hiddenSize: encoderSize, layerCount: layerCount,
            bidirectional: true, dropout: dropoutProbability)
    }

    var decoderOptions: RecurrentOptions {
        RecurrentOptions(
            cell: cell, inputSize: inputFeeding ? 2 * embeddingSize : embeddingSize,
            hiddenSize: hiddenSize, layerCount: layerCount, dropout: dropoutProbability)
    }
}

extension RecurrentSeq2SeqConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case embeddingSize = "embedding_size"
        case encoderSize = "encoder_size"
        case hiddenSize = "hidden_size"
        case layerCount = "num_layers"
        case cell = "cell_type"
        case attention
        case inputFeeding = "input_feeding"
        case tiesEmbeddings = "tie_word_embeddings"
        case dropoutProbability = "dropout"
    }

    /// `model_type` of the folders of all models that turn a sequence into another.
    public static let modelType = "sesame-seq2seq"

    /// Reads a `config.json`.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` for another kind of model.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(String.self, forKey: .modelType)
        guard type == Self.modelType else {
            throw ModelError(
                .configuration, "model_type is \(type), expected \(Self.modelType)")
        }
        vocabularies = try Seq2SeqVocabularies(from: decoder)
        embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
        encoderSize = try values.decode(Int.self, forKey: .encoderSize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        cell = try ConfigCheck.choice(values.decode(String.self, forKey: .cell), "cell_type")
        attention = try values.decodeIfPresent(String.self, forKey: .attention).map {
            try ConfigCheck.choice($0, "attention")
        }
        inputFeeding = try values.decode(Bool.self, forKey: .inputFeeding)
        tiesEmbeddings = try values.decode(Bool.self, forKey: .tiesEmbeddings)
        dropoutProbability = try values.decode(Float.self, forKey: .dropoutProbability)
    }

    /// Writes the keys, `attention` as null where there is none.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try vocabularies.encode(to: encoder)
        try values.encode(embeddingSize, forKey: .embeddingSize)
        try values.encode(encoderSize, forKey: .encoderSize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(cell.rawValue, forKey: .cell)
        try values.encode(attention?.rawValue, forKey: .attention)
        try values.encode(inputFeeding, forKey: .inputFeeding)
        try values.encode(tiesEmbeddings, forKey: .tiesEmbeddings)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
    }
}

extension RecurrentSeq2SeqConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let (e, h, d) = (Double(embeddingSize), Double(encoderSize), Double(hiddenSize))
        let gates = Double(4)
        let tables = vocabularies.vectorCount(tiesEmbeddings: tiesEmbeddings)
        let encoder = 2 * gates * h * (e + h) + Double(layerCount - 1) * 2 * gates * h * 3 * h
        let decoder = gates * d * (2 * e + d) + Double(layerCount - 1) * gates * d * 2 * d
        return tables * e + encoder + decoder + (d + 2 * h) * e + 6 * d * h * Double(layerCount)
    }
}
