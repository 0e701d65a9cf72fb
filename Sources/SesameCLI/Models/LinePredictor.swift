import ArgumentParser
import Foundation
import Sesame

/// What a model makes of lines of input.
struct LinePredictor {
    /// Turns lines into lines of output, and counts those that were longer than the model reads.
    let predict: (_ lines: [InputLine]) throws -> (output: [String], tooLongCount: Int)
    /// The most tokens of a text that the model reads.
    var maxLength = Int.max
}

/// How a `predict` command wants its lines read and written.
struct PredictSettings {
    var isJSON: Bool
    var hasPairs: Bool
    var batchSize: Int
    var precision: Precision
    /// How many answers are listed.
    var bestCount: Int
    var noAnswerThreshold: Double?
}

extension LinePredictor {
    /// What a folder's model does, by what it was trained for.
    init(modelFolder: URL, settings: PredictSettings) throws {
        switch try TrainedModelFolder(modelFolder).record.task {
        case .tagging: self = .tags(try TextTagger(modelFolder: modelFolder), settings)
        case .questionAnswering:
            self = .answers(try QuestionAnswerer(modelFolder: modelFolder), settings)
        case .multipleChoice:
            self = .choices(try ChoicePredictor(modelFolder: modelFolder), settings)
        case .regression: self = .scores(try TextScorer(modelFolder: modelFolder), settings)
        default: self = .classes(try TextClassifier(modelFolder: modelFolder), settings)
        }
    }

    private static func scores(_ scorer: TextScorer, _ settings: PredictSettings) -> LinePredictor {
        LinePredictor(
            predict: { lines in
                let texts = try lines.map { try settings.text($0) }
                let scores = try scorer.scores(
                    texts, batchSize: settings.batchSize, precision: settings.precision)
                let output = try scores.map {
                    settings.isJSON ? try JSON.line(["score": $0]) : $0.fixed(4)
                }
                return (output, scorer.countTooLong(texts))
            }, maxLength: scorer.maxLength)
    }

    private static func classes(
        _ classifier: TextClassifier, _ settings: PredictSettings
    ) -> LinePredictor {
        LinePredictor(
            predict: { lines in
                let texts = try lines.map { try settings.text($0) }
                let predictions = try classifier.predict(
                    texts, batchSize: settings.batchSize, precision: settings.precision)
                let output = try predictions.map {
                    settings.isJSON
                        ? try JSON.line(ClassRecord($0, labels: classifier.labels))
                        : "\($0.label)\t\($0.probability.fixed(4))"
                }
                return (output, classifier.countTooLong(texts))
            }, maxLength: classifier.maxLength)
    }

    private static func tags(_ tagger: TextTagger, _ settings: PredictSettings) -> LinePredictor {
        LinePredictor { lines in
            let sentences = lines.map {
                $0.text.split(whereSeparator: \.isWhitespace).map(String.init)
            }
            let tags = try tagger.tags(
                of: sentences, batchSize: settings.batchSize, precision: settings.precision)
            let output = try zip(sentences, tags).map { words, tags in
                settings.isJSON
                    ? try JSON.line(TaggedRecord(words: words, tags: tags))
                    : zip(words, tags).map { "\($0)\t\($1)\n" }.joined()
            }
            return (output, 0)
        }
    }

    private static func answers(
        _ answerer: QuestionAnswerer, _ settings: PredictSettings
    ) -> LinePredictor {
        var answerer = answerer
        answerer.bestCount = max(20, settings.bestCount)
        if let threshold = settings.noAnswerThreshold { answerer.noAnswerThreshold = threshold }
        let ready = answerer
        return LinePredictor { lines in
            let asked = try lines.map { try settings.object($0, as: AskedQuestion.self) }
            let found = ready.answers(
                to: asked.map { Question($0.question, context: $0.context) },
                batchSize: settings.batchSize, precision: settings.precision)
            let output = try zip(asked, found).map { asked, found in
                guard settings.isJSON else {
                    let probability = found.answer?.probability ?? found.noAnswerProbability ?? 0
                    return "\(found.answer?.text ?? "")\t\(probability.fixed(4))"
                }
                return try JSON.line(
                    AnswerRecord(found, to: asked, bestCount: settings.bestCount))
            }
            return (output, 0)
        }
    }
}

extension LinePredictor {
    private static func choices(
        _ predictor: ChoicePredictor, _ settings: PredictSettings
    ) -> LinePredictor {
        LinePredictor(predict: { lines in
            let asked = try lines.map { try settings.object($0, as: AskedChoice.self) }
            let picked = try predictor.predict(
                asked.map { MultipleChoice($0.text, endings: $0.endings) },
                batchSize: settings.batchSize, precision: settings.precision)
            let output = try zip(asked, picked).map { asked, picked in
                let probability = picked.probabilities[picked.answer]
                return settings.isJSON
                    ? try JSON.line(
                        ChoiceRecord(
                            answer: picked.answer, ending: asked.endings[picked.answer],
                            probability: probability, probabilities: picked.probabilities))
                    : "\(picked.answer)\t\(probability.fixed(4))"
            }
            return (output, 0)
        })
    }
}

extension PredictSettings {
    /// A line as a text, or as two with a tab between.
    fileprivate func text(_ line: InputLine) throws -> LabelledText {
        hasPairs ? try line.pair() : LabelledText(line.text)
    }

    /// A line as a JSON object.
    fileprivate func object<Value: PredictedObject>(
        _ line: InputLine, as type: Value.Type
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line.text.utf8))
        } catch {
            throw CommandError(
                "\(line.place): expected a JSON object such as \(Value.example)")
        }
    }
}

/// A JSON object that a line holds.
private protocol PredictedObject: Decodable {
    /// What one looks like, for messages.
    static var example: String { get }
}

/// A question as it is asked on a line.
private struct AskedQuestion: PredictedObject {
    static let example = "{\"question\": \"…\", \"context\": \"…\"}"
    let id: String?
    let question: String
    let context: String
}

/// A text with endings as it stands on a line.
private struct AskedChoice: PredictedObject {
    static let example = "{\"text\": \"…\", \"endings\": [\"…\", \"…\"]}"
    let text: String
    let endings: [String]

    enum CodingKeys: CodingKey { case text, endings }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        text = try values.decode(String.self, forKey: .text)
        endings = try values.decode([String].self, forKey: .endings)
        guard endings.count >= 2 else {
            throw DecodingError.dataCorruptedError(
                forKey: .endings, in: values, debugDescription: "fewer than two endings")
        }
    }
}

private struct ChoiceRecord: Encodable {
    let answer: Int
    let ending: String
    let probability: Double
    let probabilities: [Double]
}

private struct ClassRecord: Encodable {
    let label: String
    let probability: Double
    let probabilities: [String: Double]

    init(_ prediction: Prediction, labels: [String]) {
        label = prediction.label
        probability = prediction.probability
        probabilities = Dictionary(
            zip(labels, prediction.probabilities), uniquingKeysWith: { first, _ in first })
    }
}

private struct TaggedRecord: Encodable {
    struct Entity: Encodable {
        let type: String
        let text: String
        /// Places of the first word and of the one after the last.
        let start: Int
        let end: Int
    }

    let words: [String]
    let tags: [String]
    let entities: [Entity]

    init(words: [String], tags: [String]) {
        self.words = words
        self.tags = tags
        entities = EntitySpan.spans(of: tags).map { span in
            Entity(
                type: span.type, text: words[span.words].joined(separator: " "),
                start: span.words.lowerBound, end: span.words.upperBound)
        }
    }
}

private struct AnswerRecord: Encodable {
    struct Part: Encodable {
        let text: String
        /// Code points of the context before it, and before what follows it, as SQuAD counts.
        let start: Int
        let end: Int
        let score: Double
        let probability: Double

        init(_ answer: SpanAnswer, in context: String) {
            let utf8 = context.utf8
            let lower = utf8.index(utf8.startIndex, offsetBy: answer.range.lowerBound)
            text = answer.text
            start = context.unicodeScalars.distance(
                from: context.unicodeScalars.startIndex, to: lower)
            end = start + answer.text.unicodeScalars.count
            score = answer.score
            probability = answer.probability
        }
    }

    let id: String?
    /// Null where there is none.
    let answer: Part?
    /// Of there being no answer; absent for a model that always answers.
    let noAnswerProbability: Double?
    let noAnswerScore: Double
    let best: [Part]?

    init(_ found: FoundAnswer, to asked: AskedQuestion, bestCount: Int) {
        id = asked.id
        answer = found.answer.map { Part($0, in: asked.context) }
        noAnswerProbability = found.noAnswerProbability
        noAnswerScore = found.noAnswerScore
        best =
            bestCount > 1
            ? found.best.prefix(bestCount).map { Part($0, in: asked.context) } : nil
    }

    enum CodingKeys: CodingKey { case id, answer, noAnswerProbability, noAnswerScore, best }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(id, forKey: .id)
        try values.encode(answer, forKey: .answer)
        try values.encodeIfPresent(noAnswerProbability, forKey: .noAnswerProbability)
        try values.encode(noAnswerScore, forKey: .noAnswerScore)
        try values.encodeIfPresent(best, forKey: .best)
    }
}
