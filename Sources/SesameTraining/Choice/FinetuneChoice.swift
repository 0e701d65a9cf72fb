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

/// Fine-tunes a pretrained GPT or BERT to pick the right one of several endings of a text, and writes a new model folder.
///
/// Each ending goes through the model with its text, for a BERT as `[CLS] text [SEP] ending [SEP]`, for a GPT as `start text
/// delimiter ending extract` with tokens that it learns, cut longest first. Validation is on the validation split or, where
/// the corpus has none, on some of the training texts, drawn by the seed.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 4.4; Zellers et al. 2018, SWAG,
/// https://arxiv.org/abs/1808.05326; Radford et al. 2018, Improving Language Understanding by Generative Pre-Training,
/// section 3.3.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus that was imported with columns of endings.
///   - base: The folder of a GPT or BERT in Hugging Face's layout, ours or published, whatever heads it has.
///   - options: How to train; a GPT reads text and ending in this one order.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, `StoreError` for a corpus that does not exist, or `ModelError` for a folder that
///   cannot be read.
@discardableResult
public func finetuneChoice(
    workspace: Workspace, corpus: String, from base: URL, options: FinetuningOptions = .choice,
    output: ModelOutput, onEvent: (TrainerEvent) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validateWithoutAugmentation()
    try OptionCheck.require(
        options.inputs == .delimited, "form of inputs", "delimited, for multiple choice",
        options.inputs.rawValue)
    try RecipeRunner<FinetuningOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let seed = options.training.seed
        let folder = try TrainedModelFolder(base)
        let model = try makeModel(folder, options)
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
        let maxLength = min(options.maxLength ?? .max, model.configuration.maxSequenceLength)
        func encoded(_ choices: [MultipleChoice]) throws -> [ChoiceExample] {
            try ChoiceExample.encode(
                choices, tokenizer: folder.tokenizer,
                inputForm: model.configuration.scorer.inputForm, maxLength: maxLength)
        }
        try onEvent(
            .preparing("tokenising \(choices.train.count + choices.validation.count) texts"))
        let task = ChoiceTask(
            data: ChoiceDataset(
                examples: try encoded(choices.train), batchSize: options.training.batchSize,
                paddingID: folder.tokenizer.paddingID ?? 0, seed: seed,
                groupsByLength: model.scorer.computesOnPadding),
            validation: try encoded(choices.validation),
            languageModelWeight: options.languageModelWeight)
        try TrainingEstimate.requireFits(
            model.configuration.scorer.cost, lengths: task.data.examples.map(\.tokenCount),
            batchSize: options.training.batchSize)
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
            model: model, task: task, keepsBest: options.keepsBest,
            record: .draft(
                .multipleChoice, maxLength: maxLength, corpus: corpus,
                tokenizer: folder.tokenizer, options: training,
                baseModel: options.fromScratch ? nil : base.lastPathComponent),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}

/// A model with a fresh head on the folder's GPT or BERT, or on random weights of the same sizes.
private func makeModel(
    _ folder: TrainedModelFolder, _ options: FinetuningOptions
) throws -> ChoiceClassifier {
    let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights).derived(1)
    switch try folder.backbone(options) {
    case .bert(let bert): return ChoiceClassifier(bert: bert, key: key)
    case .gpt(let gpt, let form):
        guard let form else { preconditionFailure("a GPT without its form of inputs") }
        return ChoiceClassifier(
            gpt: gpt, inputForm: form, dropoutProbability: options.dropoutProbability, key: key)
    }
}
