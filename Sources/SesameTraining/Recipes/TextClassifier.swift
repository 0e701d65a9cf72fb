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
    public var model: SequenceClassifier { predictor.model }
    /// The tokenizer.
    public var tokenizer: Tokenizer { predictor.tokenizer }
    /// The classes.
    public var labels: [String] { model.labels }
    /// The most tokens of a text that the model reads, special ones included.
    public var maxLength: Int { predictor.encoder.maxLength }

    private let predictor: SequencePredictor

    /// Loads a folder that fine-tuning wrote, or a published classifier.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model that does not classify.
    public init(modelFolder: URL) throws {
        predictor = try SequencePredictor(
            modelFolder: modelFolder, tasks: [.classification], for: "classifying")
    }

    /// How many of the texts or pairs have more than ``maxLength`` tokens, so that their ends are not read.
    public func countTooLong(_ texts: [LabelledText]) -> Int {
        predictor.encoder.countTooLong(texts)
    }

    /// The classes of texts, in their order.
    ///
    /// Of texts longer than ``maxLength`` the end is not read; see ``countTooLong(_:)``.
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
        try predictor.outputs(texts, batchSize: batchSize, precision: precision) {
            softmax($0)
        }.map { row in
            let row = row.map(Double.init)
            var best = 0
            for place in row.indices where row[place] > row[best] { best = place }
            return Prediction(label: labels[best], probability: row[best], probabilities: row)
        }
    }
}

/// A model fine-tuned to give texts or pairs a score, ready to predict.
///
///     let scorer = try TextScorer(modelFolder: folder)
///     let scores = try scorer.scores([LabelledText("A plane takes off.", pair: "A plane lands.")])
public struct TextScorer: Sendable {
    /// The model.
    public var model: SequenceClassifier { predictor.model }
    /// The tokenizer.
    public var tokenizer: Tokenizer { predictor.tokenizer }
    /// The most tokens of a text that the model reads, special ones included.
    public var maxLength: Int { predictor.encoder.maxLength }

    private let predictor: SequencePredictor

    /// Loads a folder that fine-tuning wrote, or a published model of one output.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        predictor = try SequencePredictor(
            modelFolder: modelFolder, tasks: [.regression], for: "scoring")
    }

    /// How many of the texts or pairs have more than ``maxLength`` tokens, so that their ends are not read.
    public func countTooLong(_ texts: [LabelledText]) -> Int {
        predictor.encoder.countTooLong(texts)
    }

    /// The scores of texts or pairs of texts, in their order; labels that they have are ignored.
    /// - Parameters:
    ///   - texts: Any number; of those longer than ``maxLength`` the end is not read.
    ///   - batchSize: Texts a forward pass; it does not change the result beyond rounding.
    ///   - precision: Of matrix products.
    public func scores(
        _ texts: [LabelledText], batchSize: Int = 32, precision: Precision = .float32
    ) throws -> [Double] {
        try predictor.outputs(texts, batchSize: batchSize, precision: precision) { $0 }
            .map { Double($0[0]) }
    }
}

/// A fine-tuned model with what its texts need: what classifiers and scorers share.
struct SequencePredictor: Sendable {
    let model: SequenceClassifier
    let tokenizer: Tokenizer
    let record: TrainingRecord
    let encoder: ExampleEncoder
    let paddingID: Int32

    init(modelFolder: URL, tasks: [TrainingRecord.Task], for use: String) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(tasks, for: use)
        record = folder.record
        model = try folder.load(SequenceClassifier.self)
        tokenizer = folder.tokenizer
        var context: (any ContextVectors)?
        if case .textCNN(let sizes) = model.configuration.backbone, sizes.contextLayerCount > 0 {
            context = try WordVectorSource.contextVectors(
                inModel: modelFolder, layerCount: sizes.contextLayerCount, size: sizes.contextSize)
        }
        encoder = ExampleEncoder(
            tokenizer: tokenizer, head: model.configuration.head,
            maxLength: min(folder.record.maxLength, model.maxSequenceLength),
            inputForm: model.configuration.inputForm, context: context)
        paddingID = tokenizer.paddingID ?? 0
    }

    /// The head's outputs for each text, in the texts' order.
    func outputs(
        _ texts: [LabelledText], batchSize: Int, precision: Precision,
        _ transform: (Tensor) -> Tensor
    ) throws -> [[Float]] {
        let examples = try encoder.encode(texts.map { LabelledText($0.text, pair: $0.pair) })
        var result = [[Float]](repeating: [], count: texts.count)
        let batches = SequenceDataset.evaluationBatches(
            of: examples, batchSize: batchSize, paddingID: paddingID)
        let width = model.configuration.head.outputCount
        for batch in batches {
            let values = transform(
                model.logits(
                    batch.ids, typeIDs: batch.typeIDs,
                    mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape),
                    layers: batch.layers, context: .evaluation(precision: precision))
            ).scalars
            for (row, index) in batch.indices.enumerated() {
                result[index] = Array(values[row * width..<(row + 1) * width])
            }
        }
        return result
    }
}
