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

/// How to fine-tune an encoder to answer questions with parts of a text.
public struct SpanOptions: Sendable, Hashable, Codable {
    /// Tokens of a long text that neighbouring windows share.
    public var windowOverlap = 128
    /// The most tokens of a question; the rest is cut.
    public var maxQuestionLength = 64
    /// The most tokens of an answer.
    public var maxAnswerLength = 30
    /// By how much the score of there being no answer must exceed the best answer's for none to be given, where the training
    /// questions include some without an answer; else there always is one.
    public var noAnswerThreshold: Float = 0
    /// How to fine-tune; `maxLength` is that of a window, of which a long text has several.
    public var finetuning: FinetuningOptions

    /// Three epochs at a peak of 3e-4, falling linearly, batch 16, windows of at most 384 tokens.
    public init() {
        finetuning = FinetuningOptions()
        finetuning.maxLength = 384
        finetuning.training.batchSize = 16
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try finetuning.validateWithoutAugmentation()
        for (value, name, least) in [
            (windowOverlap, "window overlap", 0), (maxQuestionLength, "question length", 1),
            (maxAnswerLength, "answer length", 1),
            (finetuning.maxLength ?? .max, "length", SpanEncoder.shortestLength),
        ] {
            try OptionCheck.require(value >= least, name, "\(least) or more", value)
        }
        try OptionCheck.require(
            noAnswerThreshold.isFinite, "threshold of no answer", "a finite number",
            noAnswerThreshold)
    }
}

/// Fine-tunes a pretrained BERT to answer questions with parts of a text, and writes a new model folder.
///
/// A text longer than a window is read in several, which share some tokens; a window without the whole answer is taught to
/// point at `[CLS]`. Of several answers to a training question the first is learnt. Validation is on the validation split
/// or, where the corpus has none, on some of the training paragraphs, drawn by the seed; the weights are kept by F1.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, sections 4.2 and 4.3.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus of paragraphs with questions, imported from SQuAD's format.
///   - base: The folder of a BERT in Hugging Face's layout, ours or published, whatever heads it has.
///   - options: How to train.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, `StoreError` for a corpus that does not exist, or `ModelError` for a folder that
///   cannot be read.
@discardableResult
public func finetuneSpans(
    workspace: Workspace, corpus: String, from base: URL, options: SpanOptions = SpanOptions(),
    output: ModelOutput, onEvent: (TrainerEvent) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<SpanOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let (finetuning, seed) = (options.finetuning, options.finetuning.training.seed)
        let folder = try TrainedModelFolder(base)
        let bert = try folder.encoder(finetuning)
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: folder.tokenizer, onEvent: onEvent)
        // Paragraphs are held out as a whole: questions about one text are alike.
        var paragraphs = (
            train: try reader.questions(.train), validation: try reader.questions(.validation)
        )
        if paragraphs.validation.isEmpty, finetuning.validationFraction > 0 {
            paragraphs = paragraphs.train.heldOut(
                share: finetuning.validationFraction, seed: seed)
        }
        let (train, validation) = (
            paragraphs.train.flatMap { $0 }, paragraphs.validation.flatMap { $0 }
        )
        guard !train.isEmpty else {
            throw TrainingError(
                .notEnoughData(
                    what: "training to answer questions", needed: "questions in \(corpus)",
                    found: "none", remedy: "import some with --format squad"))
        }
        let isAlwaysAnswered = train.allSatisfy { $0.range != nil }
        let configuration = SpanPredictorConfig(
            backbone: bert.configuration, windowOverlap: options.windowOverlap,
            maxQuestionLength: options.maxQuestionLength,
            maxAnswerLength: options.maxAnswerLength,
            noAnswerThreshold: isAlwaysAnswered ? nil : options.noAnswerThreshold)
        let maxLength = min(finetuning.maxLength ?? .max, bert.configuration.maxSequenceLength)
        let model = SpanPredictor(
            bert: bert, configuration: configuration,
            key: RandomKey(seed: seed, stream: RecipeSite.weights).derived(1))
        let encoder = try SpanEncoder(
            tokenizer: folder.tokenizer, configuration: configuration, maxLength: maxLength)
        try onEvent(.preparing("tokenising \(train.count + validation.count) questions"))
        let task = try SpanTask(
            questions: train, validation: validation, encoder: encoder,
            search: SpanSearch(configuration), training: finetuning.training)
        try TrainingEstimate.requireFits(
            bert.configuration.headedCost, lengths: task.data.examples.map(\.tokenCount),
            batchSize: finetuning.training.batchSize)
        let training = finetuning.training.evaluatedOnceAnEpoch(of: task.data)
        let runner = RecipeRunner(
            kind: "finetune span", workspace: workspace, tokenizer: folder.tokenizer,
            output: output, options: options, training: training,
            dependencies: [
                "corpus": corpus, "base": try DurableFiles.checksum(weightsIn: base),
                "training questions": train.contentHash,
                "validation questions": validation.contentHash,
            ],
            sizes: [
                "trainQuestions": train.count, "validationQuestions": validation.count,
                "trainWindows": task.data.examples.count,
            ])
        return try runner.train(
            model: model, task: task, keepsBest: finetuning.keepsBest,
            record: .draft(
                .questionAnswering, maxLength: maxLength, corpus: corpus,
                tokenizer: folder.tokenizer, options: training,
                baseModel: finetuning.fromScratch ? nil : base.lastPathComponent),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}
