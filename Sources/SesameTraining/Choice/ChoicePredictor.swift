import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The ending that a model picks.
public struct ChoicePrediction: Sendable, Hashable, Codable {
    /// Its place, from 0.
    public var answer: Int
    /// The probabilities of all endings.
    public var probabilities: [Double]
}

/// A model that picks endings, ready to be asked.
///
///     let predictor = try ChoicePredictor(modelFolder: folder)
///     let picked = predictor.predict([MultipleChoice("It rained, so", endings: ["they stayed in.", "the sun sang."])])
public struct ChoicePredictor: Sendable {
    /// The model.
    public let model: ChoiceClassifier
    /// The tokenizer.
    public let tokenizer: Tokenizer

    private let maxLength: Int
    private var paddingID: Int32 { tokenizer.paddingID ?? 0 }

    /// Loads a folder that ``finetuneChoice(workspace:corpus:from:options:output:onEvent:shouldStop:)`` wrote, or a
    /// published `BertForMultipleChoice`.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.multipleChoice, for: "picking endings")
        model = try folder.load(ChoiceClassifier.self)
        tokenizer = folder.tokenizer
        maxLength = min(folder.record.maxLength, model.configuration.maxSequenceLength)
    }

    /// The picked endings, in the order of the texts; answers that they have are ignored.
    ///
    /// - Parameters:
    ///   - choices: Any number, each with one ending or more; what is longer than the model's length is cut.
    ///   - batchSize: Texts a forward pass; it does not change the result beyond rounding.
    ///   - precision: Of matrix products.
    public func predict(
        _ choices: [MultipleChoice], batchSize: Int = 16, precision: Precision = .float32
    ) throws -> [ChoicePrediction] {
        precondition(
            choices.allSatisfy { !$0.endings.isEmpty },
            "a text without endings among the \(choices.count)")
        var result: [ChoicePrediction] = []
        let batches = ChoiceDataset.evaluationBatches(
            of: try examples(choices), batchSize: batchSize, paddingID: paddingID)
        for batch in batches {
            let rows = batch.rows
            let probabilities = softmax(
                model.logits(
                    rows.ids, typeIDs: rows.typeIDs,
                    mask: .unlessFull(rows.attentionMask, shape: rows.ids.shape),
                    counts: batch.counts, context: .evaluation(precision: precision)))
            let (best, width) = (probabilities.argmaxRows().scalars, probabilities.shape[1])
            for (row, count) in batch.counts.enumerated() {
                result.append(
                    ChoicePrediction(
                        answer: Int(best[row]),
                        probabilities: probabilities.scalars[row * width..<row * width + count]
                            .map(Double.init)))
            }
        }
        return result
    }

    /// Loss and accuracy on texts whose answers are known.
    func metrics(on choices: [MultipleChoice], precision: Precision) throws -> Metrics {
        ChoiceTask.metrics(
            model, on: try examples(choices), paddingID: paddingID, precision: precision)
    }

    private func examples(_ choices: [MultipleChoice]) throws -> [ChoiceExample] {
        try ChoiceExample.encode(
            choices, tokenizer: tokenizer, inputForm: model.configuration.scorer.inputForm,
            maxLength: maxLength)
    }
}
