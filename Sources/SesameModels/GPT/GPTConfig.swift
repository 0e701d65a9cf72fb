import SesameNN
import SesameTensor

/// The sizes and choices of a ``GPT``; as JSON, Hugging Face's `config.json` of GPT-2.
///
/// With a ``band``, which GPT-2 does not know, the file's `model_type` is ``ownModelType``, so that no other
/// program takes the model for a dense one; `attention_layers` and `window_size` are GPT-Neo's.
/// Defaults are GPT-2's of 124 million parameters.
public struct GPTConfig: Codable, Sendable, Hashable {
    /// How many token ids there are (`vocab_size`).
    public var vocabularySize: Int
    /// How many positions the model knows (`n_positions`).
    public var maxSequenceLength: Int
    /// The size of the residual stream (`n_embd`).
    public var hiddenSize: Int
    /// How many blocks (`n_layer`).
    public var layerCount: Int
    /// How many attention heads a block (`n_head`).
    public var headCount: Int
    /// The inner size of a block's network (`n_inner`); nil means four times the hidden size.
    public var feedForwardSize: Int?
    /// The network's activation (`activation_function`: gelu_new, gelu, relu, tanh).
    public var activation: Activation
    /// Dropout of each sublayer's output (`resid_pdrop`).
    public var residualDropoutProbability: Float
    /// Dropout of the embeddings (`embd_pdrop`).
    public var embeddingDropoutProbability: Float
    /// Dropout of attention weights (`attn_pdrop`).
    public var attentionDropoutProbability: Float
    /// The norms' epsilon (`layer_norm_epsilon`).
    public var layerNormEpsilon: Float
    /// The standard deviation of fresh weights (`initializer_range`).
    public var initializerDeviation: Float
    /// Whether the output shares the token vectors (`tie_word_embeddings`).
    public var tiesEmbeddings: Bool
    /// Which layers look back only so far; nil where every position sees all before it.
    public var band: AttentionBand?
    /// Begins a text, where the tokenizer has such a token (`bos_token_id`).
    public var beginningTokenID: Int?
    /// Ends a text, where the tokenizer has such a token (`eos_token_id`).
    public var endTokenID: Int?
    /// Fills short texts, where the tokenizer has such a token (`pad_token_id`).
    public var paddingTokenID: Int?

    /// A configuration; see the properties. `dropoutProbability` is that of all three dropouts.
    public init(
        vocabularySize: Int = 50257, maxSequenceLength: Int = 1024, hiddenSize: Int = 768,
        layerCount: Int = 12, headCount: Int = 12, feedForwardSize: Int? = nil,
        activation: Activation = .geluTanh, dropoutProbability: Float = 0.1,
        layerNormEpsilon: Float = 1e-5, initializerDeviation: Float = 0.02,
        tiesEmbeddings: Bool = true, band: AttentionBand? = nil,
        beginningTokenID: Int? = nil, endTokenID: Int? = nil, paddingTokenID: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.maxSequenceLength = maxSequenceLength
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.feedForwardSize = feedForwardSize
        self.activation = activation
        residualDropoutProbability = dropoutProbability
        embeddingDropoutProbability = dropoutProbability
        attentionDropoutProbability = dropoutProbability
        self.layerNormEpsilon = layerNormEpsilon
        self.initializerDeviation = initializerDeviation
        self.tiesEmbeddings = tiesEmbeddings
        self.band = band
        self.beginningTokenID = beginningTokenID
        self.endTokenID = endTokenID
        self.paddingTokenID = paddingTokenID
    }

    /// GPT-1's sizes, 117 million parameters, in GPT-2's block: 12 layers, 768 wide, context 512.
    ///
    /// Source: Radford et al. 2018, Improving Language Understanding by Generative Pre-Training, section 4.1.
    public static let gpt1 = GPTConfig(vocabularySize: 40478, maxSequenceLength: 512)
    /// GPT-2 with 124 million parameters.
    ///
    /// Source: Radford et al. 2019, Language Models are Unsupervised Multitask Learners, table 2; also for the others.
    public static let gpt2 = GPTConfig()
    /// GPT-2 with 355 million parameters: 24 layers, 1024 wide.
    public static let gpt2Medium = GPTConfig(hiddenSize: 1024, layerCount: 24, headCount: 16)
    /// GPT-2 with 774 million parameters: 36 layers, 1280 wide.
    public static let gpt2Large = GPTConfig(hiddenSize: 1280, layerCount: 36, headCount: 20)
    /// GPT-2 with 1558 million parameters: 48 layers, 1600 wide.
    public static let gpt2XL = GPTConfig(hiddenSize: 1600, layerCount: 48, headCount: 25)
    /// nanoGPT's model for a CPU: 4 layers, 128 wide, context 64, 0.8 million parameters and the vocabulary's.
    public static func nano(vocabularySize: Int) -> GPTConfig {
        GPTConfig(
            vocabularySize: vocabularySize, maxSequenceLength: 64, hiddenSize: 128, layerCount: 4,
            headCount: 4, dropoutProbability: 0)
    }
    /// nanoGPT's model for characters: 6 layers, 384 wide, context 256, 10.7 million parameters, dropout 0.2.
    public static func baby(vocabularySize: Int) -> GPTConfig {
        GPTConfig(
            vocabularySize: vocabularySize, maxSequenceLength: 256, hiddenSize: 384, layerCount: 6,
            headCount: 6, dropoutProbability: 0.2)
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(maxSequenceLength, "n_positions")
        try ConfigCheck.positive(
            layerCount, "n_layer", atMost: ConfigCheck.mostLayers)
        try ConfigCheck.heads(hiddenSize, "n_embd", headCount, "n_head")
        if let feedForwardSize { try ConfigCheck.positive(feedForwardSize, "n_inner") }
        try ConfigCheck.parameters(self)
        try ConfigCheck.probability(residualDropoutProbability, "resid_pdrop")
        try ConfigCheck.probability(embeddingDropoutProbability, "embd_pdrop")
        try ConfigCheck.probability(attentionDropoutProbability, "attn_pdrop")
        try ConfigCheck.epsilon(layerNormEpsilon, "layer_norm_epsilon")
        try ConfigCheck.deviation(initializerDeviation, "initializer_range")
        try band?.validate(layerCount: layerCount)
        try ConfigCheck.token(beginningTokenID, vocabularySize, "bos_token_id")
        try ConfigCheck.token(endTokenID, vocabularySize, "eos_token_id")
        try ConfigCheck.token(paddingTokenID, vocabularySize, "pad_token_id")
    }

    /// `model_type` of a GPT that other programs do not know: one with a ``band``, or read in both orders.
    public static let ownModelType = "sesame-gpt"

    /// A block's options: projections into the residual stream begin smaller, by 1/√(2 · layers).
    func options(ofLayer layer: Int) -> TransformerLayerOptions {
        TransformerLayerOptions(
            hiddenSize: hiddenSize, headCount: headCount,
            feedForwardSize: feedForwardSize ?? 4 * hiddenSize, activation: activation, norm: .pre,
            layerNormEpsilon: layerNormEpsilon, dropoutProbability: residualDropoutProbability,
            attentionDropoutProbability: attentionDropoutProbability,
            attentionBand: band.flatMap { $0.layers.contains(layer) ? $0.width : nil },
            initializer: .normal(initializerDeviation),
            outputInitializer: .normal(
                initializerDeviation / Float(2 * layerCount).squareRoot()))
    }
}

extension GPTConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case maxSequenceLength = "n_positions"
        case hiddenSize = "n_embd"
        case layerCount = "n_layer"
        case headCount = "n_head"
        case feedForwardSize = "n_inner"
        case activation = "activation_function"
        case residualDropoutProbability = "resid_pdrop"
        case embeddingDropoutProbability = "embd_pdrop"
        case attentionDropoutProbability = "attn_pdrop"
        case layerNormEpsilon = "layer_norm_epsilon"
        case initializerDeviation = "initializer_range"
        case beginningTokenID = "bos_token_id"
        case endTokenID = "eos_token_id"
        case paddingTokenID = "pad_token_id"
        case tiesEmbeddings = "tie_word_embeddings"
        case attentionLayers = "attention_layers"
        case windowSize = "window_size"
        case scalesAttention = "scale_attn_weights"
        case scalesAttentionByLayer = "scale_attn_by_inverse_layer_idx"
        case hasCrossAttention = "add_cross_attention"
    }

    /// Reads a GPT-2 `config.json`; what it leaves out has GPT-2's value, and keys it does not know are skipped.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` for a choice that is not supported, by its key.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, _ standard: T) throws -> T {
            try values.decodeIfPresent(T.self, forKey: key) ?? standard
        }
        self.init()
        let type = try read(.modelType, "gpt2")
        guard type == "gpt2" || type == Self.ownModelType else {
            throw ModelError(
                .configuration,
                "model_type is \(type), expected gpt2 or \(Self.ownModelType)")
        }
        try ConfigCheck.supported(read(.scalesAttention, true), true, "scale_attn_weights")
        try ConfigCheck.supported(
            read(.scalesAttentionByLayer, false), false, "scale_attn_by_inverse_layer_idx")
        try ConfigCheck.supported(read(.hasCrossAttention, false), false, "add_cross_attention")
        tiesEmbeddings = try read(.tiesEmbeddings, true)
        vocabularySize = try read(.vocabularySize, vocabularySize)
        maxSequenceLength = try read(.maxSequenceLength, maxSequenceLength)
        hiddenSize = try read(.hiddenSize, hiddenSize)
        layerCount = try read(.layerCount, layerCount)
        headCount = try read(.headCount, headCount)
        feedForwardSize = try values.decodeIfPresent(Int.self, forKey: .feedForwardSize)
        activation = try ConfigCheck.activation(
            read(.activation, "gelu_new"), "activation_function")
        residualDropoutProbability = try read(.residualDropoutProbability, 0.1)
        embeddingDropoutProbability = try read(.embeddingDropoutProbability, 0.1)
        attentionDropoutProbability = try read(.attentionDropoutProbability, 0.1)
        layerNormEpsilon = try read(.layerNormEpsilon, layerNormEpsilon)
        initializerDeviation = try read(.initializerDeviation, initializerDeviation)
        beginningTokenID = try values.decodeIfPresent(Int.self, forKey: .beginningTokenID)
        endTokenID = try values.decodeIfPresent(Int.self, forKey: .endTokenID)
        paddingTokenID = try values.decodeIfPresent(Int.self, forKey: .paddingTokenID)
        guard type == Self.ownModelType,
            let names = try values.decodeIfPresent([String].self, forKey: .attentionLayers)
        else { return }
        guard names.count == layerCount else {
            throw ModelError(
                .configuration,
                "attention_layers names \(names.count) layers, expected n_layer, \(layerCount)")
        }
        band = try AttentionBand(names: names, width: values.decode(Int.self, forKey: .windowSize))
    }

    /// Writes Hugging Face's keys.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(
            band == nil ? "gpt2" : Self.ownModelType, forKey: .modelType)
        try values.encodeIfPresent(
            band?.names(layerCount: layerCount), forKey: .attentionLayers)
        try values.encodeIfPresent(band?.width, forKey: .windowSize)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(maxSequenceLength, forKey: .maxSequenceLength)
        try values.encode(hiddenSize, forKey: .hiddenSize)
        try values.encode(layerCount, forKey: .layerCount)
        try values.encode(headCount, forKey: .headCount)
        try values.encode(feedForwardSize, forKey: .feedForwardSize)
        try values.encode(ConfigCheck.name(activation), forKey: .activation)
        try values.encode(residualDropoutProbability, forKey: .residualDropoutProbability)
        try values.encode(embeddingDropoutProbability, forKey: .embeddingDropoutProbability)
        try values.encode(attentionDropoutProbability, forKey: .attentionDropoutProbability)
        try values.encode(layerNormEpsilon, forKey: .layerNormEpsilon)
        try values.encode(initializerDeviation, forKey: .initializerDeviation)
        // An absent id is written as null: without the key, readers assume GPT-2's own 50256.
        try values.encode(beginningTokenID, forKey: .beginningTokenID)
        try values.encode(endTokenID, forKey: .endTokenID)
        try values.encode(paddingTokenID, forKey: .paddingTokenID)
        try values.encode(tiesEmbeddings, forKey: .tiesEmbeddings)
    }
}
