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

/// Sizes and schedule of a tagger.
public struct TaggerOptions: Sendable, Hashable, Codable {
    /// Where the word vectors come from; ``TrainingOptions/freezesEmbeddings`` keeps those of a file as they are.
    public var vectors = WordVectorSource.random
    /// The size of random vectors; a file's have their own. 0 for none, beside vectors in context.
    public var embeddingSize = 100
    /// Whether words are read by their characters too.
    public var usesCharacters = true
    /// The size of a direction's states.
    public var hiddenSize = 100
    /// Layers of states.
    public var layerCount = 1
    /// Dropout of word vectors, between layers, and of the last states.
    public var dropoutProbability: Float = 0.5
    /// Whether tags are scored as a sequence, by a conditional random field, or each by itself.
    public var usesCRF = true
    /// The scheme that entities are learnt in: the ends of entities told apart help (Ratinov and Roth 2009). On
    /// wikigold, the mean test F1 of three seeds was 69.7 with BIOES and 67.5 with BIO.
    public var scheme = TaggingScheme.bioes
    /// How often a word that is seen once is taken for an unknown one.
    public var rareDropout = 0.5
    /// Ends with the weights of the best evaluation: by the entities' F1, or by accuracy.
    public var keepsBest = true
    /// Share of the sentences held out, where the corpus has no validation split.
    public var validationFraction = 0.1
    /// Small changes to the training sentences; only words outside of entities change places.
    public var augmentation = TextAugmentation()
    /// How to train.
    public var training: TrainingOptions

    /// Thirty epochs at a peak of 3e-3, falling linearly, batch 16, without weight decay.
    public init() {
        training = TrainingOptions()
        training.batchSize = 16
        training.limit = .epochs(30)
        training.learningRate = 3e-3
        training.shape = .linear
        training.warmUp = .fraction(0.05)
        training.weightDecay = 0
        training.maxGradientNorm = 5
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try augmentation.validate()
        try checkSizes(
            layerCount: layerCount, headCount: 1, hiddenSize: hiddenSize,
            dropoutProbability: dropoutProbability, validationFraction: validationFraction)
        try OptionCheck.require(
            embeddingSize >= 0, "size of word vectors", "0 or more", embeddingSize)
        try OptionCheck.share(rareDropout, "share of rare words taken for unknown")
    }
}

/// Trains a tagger on sentences whose words have tags, and writes its model folder.
///
/// The vocabulary is the training sentences' words and, where vectors come from a file, those of the other
/// sentences that the file has. Validation is on the validation split or, where the corpus has none, on some of the
/// training sentences, drawn by the seed.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus of tagged sentences, imported from CoNLL's format.
///   - options: Sizes and schedule.
///   - output: Where to write the model. A model of vectors in context is copied into it.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, also for a file of word vectors that cannot be read, or `StoreError` for a
///   corpus that does not exist.
@discardableResult
public func finetuneTagger(
    workspace: Workspace, corpus: String, options: TaggerOptions = TaggerOptions(),
    output: ModelOutput, onEvent: (TrainerEvent) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<TaggerOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let sentences = try TaggedSplits(
            workspace: workspace, corpus: corpus, scheme: options.scheme,
            validationFraction: options.validationFraction, seed: options.training.seed,
            readsOthers: options.vectors != .random, onEvent: onEvent)
        let context = try options.vectors.contextVectors()
        let (tokenizer, vectors) = try sentences.vocabulary(options.vectors, onEvent)
        let configuration = TaggerConfig(
            vocabularySize: tokenizer.vocabulary.count,
            embeddingSize: vectors?.size ?? options.embeddingSize,
            characters: options.usesCharacters ? sentences.characters : "",
            contextLayerCount: context?.layerCount ?? 0, contextSize: context?.size ?? 0,
            hiddenSize: options.hiddenSize, layerCount: options.layerCount,
            dropoutProbability: options.dropoutProbability, usesCRF: options.usesCRF,
            tags: sentences.tags, scheme: sentences.scheme?.rawValue)
        try configuration.validate()
        try TrainingEstimate.requireFits(
            configuration.cost, lengths: sentences.train.map(\.words.count),
            batchSize: options.training.batchSize)
        let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights)
        var model = try Tagger(configuration: configuration, key: key)
        if let vectors {
            model.embedding = Embedding(weight: vectors.embedding(key: key.derived(100)))
        }
        if context != nil { try onEvent(.preparing("computing vectors in context")) }
        let encoder = TaggerEncoder(
            configuration: configuration, tokenizer: tokenizer, context: context)
        let changes = TaggerChanges(
            seed: options.training.seed,
            isRare: (tokenizer.vocabulary.counts ?? []).map { $0 == 1 },
            rareDropout: options.embeddingSize > 0 ? options.rareDropout : 0,
            unknownID: encoder.unknownID,
            augmenter: try TokenAugmenter(
                options.augmentation, tokenizer: tokenizer, vectors: vectors,
                seed: options.training.seed),
            outsideTag: sentences.tags.firstIndex(of: TaggingScheme.outside).map(Int32.init))
        let task = TaggerTask<Tagger, TaggerExample>(
            data: TaggerDataset(
                examples: try encoder.encode(sentences.train),
                batchSize: options.training.batchSize, seed: options.training.seed,
                groupsByLength: true, change: { changes($0, epoch: $1, index: $2) }),
            validation: try encoder.encode(sentences.validation),
            decoder: TagDecoder(tags: configuration.tags, scheme: configuration.scheme))
        var sizes = sentences.sizes
        if let vectors { sizes["wordsWithVectors"] = vectors.foundCount }
        let training = options.training.evaluatedOnceAnEpoch(of: task.data)
        let runner = RecipeRunner(
            kind: "finetune tag", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: training,
            dependencies: sentences.dependencies.merging(
                ["corpus": corpus, "word vectors": try options.vectors.dependency()]
            ) { first, _ in first }, sizes: sizes)
        return try runner.train(
            model: model, task: task, keepsBest: options.keepsBest,
            record: .draft(
                .tagging, labels: sentences.tags, maxLength: sentences.longest, corpus: corpus,
                tokenizer: tokenizer, options: training),
            recorder: TaggerRecorder(task: task, precision: training.precision),
            alongside: options.vectors.copyContextModel, onEvent: onEvent, shouldStop: shouldStop)
    }
}

/// Attaches the entity scores by type, and tells the shares of layers.
struct TaggerRecorder<Model: WordTagger, Example: TagExample>: RunRecorder
where Model.Input == Example.Input {
    let task: TaggerTask<Model, Example>
    let precision: Precision

    func note(_ event: TrainerEvent, in log: RunLog) {}

    func conclude(_ model: Model, summary: TrainingSummary, in log: RunLog) throws {
        guard !task.validation.isEmpty else { return }
        let kept = task.lastScores.flatMap { scores in
            scores.metrics.allSatisfy { summary.metrics[$0.key] == $0.value } ? scores : nil
        }
        let scores =
            kept ?? task.decoder.scores(model, on: task.validation, precision: precision)
        try log.attach("entities", scores)
    }
}
