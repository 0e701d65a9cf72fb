import SesameNN
import SesameTensor

/// The sizes and choices of an ``RNNLanguageModel``; as JSON its `config.json`.
public struct RNNConfig: Codable, Sendable, Hashable {
    /// How many token ids there are (`vocab_size`).
    public var vocabularySize: Int
    /// What a step of the network does (`cell`).
    public var cell: RecurrentCell
    /// The size of the token vectors (`embedding_size`).
    public var embeddingSize: Int
    /// The size of the states (`hidden_size`).
    public var hiddenSize: Int
    /// What an LSTM's output is projected to (`projection_size`); nil for none.
    public var projectionSize: Int?
    /// How many layers are stacked (`num_layers`).
    public var layerCount: Int
    /// Whether a layer's input is added to its output, from the second on (`residual`).
    public var residual: Bool
    /// Dropout of the token vectors, between layers and of the last layer's output (`dropout`).
    public var dropoutProbability: Float
    /// Whether a sequence's dropout mask is the same at all its tokens (`variational_dropout`).
    public var variationalDropout: Bool
    /// Whether the output shares the token vectors (`tie_word_embeddings`).
    public var tiesEmbeddings: Bool
    /// The standard deviation of fresh token vectors and output weights is this over √3: they are uniform
    /// within it (`initializer_bound`).
    public var initializerBound: Float
    /// Ends a text, where the tokenizer has such a token (`eos_token_id`).
    public var endTokenID: Int?

    /// A configuration; the defaults are two layers of 200, those of Zaremba et al.'s small model of the Penn Treebank
    /// (https://arxiv.org/abs/1409.2329).
    public init(
        vocabularySize: Int, cell: RecurrentCell = .lstm, embeddingSize: Int = 200,
        hiddenSize: Int = 200, projectionSize: Int? = nil, layerCount: Int = 2,
        residual: Bool = false, dropoutProbability: Float = 0, variationalDropout: Bool = false,
        tiesEmbeddings: Bool = false, initializerBound: Float = 0.1, endTokenID: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.cell = cell
        self.embeddingSize = embeddingSize
        self.hiddenSize = hiddenSize
        self.projectionSize = projectionSize
        self.layerCount = layerCount
        self.residual = residual
        self.dropoutProbability = dropoutProbability
        self.variationalDropout = variationalDropout
        self.tiesEmbeddings = tiesEmbeddings
        self.initializerBound = initializerBound
        self.endTokenID = endTokenID
    }

    /// `model_type` in `config.json`.
    public static let modelType = "sesame-rnn"

    /// The size of the network's output.
    public var outputSize: Int { projectionSize ?? hiddenSize }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(embeddingSize, "embedding_size")
        try ConfigCheck.positive(hiddenSize, "hidden_size")
        try ConfigCheck.positive(layerCount, "num_layers", atMost: ConfigCheck.mostLayers)
        if let projectionSize {
            try ConfigCheck.positive(projectionSize, "projection_size")
            guard cell == .lstm else {
                throw ModelError(
                    .configuration, "projection_size is for the cell lstm, not \(cell.rawValue)")
            }
        }
        try ConfigCheck.probability(dropoutProbability, "dropout")
        try ConfigCheck.deviation(initializerBound, "initializer_bound")
        try ConfigCheck.token(endTokenID, vocabularySize, "eos_token_id")
        guard !tiesEmbeddings || embeddingSize == outputSize else {
            throw ModelError(
                .configuration,
                "embedding_size is \(embeddingSize), expected the output's \(outputSize), whose weight "
                    + "is tied to the token vectors (tie_word_embeddings)")
        }
        try ConfigCheck.parameters(self)
    }

    var networkOptions: RecurrentOptions {
        RecurrentOptions(
            cell: cell, inputSize: embeddingSize, hiddenSize: hiddenSize,
            projectionSize: projectionSize, layerCount: layerCount, residual: residual,
            dropout: dropoutProbability, variationalDropout: variationalDropout)
    }
}

extension RNNConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let (hidden, output) = (Double(hiddenSize), Double(outputSize))
        let gates = Double(cell.gateCount) * hidden
        let tables = Double(vocabularySize) * Double(embeddingSize)
        return tables + (tiesEmbeddings ? 0 : Double(vocabularySize) * output)
            + gates * (Double(embeddingSize) + output)
            + Double(layerCount - 1) * gates * 2 * output
    }
}

extension RNNConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case cell
        case embeddingSize = "embedding_size"
        case hiddenSize = "hidden_size"
        case projectionSize = "projection_size"
        case layerCount = "num_layers"
        case residual
        case dropoutProbability = "dropout"
        case variationalDropout = "variational_dropout"
        case tiesEmbeddings = "tie_word_embeddings"
        case initializerBound = "initializer_bound"
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
        let name = try values.decode(String.self, forKey: .cell)
        guard let cell = RecurrentCell(rawValue: name) else {
            let known = RecurrentCell.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError(.configuration, "cell is \(name), expected one of \(known)")
        }
        self.cell = cell
        embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        projectionSize = try values.decodeIfPresent(Int.self, forKey: .projectionSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        residual = try values.decode(Bool.self, forKey: .residual)
        dropoutProbability = try values.decode(Float.self, forKey: .dropoutProbability)
        variationalDropout = try values.decode(Bool.self, forKey: .variationalDropout)
        tiesEmbeddings = try values.decode(Bool.self, forKey: .tiesEmbeddings)
        initializerBound = try values.decode(Float.self, forKey: .initializerBound)
        endTokenID = try values.decodeIfPresent(Int.self, forKey: .endTokenID)
    }

    /// Writes a `config.json`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(cell, forKey: .cell)
        try values.encode(embeddingSize, forKey: .embeddingSize)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encodeIfPresent(projectionSize, forKey: .projectionSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(residual, forKey: .residual)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
        try values.encode(variationalDropout, forKey: .variationalDropout)
        try values.encode(tiesEmbeddings, forKey: .tiesEmbeddings)
        try values.encode(initializerBound, forKey: .initializerBound)
        try values.encodeIfPresent(endTokenID, forKey: .endTokenID)
    }
}
