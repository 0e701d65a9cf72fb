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

extension FinetuningOptions {
    /// For multiple choice: the same with 16 texts a batch, each of which is as many rows as it has endings.
    public static var choice: FinetuningOptions {
        var options = FinetuningOptions()
        options.training.batchSize = 16
        return options
    }
}

/// Fine-tunes a pretrained BERT to pick the right one of several endings of a text, and writes a new model folder.
///
/// Each ending goes through the model with its text, as `[CLS] text [SEP] ending [SEP]`, cut longest first. Validation is
/// on the validation split or, where the corpus has none, on some of the training texts, drawn by the seed.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 4.4; Zellers et al. 2018, SWAG,
/// https://arxiv.org/abs/1808.05326.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus that was imported with columns of endings.
///   - base: The folder of a BERT in Hugging Face's layout, ours or published, whatever heads it has.
///   - options: How to train.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, ``StoreError`` for a corpus that does not exist, or `ModelError` for a folder that
///   cannot be read.
@discardableResult
public func finetuneChoice(
    workspace: Workspace, corpus: String, from base: URL, options: FinetuningOptions = .choice,
    output: ModelOutput, onEvent: (TrainerEvent) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validateWithoutAugmentation()
    try RecipeRunner<FinetuningOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let seed = options.training.seed
        let folder = try TrainedModelFolder(base)
        let bert = try folder.encoder(options)
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: folder.tokenizer, onEvent: onEvent)
        var choices = (
            train: try reader.choices(.train), validation: try reader.choices(.validation)
        )
        if choices.validation.isEmpty, options.validationFraction > 0 {
            choices = choices.train.heldOut(share: options.validationFraction, seed: seed)
        }
        guard !choices.train.isEmpty else {
            throw TrainingError(
                .notEnoughData(
                    what: "training to pick endings", needed: "texts with answers in \(corpus)",
                    found: "none", remedy: "import some with the columns of endings and label"))
        }
        let maxLength = min(options.maxLength ?? .max, bert.configuration.maxSequenceLength)
        func encoded(_ choices: [MultipleChoice]) -> [ChoiceExample] {
            ChoiceExample.encode(choices, tokenizer: folder.tokenizer, maxLength: maxLength)
        }
        try onEvent(
            .preparing("tokenising \(choices.train.count + choices.validation.count) texts"))
        let task = ChoiceTask(
            data: ChoiceDataset(
                examples: encoded(choices.train), batchSize: options.training.batchSize,
                paddingID: folder.tokenizer.paddingID ?? 0, seed: seed),
            validation: encoded(choices.validation))
        let training = options.training.evaluatedOnceAnEpoch(of: task.data)
        let runner = RecipeRunner(
            kind: "finetune choice", workspace: workspace, tokenizer: folder.tokenizer,
            output: output, options: options, training: training,
            dependencies: [
                "corpus": corpus, "base": try DurableFiles.checksum(weightsIn: base),
                "training texts": choices.train.contentHash,
                "validation texts": choices.validation.contentHash,
            ],
            sizes: [
                "trainTexts": choices.train.count, "validationTexts": choices.validation.count,
            ])
        return try runner.train(
            model: ChoiceClassifier(
                bert: bert, key: RandomKey(seed: seed, stream: RecipeSite.weights).derived(1)),
            task: task, keepsBest: options.keepsBest,
            record: .draft(
                .multipleChoice, maxLength: maxLength, corpus: corpus,
                tokenizer: folder.tokenizer, options: training,
                baseModel: options.fromScratch ? nil : base.lastPathComponent),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}
