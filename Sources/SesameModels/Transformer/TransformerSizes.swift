/// The sizes of a ``Transformer``, with those that papers have given names to.
public struct TransformerSizes: Sendable, Hashable, Codable {
    /// The size of the states and of a token's vector: the paper's d_model.
    public var hiddenSize: Int
    /// Layers of the encoder.
    public var encoderLayerCount: Int
    /// Layers of the decoder.
    public var decoderLayerCount: Int
    /// Attention heads of a layer; they share the hidden size.
    public var headCount: Int
    /// The inner size of the position-wise networks: the paper's d_ff.
    public var feedForwardSize: Int

    /// Sizes of your own; the decoder has as many layers as the encoder unless told otherwise.
    public init(
        hiddenSize: Int, layerCount: Int, decoderLayerCount: Int? = nil, headCount: Int,
        feedForwardSize: Int
    ) {
        self.hiddenSize = hiddenSize
        encoderLayerCount = layerCount
        self.decoderLayerCount = decoderLayerCount ?? layerCount
        self.headCount = headCount
        self.feedForwardSize = feedForwardSize
    }

    /// 128 wide, 4 layers on each side: enough for some ten thousand sentences, as Multi30k has.
    ///
    /// Source: Wu et al. 2021, Good for Misconceived Reasons: An Empirical Revisiting on the Need for Visual
    /// Context in Multimodal Machine Translation, https://arxiv.org/abs/2105.14462, section 4.2.
    public static let tiny = TransformerSizes(
        hiddenSize: 128, layerCount: 4, headCount: 4, feedForwardSize: 256)

    /// 256 wide, 3 layers on each side: for a hundred thousand sentences, and an hour on a CPU.
    public static let small = TransformerSizes(
        hiddenSize: 256, layerCount: 3, headCount: 4, feedForwardSize: 1024)

    /// The paper's base model: 512 wide, 6 layers on each side.
    ///
    /// Source: Vaswani et al. 2017, Attention Is All You Need, table 3.
    public static let base = TransformerSizes(
        hiddenSize: 512, layerCount: 6, headCount: 8, feedForwardSize: 2048)

    /// The paper's big model: 1024 wide, 6 layers on each side.
    ///
    /// Source: Vaswani et al. 2017, Attention Is All You Need, table 3.
    public static let big = TransformerSizes(
        hiddenSize: 1024, layerCount: 6, headCount: 16, feedForwardSize: 4096)
}
