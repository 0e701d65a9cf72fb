import SesameModels
import SesameStore
import SesameTensor
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
/// - Throws: ``TrainingError``, or ``StoreError`` for a corpus that does not exist.
@discardableResult
public func pretrainRNN(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: RNNPretrainingOptions = RNNPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<RNNPretrainingOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
        let (train, validation) = try reader.textStreams(
            validationFraction: options.validationFraction)
        let (length, rows) = (options.contextLength, options.training.batchSize)
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
        let configuration = RNNConfig(
            vocabularySize: tokenizer.vocabulary.count, cell: options.cell,
            embeddingSize: options.embeddingSize ?? options.projectionSize ?? options.hiddenSize,
            hiddenSize: options.hiddenSize, projectionSize: options.projectionSize,
            layerCount: options.layerCount, residual: options.residual,
            dropoutProbability: options.dropoutProbability,
            variationalDropout: options.variationalDropout, tiesEmbeddings: options.tiesEmbeddings,
            endTokenID: tokenizer.endID.map(Int.init))
        let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights)
        var task = RNNTask(data: data, validation: validation.count > 1 ? validation : nil)
        let recorder = try SampleRecorder<RNNLanguageModel>(
            tokenizer: tokenizer, stream: validation.count > 1 ? validation : train,
            training: options.training, contextLength: length)
        task.beforeEvaluation = recorder.see
        let runner = RecipeRunner(
            kind: "pretrain rnn", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: options.training,
            dependencies: [
                "corpus": corpus, "training tokens": train.contentHash,
                "validation tokens": validation.contentHash,
            ], sizes: ["trainTokens": train.count, "validationTokens": validation.count])
        return try runner.train(
            model: RNNLanguageModel(configuration: configuration, key: key), task: task,
            keepsBest: false,
            record: .draft(
                .nextToken, maxLength: length, corpus: corpus, tokenizer: tokenizer,
                options: options.training),
            recorder: recorder, onEvent: onEvent, shouldStop: shouldStop)
    }
}
