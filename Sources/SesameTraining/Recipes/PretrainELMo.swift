import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Pretrains an ELMo on a corpus, or trains one further on another, and writes its model folder.
///
/// Documents are split into sentences, and these into words by the tokenizer, which should be one of words: its
/// vocabulary is what the language models predict, while the words' bytes are what they read, so that words outside
/// the vocabulary have vectors of their own. Validation is on the validation split or, where the corpus has none, on the
/// last sentences.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name.
///   - tokenizer: Makes the words.
///   - base: The folder of a trained ELMo to train further, on a new domain; its sizes count rather than those of
///     `options`, and `tokenizer` must be its own. Nil begins with random weights.
///   - options: Sizes and schedule.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, or `StoreError` for a corpus that does not exist.
@discardableResult
public func pretrainELMo(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer, from base: URL? = nil,
    options: ELMoPretrainingOptions = ELMoPretrainingOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<ELMoPretrainingOptions>.checkOutput(output)
    try workspace.segmentSentences(corpus: corpus) { done, total in
        try onEvent(.preparing("splitting into sentences: \(done) of \(total) documents"))
    }
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
        var all = WordSentences()
        try reader.spelledSentences(.train, maxLength: options.maxLength, into: &all)
        var trainCount = all.sentenceCount
        try reader.spelledSentences(.validation, maxLength: options.maxLength, into: &all)
        if all.sentenceCount == trainCount {
            trainCount = Int((1 - options.validationFraction) * Double(trainCount))
        }
        let (train, validation) = all.split(at: trainCount)
        let vocabularySize = tokenizer.vocabulary.count
        var dependencies = [
            "corpus": corpus, "training tokens": train.contentHash,
            "validation tokens": validation.contentHash,
        ]
        let model: ELMo
        if let base {
            let folder = try TrainedModelFolder(base)
            try folder.require(.bidirectionalLanguageModel, for: "training further")
            guard folder.record.tokenizerFingerprint == tokenizer.fingerprint else {
                throw TrainingError(
                    .badModelFolder(
                        path: base.path, problem: "it was trained with another tokenizer",
                        remedy: "use the tokenizer in that folder"))
            }
            model = try folder.load(ELMo.self)
            dependencies["base"] = try DurableFiles.checksum(weightsIn: base)
        } else {
            let configuration = options.configuration(vocabularySize: vocabularySize)
            try configuration.validate()
            try TrainingEstimate.requireFits(
                configuration.cost, lengths: train.lengths, batchSize: options.training.batchSize)
            model = try ELMo(
                configuration: configuration,
                key: RandomKey(seed: options.training.seed, stream: RecipeSite.weights))
        }
        let task = BidirectionalLanguageModelTask(
            data: try BidirectionalDataset(
                sentences: train, batchSize: options.training.batchSize,
                maxWordBytes: model.configuration.maxWordBytes, seed: options.training.seed),
            validation: validation.sentenceCount > 0 ? validation : nil,
            vocabularySize: vocabularySize,
            sampleCount: options.sampleCount > 0 ? options.sampleCount : nil)
        let runner = RecipeRunner(
            kind: "pretrain elmo", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: options.training, dependencies: dependencies,
            sizes: ["trainTokens": train.tokenCount, "validationTokens": validation.tokenCount])
        return try runner.train(
            model: model, task: task, keepsBest: false,
            record: .draft(
                .bidirectionalLanguageModel, maxLength: options.maxLength, corpus: corpus,
                tokenizer: tokenizer, options: options.training,
                baseModel: base?.lastPathComponent),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}
