import SesameModels
import SesameStore
import SesameTensor
import SesameText

/// Pretrains a BERT on a corpus, by masked tokens and next sentences, and writes its model folder.
///
/// Documents are split into sentences where the workspace has not done so yet. Validation is on the
/// validation split or, where the corpus has none, on its last documents.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name.
///   - tokenizer: Makes the tokens; it needs `[PAD]`, `[CLS]`, `[SEP]` and `[MASK]`.
///   - options: Sizes, objectives and schedule.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, or ``StoreError`` for a corpus that does not exist.
@discardableResult
public func pretrainBERT(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: BERTPretrainingOptions = BERTPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<BERTPretrainingOptions>.checkOutput(output)
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
        func dataset(_ corpus: SentenceCorpus, seed: UInt64) throws -> MaskedLanguageModelDataset {
            try MaskedLanguageModelDataset(
                corpus: corpus, tokenizer: tokenizer, maxLength: options.maxLength,
                batchSize: options.training.batchSize, nextSentence: options.nextSentence,
                masking: options.masking, shortFraction: options.shortFraction, seed: seed)
        }
        let seed = options.training.seed
        let task = BERTPretrainingTask(
            data: try dataset(train, seed: seed),
            // A fixed seed: runs with different seeds are judged on the same masks.
            validation: validation.documentCount > 0 ? try dataset(validation, seed: 0) : nil)
        let configuration = BERTConfig(
            vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: options.maxLength,
            hiddenSize: options.hiddenSize, layerCount: options.layerCount,
            headCount: options.headCount, feedForwardSize: 4 * options.hiddenSize,
            dropoutProbability: options.dropoutProbability,
            initializerDeviation: options.initializerDeviation
                ?? defaultDeviation(hiddenSize: options.hiddenSize),
            paddingTokenID: Int(task.data.paddingID))
        let runner = RecipeRunner(
            kind: "pretrain bert", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: options.training,
            dependencies: [
                "corpus": corpus, "training tokens": train.contentHash,
                "validation tokens": validation.contentHash,
            ],
            sizes: ["trainTokens": train.tokenCount, "validationTokens": validation.tokenCount])
        return try runner.train(
            model: BERTForPretraining(
                configuration: configuration,
                key: RandomKey(seed: seed, stream: RecipeSite.weights)),
            task: task, keepsBest: false,
            record: .draft(
                .maskedLanguageModel, maxLength: options.maxLength, corpus: corpus,
                tokenizer: tokenizer, options: options.training,
                nextSentence: options.nextSentence),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}
