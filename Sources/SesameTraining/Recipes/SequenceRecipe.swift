import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What all trainings on texts with classes or scores have in common: the texts, their tokens, the run.
struct SequenceRecipe<Options: Codable & Sendable> {
    let task: FinetuningTask
    let workspace: Workspace
    let corpus: String
    let tokenizer: Tokenizer
    let options: Options
    let training: TrainingOptions
    let validationFraction: Double
    /// Longest text in tokens; nil for the model's limit.
    let maxLength: Int?
    let keepsBest: Bool
    let augmentation: TextAugmentation
    /// The vectors that the model begins with, where it has any.
    var vectors: WordVectorTable?
    /// Gives vectors of words in context, where the model mixes them.
    var context: (any ContextVectors)?
    /// λ of the loss of a GPT's next tokens.
    var languageModelWeight: Float = 0
    /// The greatest length of the head's weights; nil for no limit.
    var maxNorm: Float?
    let output: ModelOutput
    /// What else the result depends on.
    let dependencies: [String: String]
    /// The name of the model that this one begins from.
    let baseModel: String?

    /// Trains the model that `makeModel` gives for a head, and writes its folder.
    func train(
        alongside: (URL) throws -> Void = { _ in },
        onEvent: (TrainerEvent) throws -> Void, shouldStop: () -> Bool,
        makeModel: (SequenceHead) throws -> SequenceClassifier
    ) throws -> RecipeResult {
        try withoutActuallyEscaping(onEvent) { onEvent in
            let reader = CorpusReader(
                workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
            let texts = try LabelledSplits(
                reader: reader, task: task, validationFraction: validationFraction,
                seed: training.seed)
            let head = try makeHead(for: task, texts: texts.train, corpus: corpus)
            let model = try makeModel(head)
            let maxLength = min(maxLength ?? .max, model.maxSequenceLength)
            let encoder = ExampleEncoder(
                tokenizer: tokenizer, head: head, maxLength: maxLength,
                inputForm: model.configuration.inputForm, context: context)
            let count = texts.train.count + texts.validation.count
            try onEvent(.preparing("tokenising \(count) texts"))
            let sequences = SequenceTask(
                data: try SequenceDataset(
                    examples: encoder.encode(texts.train), batchSize: training.batchSize,
                    paddingID: tokenizer.paddingID ?? 0, seed: training.seed,
                    groupsByLength: model.computesOnPadding,
                    augmenter: TokenAugmenter(
                        augmentation, tokenizer: tokenizer, vectors: vectors,
                        seed: training.seed)),
                validation: try encoder.encode(texts.validation), head: head, maxNorm: maxNorm,
                languageModelWeight: languageModelWeight)
            try TrainingEstimate.requireFits(
                model.configuration.cost, lengths: sequences.data.examples.map(\.tokenCount),
                batchSize: training.batchSize)
            let training = training.evaluatedOnceAnEpoch(of: sequences.data)
            var sizes = [
                "trainTexts": texts.train.count, "validationTexts": texts.validation.count,
            ]
            if let vectors { sizes["wordsWithVectors"] = vectors.foundCount }
            var dependencies = dependencies
            dependencies["corpus"] = corpus
            dependencies["training texts"] = texts.train.contentHash
            dependencies["validation texts"] = texts.validation.contentHash
            let runner = RecipeRunner(
                kind: task.kind, workspace: workspace, tokenizer: tokenizer, output: output,
                options: options, training: training, dependencies: dependencies, sizes: sizes)
            return try runner.train(
                model: model, task: sequences, keepsBest: keepsBest,
                record: .draft(
                    head == .regression ? .regression : .classification,
                    labels: head == .regression ? nil : model.labels, maxLength: maxLength,
                    corpus: corpus, tokenizer: tokenizer, options: training,
                    baseModel: baseModel),
                recorder: SequenceRecorder(task: sequences, precision: training.precision),
                alongside: alongside, onEvent: onEvent, shouldStop: shouldStop)
        }
    }
}

/// The texts to train and to validate on.
private struct LabelledSplits {
    var train: [LabelledText]
    var validation: [LabelledText]

    init(
        reader: CorpusReader, task: FinetuningTask, validationFraction: Double, seed: UInt64
    ) throws {
        train = try reader.labelled(.train)
        validation = try reader.labelled(.validation)
        if task == .pairClassification {
            let single = (train + validation).filter { $0.pair == nil }
            if let first = single.first {
                throw TrainingError(
                    .notEnoughData(
                        what: "fine-tuning on pairs",
                        needed: "a second text in every document of \(reader.corpus)",
                        found: "\(single.count) without one"
                            + (first.place.map { ", the first at \($0)" } ?? ""),
                        remedy: "import with the column of the second texts"))
            }
        }
        guard validation.isEmpty, validationFraction > 0 else { return }
        (train, validation) = train.heldOut(share: validationFraction, seed: seed)
    }
}

private func makeHead(
    for task: FinetuningTask, texts: [LabelledText], corpus: String
) throws -> SequenceHead {
    guard task != .regression else { return .regression }
    let labels = SequenceDataset.discoverLabels(texts.compactMap(\.label))
    guard labels.count >= 2 else {
        throw TrainingError(
            .badLabel(
                problem: "the train split of \(corpus) has \(labels.count) different labels, "
                    + "expected two or more",
                remedy: "import with the column that holds the labels"))
    }
    return .classification(labels: labels)
}
