import SesameNN
import SesameTensor

/// The sizes and choices of a ``BERT``; as JSON, Hugging Face's `config.json` of BERT.
///
/// Defaults are BERT base's.
public struct BERTConfig: Codable, Sendable, Hashable {
    /// How many token ids there are (`vocab_size`).
    public var vocabularySize: Int
    /// How many positions the model knows (`max_position_embeddings`).
    public var maxSequenceLength: Int
    /// How many segments a text may have (`type_vocab_size`).
    public var typeCount: Int
    /// The size of the states (`hidden_size`).
    public var hiddenSize: Int
    /// How many layers (`num_hidden_layers`).
    public var layerCount: Int
    /// How many attention heads a layer (`num_attention_heads`).
    public var headCount: Int
    /// The inner size of a layer's network (`intermediate_size`).
    public var feedForwardSize: Int
    /// The network's activation (`hidden_act`: gelu, gelu_new, relu, tanh).
    public var activation: Activation
    /// Dropout of embeddings and sublayers' outputs (`hidden_dropout_prob`).
    public var hiddenDropoutProbability: Float
    /// Dropout of attention weights (`attention_probs_dropout_prob`).
    public var attentionDropoutProbability: Float
    /// The norms' epsilon (`layer_norm_eps`).
    public var layerNormEpsilon: Float
    /// The standard deviation of fresh weights (`initializer_range`).
    public var initializerDeviation: Float
    /// The id that fills short sequences (`pad_token_id`).
    public var paddingTokenID: Int
    /// Whether one layer's weights are used for all (`shared_layers`), as ALBERT has it. The key is our own; the file holds the
    /// layer once for each use, so that other programs read it as a BERT like any other.
    ///
    /// Source: Lan et al. 2020, ALBERT, https://arxiv.org/abs/1909.11942, section 3.1, cross-layer parameter sharing.
    public var sharesLayers: Bool

    /// A configuration; see the properties. `dropoutProbability` is that of both dropouts.
    public init(
        vocabularySize: Int = 30522, maxSequenceLength: Int = 512, typeCount: Int = 2,
        hiddenSize: Int = 768, layerCount: Int = 12, headCount: Int = 12,
        feedForwardSize: Int = 3072, activation: Activation = .gelu,
        dropoutProbability: Float = 0.1, layerNormEpsilon: Float = 1e-12,
        initializerDeviation: Float = 0.02, paddingTokenID: Int = 0, sharesLayers: Bool = false
    ) {
        self.vocabularySize = vocabularySize
        self.maxSequenceLength = maxSequenceLength
        self.typeCount = typeCount
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.feedForwardSize = feedForwardSize
        self.activation = activation
        hiddenDropoutProbability = dropoutProbability
        attentionDropoutProbability = dropoutProbability
        self.layerNormEpsilon = layerNormEpsilon
        self.initializerDeviation = initializerDeviation
        self.paddingTokenID = paddingTokenID
        self.sharesLayers = sharesLayers
    }

    /// 2 layers, 128 wide: 4.4 million parameters with BERT's own vocabulary.
    ///
    /// Source: Turc et al. 2019, Well-Read Students Learn Better, https://arxiv.org/abs/1908.08962; also
    /// for ``mini(vocabularySize:maxSequenceLength:)`` and ``small(vocabularySize:maxSequenceLength:)``.
    public static func tiny(vocabularySize: Int = 30522, maxSequenceLength: Int = 512) -> BERTConfig
    {
        sized(vocabularySize, maxSequenceLength, layers: 2, hidden: 128)
    }
    /// 4 layers, 256 wide: 11 million parameters with BERT's own vocabulary.
    public static func mini(vocabularySize: Int = 30522, maxSequenceLength: Int = 512) -> BERTConfig
    {
        sized(vocabularySize, maxSequenceLength, layers: 4, hidden: 256)
    }
    /// 4 layers, 512 wide: 29 million parameters with BERT's own vocabulary.
    public static func small(vocabularySize: Int = 30522, maxSequenceLength: Int = 512)
        -> BERTConfig
    {
        sized(vocabularySize, maxSequenceLength, layers: 4, hidden: 512)
    }
    /// 8 layers, 512 wide: 41 million parameters with BERT's own vocabulary.
    public static func medium(vocabularySize: Int = 30522, maxSequenceLength: Int = 512)
        -> BERTConfig
    {
        sized(vocabularySize, maxSequenceLength, layers: 8, hidden: 512)
    }
    /// 24 layers, 1024 wide: 335 million parameters with BERT's own vocabulary.
    public static func large(vocabularySize: Int = 30522, maxSequenceLength: Int = 512)
        -> BERTConfig
    {
        sized(vocabularySize, maxSequenceLength, layers: 24, hidden: 1024)
    }
    /// 12 layers, 768 wide: 110 million parameters with BERT's own vocabulary.
    public static func base(vocabularySize: Int = 30522, maxSequenceLength: Int = 512) -> BERTConfig
    {
        sized(vocabularySize, maxSequenceLength, layers: 12, hidden: 768)
    }

    private static func sized(_ vocabulary: Int, _ length: Int, layers: Int, hidden: Int)
        -> BERTConfig
    {
        BERTConfig(
            vocabularySize: vocabulary, maxSequenceLength: length, hiddenSize: hidden,
            layerCount: layers, headCount: hidden / 64, feedForwardSize: 4 * hidden)
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(maxSequenceLength, "max_position_embeddings")
        try ConfigCheck.positive(typeCount, "type_vocab_size")
        try ConfigCheck.positive(
            layerCount, "num_hidden_layers", atMost: ConfigCheck.mostLayers)
        try ConfigCheck.heads(hiddenSize, "hidden_size", headCount, "num_attention_heads")
        try ConfigCheck.positive(feedForwardSize, "intermediate_size")
        try ConfigCheck.parameters(self)
        try ConfigCheck.probability(hiddenDropoutProbability, "hidden_dropout_prob")
        try ConfigCheck.probability(attentionDropoutProbability, "attention_probs_dropout_prob")
        try ConfigCheck.epsilon(layerNormEpsilon, "layer_norm_eps")
        try ConfigCheck.deviation(initializerDeviation, "initializer_range")
        try ConfigCheck.token(paddingTokenID, vocabularySize, "pad_token_id")
    }

    var layerOptions: TransformerLayerOptions {
        TransformerLayerOptions(
            hiddenSize: hiddenSize, headCount: headCount, feedForwardSize: feedForwardSize,
            activation: activation, norm: .post, layerNormEpsilon: layerNormEpsilon,
            dropoutProbability: hiddenDropoutProbability,
            attentionDropoutProbability: attentionDropoutProbability, initializer: initializer)
    }

    /// The paper's weights are truncated at two deviations.
    var initializer: Initializer { .truncatedNormal(initializerDeviation) }
}

extension BERTConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case maxSequenceLength = "max_position_embeddings"
        case typeCount = "type_vocab_size"
        case hiddenSize = "hidden_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case feedForwardSize = "intermediate_size"
        case activation = "hidden_act"
        case hiddenDropoutProbability = "hidden_dropout_prob"
        case attentionDropoutProbability = "attention_probs_dropout_prob"
        case layerNormEpsilon = "layer_norm_eps"
        case initializerDeviation = "initializer_range"
        case paddingTokenID = "pad_token_id"
        case sharesLayers = "shared_layers"
        case positionKind = "position_embedding_type"
        case isDecoder = "is_decoder"
        case hasCrossAttention = "add_cross_attention"
        case tiesEmbeddings = "tie_word_embeddings"
        case prunedHeads = "pruned_heads"
    }

    /// Reads a BERT `config.json`; what it leaves out has BERT base's value, and keys it does not know are skipped.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` for a choice that is not supported, by its key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, _ standard: T) throws -> T {
            try values.decodeIfPresent(T.self, forKey: key) ?? standard
        }
        self.init()
        let type = try read(.modelType, "bert")
        guard type == "bert" else {
            throw ModelError(.configuration, "model_type is \(type), expected bert")
        }
        try ConfigCheck.supported(
            read(.positionKind, "absolute"), "absolute", "position_embedding_type")
        try ConfigCheck.supported(read(.isDecoder, false), false, "is_decoder")
        try ConfigCheck.supported(read(.hasCrossAttention, false), false, "add_cross_attention")
        try ConfigCheck.supported(read(.tiesEmbeddings, true), true, "tie_word_embeddings")
        let pruned = try read(.prunedHeads, [String: [Int]]()).filter { !$0.value.isEmpty }
        try ConfigCheck.supported(pruned, [:], "pruned_heads")
        vocabularySize = try read(.vocabularySize, vocabularySize)
        maxSequenceLength = try read(.maxSequenceLength, maxSequenceLength)
        typeCount = try read(.typeCount, typeCount)
        hiddenSize = try read(.hiddenSize, hiddenSize)
        layerCount = try read(.layerCount, layerCount)
        headCount = try read(.headCount, headCount)
        feedForwardSize = try read(.feedForwardSize, feedForwardSize)
        activation = try ConfigCheck.activation(read(.activation, "gelu"), "hidden_act")
        hiddenDropoutProbability = try read(.hiddenDropoutProbability, 0.1)
        attentionDropoutProbability = try read(.attentionDropoutProbability, 0.1)
        layerNormEpsilon = try read(.layerNormEpsilon, layerNormEpsilon)
        initializerDeviation = try read(.initializerDeviation, initializerDeviation)
        paddingTokenID = try read(.paddingTokenID, paddingTokenID)
        sharesLayers = try read(.sharesLayers, false)
    }

    /// Writes Hugging Face's keys.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode("bert", forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(maxSequenceLength, forKey: .maxSequenceLength)
        try values.encode(typeCount, forKey: .typeCount)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(headCount, forKey: .headCount)
        try values.encode(feedForwardSize, forKey: .feedForwardSize)
        try values.encode(ConfigCheck.name(activation), forKey: .activation)
        try values.encode(hiddenDropoutProbability, forKey: .hiddenDropoutProbability)
        try values.encode(attentionDropoutProbability, forKey: .attentionDropoutProbability)
        try values.encode(layerNormEpsilon, forKey: .layerNormEpsilon)
        try values.encode(initializerDeviation, forKey: .initializerDeviation)
        try values.encode(paddingTokenID, forKey: .paddingTokenID)
        if sharesLayers { try values.encode(true, forKey: .sharesLayers) }
    }
}
