import SesameNN
import SesameTensor

/// The sizes and choices of a ``Transformer``; as JSON, the `config.json` of its folder.
public struct TransformerConfig: Codable, Sendable, Hashable {
    /// Sizes and special tokens of both sides (`source_vocab_size`, `vocab_size`, `shared_vocab`, `bos_token_id`,
    /// `eos_token_id`).
    public var vocabularies: Seq2SeqVocabularies
    /// Width, layers and heads (`hidden_size`, `encoder_layers`, `decoder_layers`, `num_attention_heads`,
    /// `intermediate_size`).
    public var sizes: TransformerSizes
    /// Where layers normalize (`norm`: post or pre). The paper has post; pre learns at higher rates, and each
    /// side then ends in a norm of its own.
    public var norm: NormPlacement
    /// Of the position-wise networks (`hidden_act`); relu in the paper.
    public var activation: Activation
    /// Whether tokens' vectors are multiplied with √hidden size (`scale_embedding`), so that they are as
    /// large as the positions' waves that are added to them.
    public var scalesEmbeddings: Bool
    /// Whether the output shares the target's vectors (`tie_word_embeddings`).
    public var tiesEmbeddings: Bool
    /// Dropout of embeddings with their positions, and of each sublayer's output (`dropout`).
    public var dropoutProbability: Float
    /// Dropout of attention weights (`attention_dropout`); 0 in the paper.
    public var attentionDropoutProbability: Float
    /// Dropout inside the position-wise networks (`activation_dropout`); 0 in the paper.
    public var activationDropoutProbability: Float
    /// The norms' epsilon (`layer_norm_eps`).
    public var layerNormEpsilon: Float

    /// A configuration; the defaults are the paper's base model.
    public init(
        vocabularies: Seq2SeqVocabularies, sizes: TransformerSizes = .base,
        norm: NormPlacement = .post, activation: Activation = .relu,
        scalesEmbeddings: Bool = true, tiesEmbeddings: Bool = true,
        dropoutProbability: Float = 0.1, attentionDropoutProbability: Float = 0,
        activationDropoutProbability: Float = 0, layerNormEpsilon: Float = 1e-5
    ) {
        self.vocabularies = vocabularies
        self.sizes = sizes
        self.norm = norm
        self.activation = activation
        self.scalesEmbeddings = scalesEmbeddings
        self.tiesEmbeddings = tiesEmbeddings
        self.dropoutProbability = dropoutProbability
        self.attentionDropoutProbability = attentionDropoutProbability
        self.activationDropoutProbability = activationDropoutProbability
        self.layerNormEpsilon = layerNormEpsilon
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try vocabularies.validate()
        try ConfigCheck.heads(
            sizes.hiddenSize, "hidden_size", sizes.headCount, "num_attention_heads")
        let mostLayers = ConfigCheck.mostLayers
        try ConfigCheck.positive(sizes.encoderLayerCount, "encoder_layers", atMost: mostLayers)
        try ConfigCheck.positive(sizes.decoderLayerCount, "decoder_layers", atMost: mostLayers)
        try ConfigCheck.positive(sizes.feedForwardSize, "intermediate_size")
        _ = try ConfigCheck.activation(ConfigCheck.name(activation), "hidden_act")
        try ConfigCheck.parameters(self)
        try ConfigCheck.probability(dropoutProbability, "dropout")
        try ConfigCheck.probability(attentionDropoutProbability, "attention_dropout")
        try ConfigCheck.probability(activationDropoutProbability, "activation_dropout")
        try ConfigCheck.epsilon(layerNormEpsilon, "layer_norm_eps")
    }

    var layerOptions: TransformerLayerOptions {
        TransformerLayerOptions(
            hiddenSize: sizes.hiddenSize, headCount: sizes.headCount,
            feedForwardSize: sizes.feedForwardSize, activation: activation, norm: norm,
            layerNormEpsilon: layerNormEpsilon, dropoutProbability: dropoutProbability,
            attentionDropoutProbability: attentionDropoutProbability,
            activationDropoutProbability: activationDropoutProbability)
    }
}

extension TransformerConfig {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case hiddenSize = "hidden_size"
        case encoderLayerCount = "encoder_layers"
        case decoderLayerCount = "decoder_layers"
        case headCount = "num_attention_heads"
        case feedForwardSize = "intermediate_size"
        case norm
        case positions = "position_embedding_type"
        case activation = "hidden_act"
        case scalesEmbeddings = "scale_embedding"
        case tiesEmbeddings = "tie_word_embeddings"
        case dropoutProbability = "dropout"
        case attentionDropoutProbability = "attention_dropout"
        case activationDropoutProbability = "activation_dropout"
        case layerNormEpsilon = "layer_norm_eps"
    }

    /// `model_type` of a Transformer's folder.
    public static let modelType = "sesame-transformer"

    /// The one kind of positions there is: sines and cosines in turn.
    private static let positions = "sinusoidal"

    /// Reads a `config.json`.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` for another kind of model.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try ConfigCheck.supported(
            values.decode(String.self, forKey: .modelType), Self.modelType, "model_type")
        try ConfigCheck.supported(
            values.decodeIfPresent(String.self, forKey: .positions) ?? Self.positions,
            Self.positions, "position_embedding_type")
        vocabularies = try Seq2SeqVocabularies(from: decoder)
        sizes = TransformerSizes(
            hiddenSize: try values.decode(Int.self, forKey: .hiddenSize),
            layerCount: try values.decode(Int.self, forKey: .encoderLayerCount),
            decoderLayerCount: try values.decode(Int.self, forKey: .decoderLayerCount),
            headCount: try values.decode(Int.self, forKey: .headCount),
            feedForwardSize: try values.decode(Int.self, forKey: .feedForwardSize))
        norm = try ConfigCheck.choice(values.decode(String.self, forKey: .norm), "norm")
        activation = try ConfigCheck.activation(
            values.decode(String.self, forKey: .activation), "hidden_act")
        scalesEmbeddings = try values.decode(Bool.self, forKey: .scalesEmbeddings)
        tiesEmbeddings = try values.decode(Bool.self, forKey: .tiesEmbeddings)
        dropoutProbability = try values.decode(Float.self, forKey: .dropoutProbability)
        attentionDropoutProbability = try values.decode(
            Float.self, forKey: .attentionDropoutProbability)
        activationDropoutProbability = try values.decode(
            Float.self, forKey: .activationDropoutProbability)
        layerNormEpsilon = try values.decode(Float.self, forKey: .layerNormEpsilon)
    }

    /// Writes the keys.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try values.encode(Self.positions, forKey: .positions)
        try vocabularies.encode(to: encoder)
        try values.encode(sizes.hiddenSize, forKey: .hiddenSize)
        try values.encode(sizes.encoderLayerCount, forKey: .encoderLayerCount)
        try values.encode(sizes.decoderLayerCount, forKey: .decoderLayerCount)
        try values.encode(sizes.headCount, forKey: .headCount)
        try values.encode(sizes.feedForwardSize, forKey: .feedForwardSize)
        try values.encode(norm.rawValue, forKey: .norm)
        try values.encode(ConfigCheck.name(activation), forKey: .activation)
        try values.encode(scalesEmbeddings, forKey: .scalesEmbeddings)
        try values.encode(tiesEmbeddings, forKey: .tiesEmbeddings)
        try values.encode(dropoutProbability, forKey: .dropoutProbability)
        try values.encode(attentionDropoutProbability, forKey: .attentionDropoutProbability)
        try values.encode(activationDropoutProbability, forKey: .activationDropoutProbability)
        try values.encode(layerNormEpsilon, forKey: .layerNormEpsilon)
    }
}

extension TransformerConfig: SizedConfiguration {
    package var approximateParameterCount: Double {
        let (hidden, inner) = (Double(sizes.hiddenSize), Double(sizes.feedForwardSize))
        return vocabularies.vectorCount(tiesEmbeddings: tiesEmbeddings) * hidden
            + Double(sizes.encoderLayerCount) * hidden * (4 * hidden + 2 * inner)
            + Double(sizes.decoderLayerCount) * hidden * (8 * hidden + 2 * inner)
    }
}
