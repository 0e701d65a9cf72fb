import SesameModels
import SesameStore
import SesameText

/// Pretrains a GPT on a corpus and writes its model folder.
///
/// The train split's documents become one stream of tokens. Validation is on the whole validation
/// split or, where the corpus has none, on the last part of the stream.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name.
///   - tokenizer: Makes the tokens.
///   - options: Sizes and schedule.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, also for a file of word vectors that cannot be read or are not as wide as the model, or
///   `StoreError` for a corpus that does not exist.
@discardableResult
public func pretrainGPT(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: GPTPretrainingOptions = GPTPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    let configuration = GPTConfig(
        vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: options.contextLength,
        hiddenSize: options.hiddenSize, layerCount: options.layerCount,
        headCount: options.headCount, dropoutProbability: options.dropoutProbability,
        initializerDeviation: options.initializerDeviation
            ?? defaultDeviation(hiddenSize: options.hiddenSize),
        band: options.band,
        beginningTokenID: tokenizer.beginningID.map(Int.init),
        endTokenID: tokenizer.endID.map(Int.init))
    try configuration.validate()
    try TrainingEstimate(configuration.cost, batchSize: options.training.batchSize).requireFits()
    return try pretrainOnText(
        "pretrain gpt", workspace: workspace, corpus: corpus, tokenizer: tokenizer,
        options: options, output: output, onEvent: onEvent, shouldStop: shouldStop
    ) { train, validation, vectors, key in
        let task = NextTokenTask(
            data: try NextTokenDataset(
                stream: train, contextLength: options.contextLength,
                batchSize: options.training.batchSize, seed: options.training.seed),
            validation: validation)
        var model = try GPT(configuration: configuration, key: key)
        if let vectors { model.tokenEmbedding = vectors.table(seed: options.training.seed) }
        return (model, task)
    }
}
