import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Pretrains a BERT on a corpus, by masked tokens and next sentences, or trains one further on another, and writes its model
/// folder.
///
/// Documents are split into sentences where the workspace has not done so yet. Validation is on the
/// validation split or, where the corpus has none, on its last documents.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name.
///   - tokenizer: Makes the tokens; it needs `[PAD]`, `[CLS]`, `[SEP]` and `[MASK]`.
///   - base: The folder of a BERT, ours or published, to train further on a new domain; its sizes count rather than those of
///     `options`, and `tokenizer` must be its own. A head that it lacks begins with random weights. Nil begins with those
///     throughout.
///   - options: Sizes, objectives and schedule; see ``BERTVariant``.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, also for a file of word vectors that cannot be read or are not as wide as the model, or
///   `StoreError` for a corpus that does not exist.
@discardableResult
public func pretrainBERT(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer, from base: URL? = nil,
    options: BERTPretrainingOptions = BERTPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<BERTPretrainingOptions>.checkOutput(output)
    var configuration = BERTConfig(
        vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: options.maxLength,
        hiddenSize: options.hiddenSize, layerCount: options.layerCount,
        headCount: options.headCount, feedForwardSize: 4 * options.hiddenSize,
        dropoutProbability: options.dropoutProbability,
        initializerDeviation: options.initializerDeviation
            ?? defaultDeviation(hiddenSize: options.hiddenSize),
        sharesLayers: options.sharesLayers)
    try configuration.validate()
    // What is wrong with a folder is said where it is opened.
    let sizes = base.flatMap { try? ModelFolder.bert(in: $0) } ?? configuration
    try TrainingEstimate(
        sizes.cost, batchSize: options.training.batchSize,
        length: min(options.maxLength, sizes.maxSequenceLength)
    ).requireFits()
    if base != nil, options.vectors != nil {
        throw TrainingError(
            .invalidOption(
                name: "word vectors", expected: "left out for a model that is trained further",
                found: "given"))
    }
    let vectors = try options.vectors?.read(for: tokenizer, size: options.hiddenSize, onEvent)
    try workspace.segmentSentences(corpus: corpus) { done, total in
        try onEvent(.preparing("splitting into sentences: \(done) of \(total) documents"))
    }
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
        var train = try reader.sentences(.train)
        var validation = try reader.sentences(.validation)
        if validation.documentCount == 0, options.validationFraction > 0 {
            let cut = Int((1 - options.validationFraction) * Double(train.documentCount))
            (train, validation) = train.split(atDocument: cut)
        }
        let pretrained = try base.map {
            try pretrainedModel($0, tokenizer: tokenizer, options: options)
        }
        let maxLength = min(
            options.maxLength, pretrained?.configuration.maxSequenceLength ?? .max)
        guard maxLength >= BERTPretrainingOptions.shortestLength else {
            throw TrainingError(
                .invalidOption(
                    name: "the model's positions",
                    expected: "\(BERTPretrainingOptions.shortestLength) or more",
                    found: "\(maxLength)"))
        }
        func dataset(_ corpus: SentenceCorpus, seed: UInt64) throws -> MaskedLanguageModelDataset {
            try MaskedLanguageModelDataset(
                corpus: corpus, tokenizer: tokenizer, maxLength: maxLength,
                batchSize: options.training.batchSize, sentences: options.sentences,
                masking: options.masking, shortFraction: options.shortFraction, seed: seed)
        }
        let seed = options.training.seed
        let task = BERTPretrainingTask(
            data: try dataset(train, seed: seed),
            // A fixed seed: runs with different seeds are judged on the same masks.
            validation: validation.documentCount > 0 ? try dataset(validation, seed: 0) : nil)
        configuration.paddingTokenID = Int(task.data.paddingID)
        var dependencies = [
            "corpus": corpus, "training tokens": train.contentHash,
            "validation tokens": validation.contentHash,
        ]
        if let vectors = options.vectors {
            dependencies["word vectors"] = try vectors.dependency()
        }
        if let base { dependencies["base"] = try DurableFiles.checksum(weightsIn: base) }
        let runner = RecipeRunner(
            kind: "pretrain bert", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options,
            training: options.training.freezing([(options.vectors, "bert.tokenEmbedding.weight")]),
            dependencies: dependencies,
            sizes: ["trainTokens": train.tokenCount, "validationTokens": validation.tokenCount])
        var model =
            try pretrained
            ?? BERTForPretraining(
                configuration: configuration,
                key: RandomKey(seed: seed, stream: RecipeSite.weights))
        if let vectors { model.bert.tokenEmbedding = vectors.table(seed: seed) }
        return try runner.train(
            model: model, task: task, keepsBest: false,
            record: .draft(
                .maskedLanguageModel, maxLength: maxLength, corpus: corpus,
                tokenizer: tokenizer, options: options.training,
                baseModel: base?.lastPathComponent, sentences: options.sentences),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}

/// The model of a folder with all heads that the options train, to be trained further.
private func pretrainedModel(
    _ base: URL, tokenizer: Tokenizer, options: BERTPretrainingOptions
) throws -> BERTForPretraining {
    let folder = try TrainedModelFolder(base)
    guard folder.tokenizer.fingerprint == tokenizer.fingerprint else {
        throw TrainingError(
            .badModelFolder(
                path: base.path, problem: "it was trained with another tokenizer",
                remedy: "use the tokenizer in that folder"))
    }
    // What the folder has no head for is drawn anew; dropout is not part of the weights.
    var bert = try folder.encoder(
        dropoutProbability: options.dropoutProbability,
        key: RandomKey(seed: options.training.seed, stream: RecipeSite.weights))
    let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights).derived(1)
    if options.sentences.hasPairs { bert = bert.withPooler(key: key.derived(0)) }
    var model = try BERTForPretraining(configuration: bert.configuration, key: key.derived(1))
    let heads =
        try ModelFolder.summary(of: base).hasPretrainingHeads
        ? folder.load(BERTForPretraining.self) : nil
    if let heads {
        model.transform = heads.transform
        model.transformNorm = heads.transformNorm
        model.outputBias = heads.outputBias
        model.nextSentence =
            heads.nextSentence ?? (options.sentences.hasPairs ? model.nextSentence : nil)
    } else if !options.sentences.hasPairs {
        model.nextSentence = nil
    }
    model.bert = bert
    return model
}
