import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The class of a text.
public struct Prediction: Sendable, Hashable, Codable {
    /// The likeliest class.
    public var label: String
    /// Its probability.
    public var probability: Double
    /// The probabilities of all classes, in the model's order.
    public var probabilities: [Double]
}

/// A fine-tuned classifier, ready to predict.
///
///     let classifier = try TextClassifier(modelFolder: folder)
///     let predictions = try classifier.predict(["A delight.", "A bore."])
public struct TextClassifier: Sendable {
    /// The model.
    public let model: SequenceClassifier
    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// The classes.
    public var labels: [String] { model.labels }

    let encoder: ExampleEncoder
    let paddingID: Int32

    /// Loads a folder that fine-tuning wrote.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model that does not classify.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.classification, for: "predicting")
        model = try folder.load(SequenceClassifier.self)
        tokenizer = folder.tokenizer
        encoder = ExampleEncoder(
            tokenizer: tokenizer, labels: model.labels,
            maxLength: min(folder.record.maxLength, model.maxSequenceLength))
        paddingID = tokenizer.paddingID ?? 0
    }

    /// The classes of texts, in their order.
    ///
    /// Texts longer than the model's length are cut.
    /// - Parameters:
    ///   - texts: Any number of texts.
    ///   - batchSize: Texts a forward pass; it does not change the result beyond rounding.
    ///   - precision: Of matrix products.
    public func predict(
        _ texts: [String], batchSize: Int = 32, precision: Precision = .float32
    ) throws -> [Prediction] {
        try predict(
            texts.map { LabelledText($0) }, batchSize: batchSize, precision: precision)
    }

    /// The classes of texts or pairs of texts, in their order; labels that they have are ignored.
    public func predict(
        _ texts: [LabelledText], batchSize: Int = 32, precision: Precision = .float32
    ) throws -> [Prediction] {
        let examples = try encoder.encode(texts.map { LabelledText($0.text, pair: $0.pair) })
        var result = [Prediction](
            repeating: Prediction(label: "", probability: 0, probabilities: []),
            count: texts.count)
        let batches = ClassificationDataset.evaluationBatches(
            of: examples, batchSize: batchSize, paddingID: paddingID)
        for batch in batches {
            let values = model.probabilities(
                batch.ids, typeIDs: batch.typeIDs,
                mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape),
                precision: precision
            ).scalars
            for (row, index) in batch.indices.enumerated() {
                let row = values[row * labels.count..<(row + 1) * labels.count].map(Double.init)
                var best = 0
                for place in row.indices where row[place] > row[best] { best = place }
                result[index] = Prediction(
                    label: labels[best], probability: row[best], probabilities: row)
            }
        }
        return result
    }
}
