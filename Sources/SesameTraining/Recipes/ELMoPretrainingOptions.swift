import SesameModels

/// Sizes and schedule of an ELMo's pretraining.
///
/// The defaults are a small model for a CPU and minutes to hours: 512 character filters, two layers a direction with
/// cells of 512 and a projection to 128, 2,048 sampled words in the softmax, bfloat16 products.
public struct ELMoPretrainingOptions: Sendable, Hashable, Codable {
    /// LSTM layers of each direction.
    public var layerCount = 2
    /// Size of the LSTMs' cells.
    public var hiddenSize = 512
    /// Size of a word's vector and of a direction's states; vectors of words in context have twice as many numbers.
    public var projectionSize = 128
    /// Filters of the character network, by width.
    public var filters = ELMoConfig.smallFilters
    /// Highway layers over the filters.
    public var highwayLayerCount = 1
    /// Dropout of word vectors, between layers and of the last states.
    public var dropoutProbability: Float = 0.1
    /// The most words of a sentence; longer ones are cut into pieces.
    public var maxLength = 60
    /// Words that stand for the whole vocabulary in a training step's softmax; 0 for all.
    public var sampleCount = 2048
    /// Share of the sentences held out at the end, where the corpus has no validation split.
    public var validationFraction = 0.05
    /// How to train.
    public var training: TrainingOptions

    /// The defaults above.
    public init() {
        training = TrainingOptions()
        training.batchSize = 32
        training.limit = .epochs(5)
        training.learningRate = 2e-3
        training.warmUp = .fraction(0.02)
        training.shape = .linear
        training.weightDecay = 0
        training.precision = .bfloat16
        training.evaluationBatchLimit = 40
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`, or `ModelError` for sizes that make no model.
    public func validate() throws {
        try training.validate()
        try checkSizes(
            layerCount: layerCount, headCount: 1, hiddenSize: hiddenSize,
            dropoutProbability: dropoutProbability, validationFraction: validationFraction)
        try OptionCheck.sizes([("projection", projectionSize)])
        try OptionCheck.count(highwayLayerCount, "highway layers", atLeast: 0)
        try OptionCheck.count(maxLength, "length", atLeast: 2, atMost: 1 << 30)
        try OptionCheck.count(sampleCount, "samples", atLeast: 0, atMost: 1 << 30)
        try configuration(vocabularySize: 1).validate()
    }

    func configuration(vocabularySize: Int) -> ELMoConfig {
        ELMoConfig(
            vocabularySize: vocabularySize, filters: filters,
            highwayLayerCount: highwayLayerCount, projectionSize: projectionSize,
            hiddenSize: hiddenSize, layerCount: layerCount,
            dropoutProbability: dropoutProbability)
    }
}
