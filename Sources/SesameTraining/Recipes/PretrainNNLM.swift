import SesameModels
import SesameStore
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
/// - Throws: ``TrainingError``, or ``StoreError`` for a corpus that does not exist.
@discardableResult
public func pretrainNNLM(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: NNLMPretrainingOptions = NNLMPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try pretrainOnText(
        "pretrain nnlm", workspace: workspace, corpus: corpus, tokenizer: tokenizer,
        options: options, output: output, onEvent: onEvent, shouldStop: shouldStop
    ) { train, validation, key in
        let configuration = NNLMConfig(
            vocabularySize: tokenizer.vocabulary.count, contextLength: options.contextLength,
            embeddingSize: options.embeddingSize, hiddenSize: options.hiddenSize,
            hasDirectConnections: options.directConnections,
            dropoutProbability: options.dropoutProbability,
            endTokenID: tokenizer.endID.map(Int.init))
        let task = NNLMTask(
            data: try NextTokenDataset(
                stream: train, contextLength: options.rowLength,
                batchSize: options.training.batchSize, seed: options.training.seed),
            validation: validation)
        return (try NNLM(configuration: configuration, key: key), task)
    }
}
