import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Sizes and schedule of a convolutional classifier.
///
/// The defaults are near the paper's: filters 3, 4 and 5 wide, 100 of each, dropout 0.5, batches of 50 and a limit
/// of 3 on the length of the output weights; Adam at 1e-3 with a falling rate takes the place of Adadelta.
///
/// Source: Kim 2014, https://arxiv.org/abs/1408.5882, section 3.1.
public struct TextCNNOptions: Sendable, Hashable, Codable {
    /// Where the word vectors come from; ``TrainingOptions/freezesEmbeddings`` keeps them as they are.
    public var vectors = WordVectorSource.random
    /// The size of random vectors; a file's have their own. 0 for none, beside vectors in context.
    public var embeddingSize = 300
    /// How many words the filters see.
    public var widths = [3, 4, 5]
    /// Filters of each width.
    public var filterCount = 100
    /// Dropout of the pooled features.
    public var dropoutProbability: Float = 0.5
    /// Whether the filters' outputs are normalised over the batch.
    public var usesBatchNorm = false
    /// The greatest length of each output's weights, kept to after each step; nil for no limit.
    public var maxNorm: Float? = 3
    /// Longest text in tokens; the rest is cut.
    public var maxLength = 512
    /// Ends with the weights of the best evaluation: by accuracy, or by Spearman's correlation.
    public var keepsBest = true
    /// Share of the texts held out, where the corpus has no validation split.
    public var validationFraction = 0.1
    /// Small changes to the training texts.
    public var augmentation = TextAugmentation()
    /// How to train.
    public var training: TrainingOptions

    /// Ten epochs at a peak of 1e-3, falling linearly, batch 50, without weight decay.
    public init() {
        training = TrainingOptions()
        training.batchSize = 50
        training.limit = .epochs(10)
        training.learningRate = 1e-3
        training.shape = .linear
        training.warmUp = .fraction(0.05)
        training.weightDecay = 0
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try augmentation.validate()
        try checkSizes(
            layerCount: 1, headCount: 1, hiddenSize: max(1, embeddingSize),
            dropoutProbability: dropoutProbability, validationFraction: validationFraction)
        var mayBeNone = false
        if case .model = vectors { mayBeNone = true }
        try OptionCheck.require(
            embeddingSize >= (mayBeNone ? 0 : 1), "size of word vectors",
            mayBeNone ? "0 or more" : "1 or more", embeddingSize)
        try OptionCheck.require(!widths.isEmpty, "filter widths", "one or more", "none")
        for width in widths {
            try OptionCheck.require((1...64).contains(width), "filter width", "from 1 to 64", width)
        }
        try OptionCheck.sizes([("filters", filterCount), ("length", maxLength)])
        if let maxNorm {
            try OptionCheck.require(
                maxNorm > 0 && maxNorm.isFinite, "limit of the output weights", "above 0", maxNorm)
        }
    }
}

/// Trains a convolutional network to name the class of a text, or to give it a score, and writes a model folder.
///
/// Labels, pairs and validation are as for ``finetune(_:workspace:corpus:from:options:output:onEvent:shouldStop:)``;
/// a pair is read as one text.
/// - Parameters:
///   - task: What to teach.
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus whose documents have labels.
///   - tokenizer: Makes the tokens, usually words.
///   - options: Sizes and schedule.
///   - output: Where to write the model. A model of vectors in context is copied into it.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, also for a file of word vectors that cannot be read, or `StoreError` for a
///   corpus that does not exist.
@discardableResult
public func trainTextCNN(
    _ task: FinetuningTask = .classification, workspace: Workspace, corpus: String,
    tokenizer: Tokenizer, options: TextCNNOptions = TextCNNOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<TextCNNOptions>.checkOutput(output)
    var vectors: WordVectorTable?
    if case .file(let path) = options.vectors {
        vectors = try WordVectorTable.read(path, for: tokenizer, onEvent)
    }
    let context = try options.vectors.contextVectors()
    let recipe = SequenceRecipe(
        task: task, workspace: workspace, corpus: corpus, tokenizer: tokenizer, options: options,
        training: options.training, validationFraction: options.validationFraction,
        maxLength: options.maxLength, keepsBest: options.keepsBest,
        augmentation: options.augmentation, vectors: vectors, context: context,
        maxNorm: options.maxNorm,
        output: output, dependencies: ["word vectors": try options.vectors.dependency()],
        baseModel: nil)
    return try recipe.train(
        alongside: options.vectors.copyContextModel, onEvent: onEvent, shouldStop: shouldStop
    ) { head in
        let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights)
        let configuration = TextCNNConfig(
            vocabularySize: tokenizer.vocabulary.count,
            embeddingSize: vectors?.size ?? options.embeddingSize,
            contextLayerCount: context?.layerCount ?? 0, contextSize: context?.size ?? 0,
            widths: options.widths,
            filterCount: options.filterCount, dropoutProbability: options.dropoutProbability,
            usesBatchNorm: options.usesBatchNorm, maxSequenceLength: options.maxLength)
        try configuration.validate()
        var network = TextCNN(configuration, key: key.derived(0))
        if let vectors {
            network.embedding = Embedding(weight: vectors.embedding(key: key.derived(2)))
        }
        return SequenceClassifier(textCNN: network, head: head, key: key.derived(1))
    }
}
