import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText

/// Pretrains Bengio's neural language model on a corpus and writes its model folder.
///
/// The train split's documents become one stream of tokens. Validation is on the whole validation split or,
/// where the corpus has none, on the last part of the stream.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name.
///   - tokenizer: Makes the tokens.
///   - options: Sizes and schedule.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, also for a file of word vectors that cannot be read, or `StoreError` for a
///   corpus that does not exist.
@discardableResult
public func pretrainNNLM(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: NNLMPretrainingOptions = NNLMPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try pretrainOnText(
        "pretrain nnlm", workspace: workspace, corpus: corpus, tokenizer: tokenizer,
        options: options, output: output, onEvent: onEvent, shouldStop: shouldStop
    ) { train, validation, vectors, key in
        let configuration = NNLMConfig(
            vocabularySize: tokenizer.vocabulary.count, contextLength: options.contextLength,
            embeddingSize: vectors?.size ?? options.embeddingSize,
            hiddenSize: options.hiddenSize,
            hasDirectConnections: options.directConnections,
            dropoutProbability: options.dropoutProbability,
            endTokenID: tokenizer.endID.map(Int.init))
        try configuration.validate()
        try TrainingEstimate(
            configuration.cost, batchSize: options.training.batchSize, length: options.rowLength
        ).requireFits()
        let task = NNLMTask(
            data: try NextTokenDataset(
                stream: train, contextLength: options.rowLength,
                batchSize: options.training.batchSize, seed: options.training.seed),
            validation: validation)
        var model = try NNLM(configuration: configuration, key: key)
        if let vectors {
            // The row of "nothing", which no file has, stays as it was drawn.
            let count = tokenizer.vocabulary.count
            let nothing = model.tokenEmbedding.weight.sliced(axis: 0, count..<count + 1)
            model.tokenEmbedding = Embedding(
                weight: concatenated(
                    [vectors.table(seed: options.training.seed).weight, nothing], axis: 0))
        }
        return (model, task)
    }
}
