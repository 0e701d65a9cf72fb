import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model that answers questions with parts of a text, ready to be asked.
///
///     let answerer = try QuestionAnswerer(modelFolder: folder)
///     let found = try answerer.answers(to: [Question("Where did she live?", context: text)])
///     print(found[0].answer?.text ?? "the text does not tell")
public struct QuestionAnswerer: Sendable {
    private var reading: SpanReading

    /// The model.
    public var model: SpanPredictor { reading.model }
    /// The tokenizer.
    public var tokenizer: Tokenizer { reading.encoder.tokenizer }

    /// How many of the best answers are told; 20 at first.
    public var bestCount: Int {
        get { reading.search.bestCount }
        set { reading.search.bestCount = newValue }
    }
    /// By how much the score of no answer must exceed that of the best one for none to be given; nil for always one. At
    /// first that of the model.
    public var noAnswerThreshold: Double? {
        get { reading.search.threshold }
        set { reading.search.threshold = newValue }
    }

    /// Loads a folder that ``finetuneSpans(workspace:corpus:from:options:output:onEvent:shouldStop:)`` wrote, or a
    /// published `BertForQuestionAnswering`.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.questionAnswering, for: "answering questions")
        let model = try folder.load(SpanPredictor.self)
        reading = SpanReading(
            model: model,
            encoder: try SpanEncoder(
                tokenizer: folder.tokenizer, configuration: model.configuration,
                maxLength: folder.record.maxLength),
            search: SpanSearch(model.configuration))
    }

    /// The answers to questions, in their order.
    ///
    /// A context longer than the model's positions is read in windows that overlap. Questions are cut at the model's
    /// longest question.
    /// - Parameters:
    ///   - questions: Any number; answers that they have are ignored.
    ///   - batchSize: Windows a forward pass; it does not change the result beyond rounding.
    ///   - precision: Of matrix products.
    public func answers(
        to questions: [Question], batchSize: Int = 32, precision: Precision = .float32
    ) -> [FoundAnswer] {
        reading.answers(to: questions, batchSize: batchSize, precision: precision)
    }

    /// How the answers to questions compare with those they have.
    public func scores(
        on questions: [Question], precision: Precision = .float32
    ) -> SpanScores {
        reading.scores(on: questions, precision: precision)
    }
}

extension SpanSearch {
    init(_ configuration: SpanPredictorConfig) {
        self.init(
            maxLength: configuration.maxAnswerLength,
            threshold: configuration.noAnswerThreshold.map(Double.init))
    }
}
