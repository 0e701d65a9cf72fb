import SesameModels
import SesameNN
import SesameStore
import SesameText

/// Pretrains a recurrent language model on a corpus and writes its model folder.
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
public func pretrainRNN(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: RNNPretrainingOptions = RNNPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try pretrainOnText(
        "pretrain rnn", workspace: workspace, corpus: corpus, tokenizer: tokenizer,
        options: options, output: output, onEvent: onEvent, shouldStop: shouldStop
    ) { train, validation, vectors, key in
        let (length, rows) = (options.contextLength, options.training.batchSize)
        let configuration = RNNConfig(
            vocabularySize: tokenizer.vocabulary.count, cell: options.cell,
            embeddingSize: vectors?.size ?? options.embeddingSize ?? options.projectionSize
                ?? options.hiddenSize,
            hiddenSize: options.hiddenSize, projectionSize: options.projectionSize,
            layerCount: options.layerCount, residual: options.residual,
            dropoutProbability: options.dropoutProbability,
            variationalDropout: options.variationalDropout, tiesEmbeddings: options.tiesEmbeddings,
            endTokenID: tokenizer.endID.map(Int.init))
        try configuration.validate()
        try TrainingEstimate(configuration.cost, batchSize: rows, length: length).requireFits()
        let data: TextBatches =
            switch options.order {
            case .sequential:
                .sequential(
                    try SequentialTokenDataset(
                        stream: train, contextLength: length, batchSize: rows))
            case .random:
                .random(
                    try NextTokenDataset(
                        stream: train, contextLength: length, batchSize: rows,
                        seed: options.training.seed))
            }
        var model = try RNNLanguageModel(configuration: configuration, key: key)
        if let vectors {
            model.tokenEmbedding = vectors.table(seed: options.training.seed)
        }
        return (model, RNNTask(data: data, validation: validation))
    }
}
