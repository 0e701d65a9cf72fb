import SesameTensor

/// Where a Transformer layer normalizes.
public enum NormPlacement: String, Codable, Sendable, CaseIterable {
    /// Before each sublayer: x + f(norm(x)). GPT-2; the stack needs a norm of its own at the end.
    case pre
    /// After each sum: norm(x + f(x)). The first Transformer, BERT.
    case post
}

/// The sizes and choices of a Transformer layer.
public struct TransformerLayerOptions: Sendable, Hashable {
    /// The size of the residual stream.
    public var hiddenSize: Int
    /// How many attention heads share it.
    public var headCount: Int
    /// The inner size of the position-wise network.
    public var feedForwardSize: Int
    /// The position-wise network's activation.
    public var activation: Activation
    /// Where the layer normalizes.
    public var norm: NormPlacement
    /// The norms' epsilon.
    public var layerNormEpsilon: Float
    /// Dropout of each sublayer's output, before it joins the residual stream.
    public var dropoutProbability: Float
    /// Dropout of attention weights.
    public var attentionDropoutProbability: Float
    /// How many positions each sees where attention is causal, itself included; nil for all before it.
    public var attentionBand: Int?
    /// Dropout inside the position-wise network; PyTorch's layers have it, BERT and GPT-2 do not.
    public var activationDropoutProbability: Float
    /// How weights are drawn; biases begin at zero.
    public var initializer: Initializer
    /// How the weights of the maps that feed the residual stream are drawn; nil means in the same way.
    public var outputInitializer: Initializer?

    /// Options whose defaults are BERT's without dropout.
    public init(
        hiddenSize: Int, headCount: Int, feedForwardSize: Int, activation: Activation = .gelu,
        norm: NormPlacement = .post, layerNormEpsilon: Float = 1e-5, dropoutProbability: Float = 0,
        attentionDropoutProbability: Float = 0, attentionBand: Int? = nil,
        activationDropoutProbability: Float = 0,
        initializer: Initializer = .xavierUniform, outputInitializer: Initializer? = nil
    ) {
        self.hiddenSize = hiddenSize
        self.headCount = headCount
        self.feedForwardSize = feedForwardSize
        self.activation = activation
        self.norm = norm
        self.layerNormEpsilon = layerNormEpsilon
        self.dropoutProbability = dropoutProbability
        self.attentionDropoutProbability = attentionDropoutProbability
        self.attentionBand = attentionBand
        self.activationDropoutProbability = activationDropoutProbability
        self.initializer = initializer
        self.outputInitializer = outputInitializer
    }

    func attention(key: RandomKey) -> MultiHeadAttention {
        MultiHeadAttention(
            hiddenSize: hiddenSize, headCount: headCount,
            dropoutProbability: attentionDropoutProbability, band: attentionBand,
            initializer: initializer, outputInitializer: outputInitializer, key: key)
    }

    func crossAttention(key: RandomKey) -> CrossAttention {
        CrossAttention(
            hiddenSize: hiddenSize, headCount: headCount,
            dropoutProbability: attentionDropoutProbability, initializer: initializer,
            outputInitializer: outputInitializer, key: key)
    }

    func feedForward(key: RandomKey) -> FeedForward {
        FeedForward(
            hiddenSize: hiddenSize, innerSize: feedForwardSize, activation: activation,
            dropoutProbability: activationDropoutProbability, initializer: initializer,
            outputInitializer: outputInitializer, key: key)
    }

    var layerNorm: LayerNorm { LayerNorm(size: hiddenSize, epsilon: layerNormEpsilon) }
}

// How a sublayer joins the residual stream. Without dropout the sum happens in the epilogue of the
// sublayer's last product; with dropout it is part of the norm that follows. Neither costs a pass.

extension LayerNorm {
    /// residual + dropout(sublayer), and its normalization.
    ///
    /// - Parameter sublayer: Its value plus the tensor that it is given.
    func joining(
        _ residual: Tensor, dropout: Dropout, context: ForwardContext,
        sublayer: (Tensor?) -> Tensor
    ) -> (sum: Tensor, normalized: Tensor) {
        guard context.drops(dropout.probability) else {
            let sum = sublayer(residual)
            return (sum, self(sum, context: context))
        }
        return self(
            dropout(sublayer(nil), context: context), residual: residual, context: context)
    }
}

extension Dropout {
    /// residual + dropout(sublayer).
    func joining(
        _ residual: Tensor, context: ForwardContext, sublayer: (Tensor?) -> Tensor
    ) -> Tensor {
        guard context.drops(probability) else { return sublayer(residual) }
        return self(sublayer(nil), context: context) + residual
    }
}
