import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How well a model does on some data.
public struct EvaluationReport: Sendable, Codable, Hashable {
    /// What the model does.
    public var task: TrainingRecord.Task
    /// The figures, by ``MetricName``.
    public var metrics: Metrics
    /// How often each class was taken for each other; for classifiers.
    public var confusion: ConfusionMatrix?
    /// How well entities are found, by type; for taggers of entities.
    public var entities: EntityScores?
}

/// Evaluates the model of a folder on a split of a corpus.
///
/// A GPT is scored over the whole text in windows end to end, a BERT on masked tokens (and pairs,
/// where it was trained on them) beside the unigram baseline of the corpus's train split, a
/// classifier on labelled texts beside the majority class, a model of scores by correlation.
/// - Parameters:
///   - modelFolder: A folder that pretraining or fine-tuning wrote.
///   - workspace: Holds the corpus.
///   - corpus: The corpus's name.
///   - split: Which documents.
///   - precision: Of matrix products.
///   - beamSize: How wide the search of a translation model is, 1 for greedy; nil for 5.
///   - onEvent: Told of progress.
/// - Throws: ``TrainingError`` with code `.notEnoughData` where the split is empty; `StoreError`.
public func evaluate(
    modelFolder: URL, workspace: Workspace, corpus: String, split: Split = .validation,
    precision: Precision = .float32, beamSize: Int? = nil,
    onEvent: (TrainerEvent) throws -> Void = { _ in }
) throws -> EvaluationReport {
    let folder = try TrainedModelFolder(modelFolder)
    let kind = try ModelKind.of(modelFolder)
    guard let evaluate = kind.evaluate else {
        throw ModelKind.mismatch(
            kind.modelType, in: modelFolder, expected: { $0.evaluate != nil },
            for: "measuring on a corpus")
    }
    return try withoutActuallyEscaping(onEvent) { onEvent in
        try evaluate(
            EvaluationInput(
                folder: folder, workspace: workspace, corpus: corpus, split: split,
                precision: precision,
                reader: CorpusReader(
                    workspace: workspace, corpus: corpus, tokenizer: folder.tokenizer,
                    onEvent: onEvent), beamSize: beamSize))
    }
}

/// Evaluates a fine-tuned model's folder on labelled texts.
/// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task,
///   `.badLabel` for a label it does not know, `.notEnoughData` without texts.
public func evaluate(
    modelFolder: URL, texts: [LabelledText], precision: Precision = .float32
) throws -> EvaluationReport {
    guard !texts.isEmpty else {
        throw TrainingError(
            .notEnoughData(
                what: "evaluation", needed: "one labelled text or more", found: "none",
                remedy: "give a file with labelled texts"))
    }
    if let index = texts.firstIndex(where: { $0.label == nil }) {
        throw TrainingError(
            .badLabel(
                problem: "text \(index + 1) has none", remedy: "evaluate on labelled texts only"))
    }
    let predictor = try SequencePredictor(
        modelFolder: modelFolder, tasks: [.classification, .regression], for: "evaluating texts")
    let result = SequenceTask.evaluate(
        predictor.model, on: try predictor.encoder.encode(texts),
        paddingID: predictor.paddingID, precision: precision)
    return EvaluationReport(
        task: predictor.record.task, metrics: result.metrics, confusion: result.confusion)
}
