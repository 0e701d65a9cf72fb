import SesameModels
import SesameTensor

/// How a text is cut into the batches of a recurrent network.
public enum TextOrder: String, Sendable, Hashable, Codable, CaseIterable {
    /// From beginning to end, the state being carried from batch to batch.
    case sequential
    /// Windows at random places, each without anything before it.
    case random
}

/// Sizes and schedule of a recurrent language model's pretraining.
///
/// The defaults are two LSTM layers of 200 with sequences of 35 in batches of 20, as in Zaremba et al. 2014
/// (https://arxiv.org/abs/1409.2329), but AdamW instead of SGD.
public struct RNNPretrainingOptions: Sendable, Hashable, Codable {
    /// What a step of the network does.
    public var cell = RecurrentCell.lstm
    /// Recurrent layers.
    public var layerCount = 2
    /// Size of the states.
    public var hiddenSize = 200
    /// Size of the token vectors; nil for the size of the output.
    public var embeddingSize: Int?
    /// Word vectors that the token vectors begin with, and whose size they have, which must be ``embeddingSize`` where that
    /// is given; nil for random ones.
    public var vectors: InitialVectors?
    /// What an LSTM's output is projected to; nil for none.
    public var projectionSize: Int?
    /// Whether a layer's input is added to its output, from the second on.
    public var residual = false
    /// Dropout of the token vectors, between layers and of the last layer's output.
    public var dropoutProbability: Float = 0
    /// Whether a sequence's dropout mask is the same at all its tokens.
    public var variationalDropout = false
    /// Whether the output's weight is the token vectors.
    public var tiesEmbeddings = false
    /// Tokens a row of a batch: how far gradients go back.
    public var contextLength = 35
    /// How the text is cut into batches.
    public var order = TextOrder.sequential
    /// Share at the end of the text held out, where the corpus has no validation split.
    public var validationFraction = 0.1
    /// How to train.
    public var training: TrainingOptions

    /// The defaults above.
    public init() {
        training = .languageModel
        training.batchSize = 20
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try OptionCheck.sizes([
            ("layers", layerCount), ("width", hiddenSize),
            ("size of token vectors", embeddingSize ?? 1),
            ("projection", projectionSize ?? 1), ("context length", contextLength),
        ])
        try OptionCheck.common(
            dropoutProbability: dropoutProbability, validationFraction: validationFraction)
        try OptionCheck.require(
            projectionSize == nil || cell == .lstm, "cell with a projection", "lstm", cell.rawValue)
        let output = projectionSize ?? hiddenSize
        try OptionCheck.require(
            !tiesEmbeddings || embeddingSize ?? output == output,
            "size of token vectors with a tied output", "the output's, \(output)",
            embeddingSize ?? output)
    }
}

/// Sizes and schedule of the pretraining of Bengio's neural language model.
///
/// The defaults are the sizes of the paper's best model on the Brown corpus: four tokens back, vectors of 60, 100
/// hidden units.
public struct NNLMPretrainingOptions: Sendable, Hashable, Codable {
    /// Tokens that are looked back at.
    public var contextLength = 4
    /// Size of the token vectors.
    public var embeddingSize = 60
    /// Word vectors that the token vectors begin with, and whose size they have, whatever ``embeddingSize`` says; nil for
    /// random ones.
    public var vectors: InitialVectors?
    /// Size of the hidden layer.
    public var hiddenSize = 100
    /// Whether token vectors reach the output directly too.
    public var directConnections = false
    /// Dropout of the token vectors and of the hidden layer.
    public var dropoutProbability: Float = 0
    /// Share at the end of the text held out, where the corpus has no validation split.
    public var validationFraction = 0.1
    /// How to train; a batch is so many windows of 64 tokens.
    public var training: TrainingOptions

    /// The defaults above.
    public init() {
        training = .languageModel
        training.batchSize = 12
    }

    /// Tokens of a window.
    static let windowLength = 64

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try OptionCheck.sizes([
            ("context length", contextLength), ("size of token vectors", embeddingSize),
            ("width", hiddenSize),
        ])
        try OptionCheck.common(
            dropoutProbability: dropoutProbability, validationFraction: validationFraction)
        try OptionCheck.require(
            contextLength < Self.windowLength, "context length", "below \(Self.windowLength)",
            contextLength)
    }
}

extension TrainingOptions {
    /// What recurrent and feed-forward language models begin with.
    fileprivate static var languageModel: TrainingOptions {
        var result = TrainingOptions()
        result.limit = .epochs(4)
        result.learningRate = 2e-3
        result.minimumLearningRate = 1e-5
        result.warmUp = .fraction(0.02)
        result.weightDecay = 0
        result.maxGradientNorm = 0.5
        // Enough to follow a run by; the evaluation at the end covers everything.
        result.evaluationBatchLimit = 40
        return result
    }
}
