import SesameTensor

/// The sizes and choices of a ``TextCNN``.
///
/// As JSON, keys of `config.json` with `model_type` `sesame-textcnn`. The defaults are the paper's, but for the
/// size of the vectors: 300 there, because word2vec's have it.
public struct TextCNNConfig: Codable, Sendable, Hashable {
    /// How many token ids the model knows (`vocab_size`).
    public var vocabularySize: Int
    /// The size of a word's own vector (`embedding_size`); 0 for none, beside vectors in context.
    public var embeddingSize: Int
    /// How many layers of vectors in context are mixed in (`context_layers`); 0 for none.
    public var contextLayerCount: Int
    /// The size of a vector in context (`context_size`).
    public var contextSize: Int
    /// How many words the filters see: some filters of each width (`filter_widths`).
    public var widths: [Int]
    /// How many filters there are of each width (`filter_count`).
    public var filterCount: Int
    /// Dropout of the pooled features (`dropout`).
    public var dropoutProbability: Float
    /// Whether each filter's outputs are normalised over the batch (`batch_norm`).
    public var usesBatchNorm: Bool
    /// How many tokens of a text are read (`max_position_embeddings`); the model itself has no limit.
    public var maxSequenceLength: Int

    /// A configuration from its parts.
    public init(
        vocabularySize: Int, embeddingSize: Int = 128, contextLayerCount: Int = 0,
        contextSize: Int = 0, widths: [Int] = [3, 4, 5],
        filterCount: Int = 100, dropoutProbability: Float = 0.5, usesBatchNorm: Bool = false,
        maxSequenceLength: Int = 512
    ) {
        self.vocabularySize = vocabularySize
        self.embeddingSize = embeddingSize
        self.contextLayerCount = contextLayerCount
        self.contextSize = contextSize
        self.widths = widths
        self.filterCount = filterCount
        self.dropoutProbability = dropoutProbability
        self.usesBatchNorm = usesBatchNorm
        self.maxSequenceLength = maxSequenceLength
    }

    /// `sesame-textcnn`.
    public static let modelType = "sesame-textcnn"

    /// The size of what stands for a word: its own vector and the one in context.
    public var wordSize: Int { embeddingSize + (contextLayerCount == 0 ? 0 : contextSize) }

    /// The size of the pooled features.
    public var featureCount: Int { widths.count * filterCount }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration`.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        if embeddingSize != 0 || contextLayerCount == 0 {
            try ConfigCheck.positive(embeddingSize, "embedding_size")
        }
        if contextLayerCount != 0 {
            try ConfigCheck.positive(
                contextLayerCount, "context_layers", atMost: ConfigCheck.mostLayers)
            try ConfigCheck.positive(contextSize, "context_size")
        }
        try ConfigCheck.positive(filterCount, "filter_count")
        try ConfigCheck.positive(maxSequenceLength, "max_position_embeddings")
        try ConfigCheck.positive(
            widths.count, "the number of filter_widths", atMost: ConfigCheck.mostLayers)
        for width in widths {
            try ConfigCheck.positive(width, "filter_widths", atMost: Self.largestWidth)
        }
        try ConfigCheck.probability(dropoutProbability, "dropout")
        try ConfigCheck.parameters(self)
    }

    /// Wider filters than any sentence have no use.
    private static let largestWidth = 1024

    enum CodingKeys: String, CodingKey {
        case vocabularySize = "vocab_size"
        case embeddingSize = "embedding_size"
        case contextLayerCount = "context_layers"
        case contextSize = "context_size"
        case widths = "filter_widths"
        case filterCount = "filter_count"
        case dropoutProbability = "dropout"
        case usesBatchNorm = "batch_norm"
        case maxSequenceLength = "max_position_embeddings"
    }
}

extension TextCNNConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let filters = widths.reduce(0.0) { $0 + Double($1) } * Double(filterCount)
        return Double(embeddingSize) * Double(vocabularySize)
            + (Double(embeddingSize) + Double(contextSize)) * filters
    }
}
