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

/// How to fine-tune an encoder to tag words.
public struct EncoderTaggerOptions: Sendable, Hashable, Codable {
    /// The scheme that entities are learnt in.
    public var scheme = TaggingScheme.bio
    /// Whether tags are scored as a sequence, by a conditional random field, or each by itself.
    public var usesCRF = false
    /// How to fine-tune; `maxLength` is that of a window, of which a long sentence has several.
    public var finetuning: FinetuningOptions

    /// Five epochs at a peak of 3e-4, falling linearly, batch 16.
    public init() {
        finetuning = FinetuningOptions()
        finetuning.training.limit = .epochs(5)
        finetuning.training.batchSize = 16
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws { try finetuning.validateWithoutAugmentation() }
}

/// Fine-tunes a pretrained BERT to tag the words of sentences, such as names, and writes a new model folder.
///
/// Each word is told by its first piece. A sentence with more pieces than the model has positions is read in windows, and
/// each word is told in the one that sees most around it. Validation is on the validation split or, where the corpus has
/// none, on some of the training sentences, drawn by the seed; the weights are kept by the F1 of entities.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 5.3.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus of tagged sentences, imported from CoNLL's format.
///   - base: The folder of a BERT in Hugging Face's layout, ours or published, whatever heads it has.
///   - options: How to train.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, `StoreError` for a corpus that does not exist, or `ModelError` for a folder that
///   cannot be read.
@discardableResult
public func finetuneTagger(
    workspace: Workspace, corpus: String, from base: URL,
    options: EncoderTaggerOptions = EncoderTaggerOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<EncoderTaggerOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let (finetuning, seed) = (options.finetuning, options.finetuning.training.seed)
        let folder = try TrainedModelFolder(base)
        let bert = try folder.encoder(finetuning)
        let sentences = try TaggedSplits(
            workspace: workspace, corpus: corpus, scheme: options.scheme,
            validationFraction: finetuning.validationFraction, seed: seed, onEvent: onEvent)
        let configuration = TokenClassifierConfig(
            backbone: bert.configuration, tags: sentences.tags, scheme: sentences.scheme?.rawValue,
            usesCRF: options.usesCRF)
        let model = TokenClassifier(
            bert: bert, configuration: configuration,
            key: RandomKey(seed: seed, stream: RecipeSite.weights).derived(1))
        let maxLength = min(finetuning.maxLength ?? .max, bert.configuration.maxSequenceLength)
        let encoder = try PieceEncoder(
            tokenizer: folder.tokenizer, tags: sentences.tags, maxLength: maxLength)
        let examples = try encoder.encode(sentences.train)
        try TrainingEstimate.requireFits(
            bert.configuration.headedCost, lengths: examples.map(\.length),
            batchSize: finetuning.training.batchSize)
        let task = TaggerTask<TokenClassifier, PieceExample>(
            data: TaggerDataset(
                examples: examples,
                batchSize: finetuning.training.batchSize, seed: seed, groupsByLength: false),
            validation: try encoder.encode(sentences.validation),
            decoder: TagDecoder(tags: configuration.tags, scheme: configuration.scheme))
        let training = finetuning.training.evaluatedOnceAnEpoch(of: task.data)
        let runner = RecipeRunner(
            kind: "finetune tag", workspace: workspace, tokenizer: folder.tokenizer,
            output: output, options: options, training: training,
            dependencies: sentences.dependencies.merging(
                ["corpus": corpus, "base": try DurableFiles.checksum(weightsIn: base)]
            ) { first, _ in first }, sizes: sentences.sizes)
        return try runner.train(
            model: model, task: task, keepsBest: finetuning.keepsBest,
            record: .draft(
                .tagging, labels: sentences.tags, maxLength: maxLength, corpus: corpus,
                tokenizer: folder.tokenizer, options: training,
                baseModel: finetuning.fromScratch ? nil : base.lastPathComponent),
            recorder: TaggerRecorder(task: task, precision: training.precision),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}
