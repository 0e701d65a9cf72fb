import SesameModels
import SesameNN
import SesameTensor

/// Sizes and schedule of a translation model's training.
///
/// In ``TrainingOptions/batchSize`` the tokens of the longer side are counted, padding included, rather than
/// sentences.
public struct TranslationOptions: Sendable, Hashable, Codable {
    /// What kind of model, and its sizes.
    public enum Architecture: Sendable, Hashable, Codable {
        /// A `RecurrentSeq2Seq`.
        case recurrent(RecurrentSizes)
        /// A `Transformer`.
        case transformer(TransformerChoices)
    }

    /// The sizes and choices of a recurrent encoder and decoder.
    public struct RecurrentSizes: Sendable, Hashable, Codable {
        /// What a step does.
        public var cell = RecurrentCell.lstm
        /// Layers of the encoder, and of the decoder.
        public var layerCount = 1
        /// Size of the decoder's state; each direction of the encoder has half of it.
        public var hiddenSize = 512
        /// Size of a token's vector.
        public var embeddingSize = 256
        /// How the decoder looks at the source; nil for not at all.
        public var attention: StateAttention.Kind? = .bilinear
        /// Whether the decoder reads what it made of the last token; several times slower.
        public var inputFeeding = false
        /// Whether the output shares the target's vectors.
        public var tiesEmbeddings = true

        /// The defaults above.
        public init() {}
    }

    /// The sizes and choices of a Transformer.
    public struct TransformerChoices: Sendable, Hashable, Codable {
        /// Width, layers and heads.
        public var sizes = TransformerSizes.small
        /// Where layers normalize.
        public var norm = NormPlacement.post
        /// Of the position-wise networks.
        public var activation = Activation.relu
        /// Dropout of attention weights.
        public var attentionDropoutProbability: Float = 0
        /// Dropout inside the position-wise networks.
        public var activationDropoutProbability: Float = 0
        /// Whether the output shares the target's vectors.
        public var tiesEmbeddings = true

        /// The defaults above.
        public init() {}

        /// The defaults above, with other sizes.
        public init(_ sizes: TransformerSizes) { self.sizes = sizes }
    }

    /// What kind of model, and its sizes.
    public var architecture = Architecture.recurrent(RecurrentSizes())
    /// Word vectors that the target's token vectors begin with, and the source's where both have one tokenizer; nil for
    /// random ones. A Transformer is as wide as they are; a recurrent model's token vectors have their size, whatever
    /// ``RecurrentSizes/embeddingSize`` says. Where the output is tied it shares the target's, frozen or not.
    public var targetVectors: InitialVectors?
    /// Word vectors that the source's token vectors begin with, of the size of the target's; nil for random ones, and where
    /// both sides have one tokenizer.
    public var sourceVectors: InitialVectors?
    /// Dropout of vectors, states and between layers.
    public var dropoutProbability: Float = 0.3
    /// The share of the target's probability that goes to all tokens alike.
    public var labelSmoothing: Float = 0.1
    /// Sentences that are longer on either side, in tokens with the end, are left out of training; of longer
    /// sources the end is cut off in translation.
    public var maxLength = 100
    /// Ends with the weights of the best evaluation, by BLEU of greedy translations.
    public var keepsBest = true
    /// Share of the sentences held out, where the corpus has no validation split.
    public var validationFraction = 0.05
    /// How to train.
    public var training: TrainingOptions

    /// Fifteen epochs at a peak of 1e-3, falling to 0 as a cosine, 2048 tokens a batch.
    public init() {
        training = TrainingOptions()
        training.batchSize = 2048
        training.limit = .epochs(15)
        training.learningRate = 1e-3
        training.warmUp = .fraction(0.05)
        training.beta2 = 0.98
    }

    /// A Transformer: thirty epochs of 4096 tokens a batch, the rate rising to 1e-3 over a tenth of them and
    /// then falling with the inverse square root of the step, and the mean of the last five checkpoints
    /// where that is the best. AdamW's means decay as the paper's Adam's do; weights do not.
    ///
    /// Source: Vaswani et al. 2017, Attention Is All You Need, sections 5.3 and 6.1.
    public static func transformer(
        _ choices: TransformerChoices = TransformerChoices()
    ) -> TranslationOptions {
        var options = TranslationOptions()
        options.architecture = .transformer(choices)
        options.training.batchSize = 4096
        options.training.limit = .epochs(30)
        options.training.shape = .inverseSquareRoot
        options.training.warmUp = .fraction(0.1)
        options.training.epsilon = 1e-9
        options.training.weightDecay = 0
        options.training.averagedCheckpoints = 5
        return options
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        switch architecture {
        case .recurrent(let sizes):
            try OptionCheck.require(
                (1...64).contains(sizes.layerCount), "layers", "from 1 to 64", sizes.layerCount)
            try OptionCheck.require(
                sizes.hiddenSize >= 2 && sizes.hiddenSize.isMultiple(of: 2), "width",
                "even and 2 or more", sizes.hiddenSize)
            try OptionCheck.require(
                sizes.embeddingSize >= 1, "size of vectors", "1 or more", sizes.embeddingSize)
        case .transformer(let choices):
            let sizes = choices.sizes
            for (name, layers) in [
                ("layers", sizes.encoderLayerCount), ("decoder layers", sizes.decoderLayerCount),
            ] {
                try OptionCheck.require((1...64).contains(layers), name, "from 1 to 64", layers)
            }
            try OptionCheck.require(sizes.headCount >= 1, "heads", "1 or more", sizes.headCount)
            try OptionCheck.require(
                sizes.hiddenSize >= 1 && sizes.hiddenSize.isMultiple(of: sizes.headCount), "width",
                "a multiple of the \(sizes.headCount) heads", sizes.hiddenSize)
            try OptionCheck.require(
                sizes.feedForwardSize >= 1, "inner width", "1 or more", sizes.feedForwardSize)
            for (name, probability) in [
                ("attention dropout", choices.attentionDropoutProbability),
                ("activation dropout", choices.activationDropoutProbability),
            ] {
                try OptionCheck.share(probability, name)
            }
        }
        try OptionCheck.common(
            dropoutProbability: dropoutProbability, validationFraction: validationFraction)
        try OptionCheck.share(labelSmoothing, "label smoothing")
        try OptionCheck.require(
            (2...65_536).contains(maxLength), "length", "from 2 to 65536", maxLength)
    }
}
