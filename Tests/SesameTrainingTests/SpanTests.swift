import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// Windows over contexts, targets and the search for answers, by hand.
struct SpanWindowTests {
    // Tokens: The cat saw the mouse . The king
    private let context = "The cat saw the mouse. The king"

    private func encoder(maxLength: Int = 10, overlap: Int = 2) throws -> SpanEncoder {
        try SpanEncoder(
            tokenizer: Fixture().wordPiece,
            configuration: SpanPredictorConfig(
                backbone: BERTConfig(maxSequenceLength: 64), windowOverlap: overlap),
            maxLength: maxLength)
    }

    private func example(_ question: String = "the bird") throws -> SpanExample {
        try encoder().encode([Question(question, context: context)])[0]
    }

    @Test func windowsAndPositions() throws {
        let example = try example()
        let tokenizer = try Fixture().wordPiece
        func ids(_ text: String) -> [Int32] {
            text.split(separator: " ").map { tokenizer.id(of: String($0)) ?? -1 }
        }
        #expect(example.windows.map(\.tokens) == [0..<5, 3..<8])
        #expect(example.windows.map(\.firstPosition) == [4, 4])
        #expect(example.windows[0].ids == ids("[CLS] the bird [SEP] the cat saw the mouse [SEP]"))
        #expect(example.windows[1].ids == ids("[CLS] the bird [SEP] the mouse . the king [SEP]"))
        #expect(example.windows[0].typeIDs == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
        #expect(
            example.offsets
                == [0..<3, 4..<7, 8..<11, 12..<15, 16..<21, 21..<22, 23..<26, 27..<31])
    }

    @Test func longQuestionsAreCutAndShortContextsAreNot() throws {
        // Of seven places half are the question's; the windows share half of the four that are left.
        let long = try example("the cat saw the mouse")
        #expect(long.windows.map(\.tokens) == [0..<4, 2..<6, 4..<8])
        #expect(long.windows.map(\.firstPosition) == [5, 5, 5])
        let short = try encoder().encode([
            Question("cat", context: "the king"), Question("", context: "the king saw the"),
            Question("the", context: ""),
        ])
        #expect(short.map { $0.windows.map(\.tokens) } == [[0..<2], [0..<4], [0..<0]])
        #expect(short.map { $0.windows[0].firstPosition } == [3, 2, 3])
    }

    @Test func everyTokenOfEveryContextIsInAWindow() throws {
        var generator = RandomGenerator(seed: 8)
        for _ in 0..<100 {
            let encoder = try encoder(
                maxLength: 8 + generator.next(below: 12), overlap: generator.next(below: 6))
            let words = (0..<generator.next(below: 40)).map { _ in
                ["the", "cats", "kings", "saw", "."][generator.next(below: 5)]
            }
            let question = Question(
                String(repeating: "cat ", count: 1 + generator.next(below: 9)),
                context: words.joined(separator: " "))
            let example = encoder.encode([question])[0]
            let tokens = example.windows.flatMap { Array($0.tokens) }
            #expect(Set(tokens) == Set(example.offsets.indices))
            let tokenizer = try Fixture().wordPiece
            let all = tokenizer.encodeIDs(question.context)
            for window in example.windows {
                let positions =
                    window.firstPosition..<window.firstPosition + window.tokens.count
                #expect(Array(window.ids[positions]) == Array(all[window.tokens]))
            }
        }
    }

    @Test(arguments: [
        // "the mouse." is whole in the second window alone.
        (12..<22, [[0, 0], [4, 6]]),
        // Part of a token stands for the token.
        (17..<20, [[8, 8], [5, 5]]),
        // It begins with a space, which no token stands for.
        (22..<26, [[0, 0], [7, 7]]), (0..<7, [[4, 5], [0, 0]]), (0..<31, [[0, 0], [0, 0]]),
        (nil, [[0, 0], [0, 0]]),
    ])
    func targets(_ range: Range<Int>?, _ expected: [[Int32]]) throws {
        #expect(try example().targets(range).map { [$0.start, $0.end] } == expected)
    }

    @Test func answersStandWhereTheySay() {
        let context = "Ein Café für 5 € – schön."
        let question = SpanQuestion(
            id: "1", question: "?", answers: [.init(text: "5 €", start: 13)])
        let asked = Question(question, context: context)
        #expect(asked.answers == ["5 €"])
        let example = try? encoder().encode([asked]).first
        // é and ü are two bytes each: the third token of the price's window is known by its bytes.
        #expect(example?.offsets.contains(15..<16) == true)
        #expect(example?.targets(15..<20).contains { $0.start > 0 } == true)
    }

    /// Scores of ten positions, low but for some.
    private func scores(_ values: [Int: Float]) -> [Float] {
        (0..<10).map { values[$0] ?? -10 }
    }

    @Test func theBestAnswer() throws {
        let example = try example()
        var search = SpanSearch(bestCount: 2)
        let windows: [(starts: [Float], ends: [Float])] = [
            (scores([0: -1, 7: 5]), scores([0: -1, 8: 4])),
            // The likeliest beginning sees more around it in the first window, where it is not likely.
            (scores([0: 0, 4: 9]), scores([0: -3, 6: 6])),
        ]
        let found = search.answer(example, scores: windows, in: context)
        #expect(found.answer?.text == "the mouse" && found.answer?.range == 12..<21)
        #expect(found.answer?.score == 9 && found.answer?.probability == 1)
        #expect(found.noAnswerScore == -12 && found.noAnswerProbability == nil)
        #expect(found.best.count == 1)

        search.threshold = -12
        let given = search.answer(example, scores: windows, in: context)
        #expect(given.answer != nil)
        let share = 1 / (1 + exp(-12.0))
        #expect(abs((given.answer?.probability ?? 0) - share) < 1e-12)
        #expect(abs((given.noAnswerProbability ?? 0) - (1 - share)) < 1e-12)
        search.threshold = -12.5
        let none = search.answer(example, scores: windows, in: context)
        #expect(none.answer == nil && none.best.first?.text == "the mouse")

        search.maxLength = 1
        let short = search.answer(example, scores: windows, in: context)
        #expect(short.answer == nil && short.best.isEmpty && short.noAnswerScore == 0)
    }

    @Test func whatSaysTheSameIsSaidOnceAndNothingBackwards() throws {
        let example = try example()
        let search = SpanSearch(bestCount: 3)
        let found = search.answer(
            example,
            scores: [
                (scores([4: 3, 6: 2]), scores([4: 3])), (scores([7: 5]), scores([7: 5])),
            ], in: context)
        #expect(found.best.first?.text == "The" && found.best.first?.range == 23..<26)
        #expect(found.best.count { $0.text == "The" } == 1)
        // "saw" would end before it begins.
        #expect(!found.best.contains { $0.range.lowerBound == 8 && $0.score > 0 })
        #expect(found.best.map(\.score) == found.best.map(\.score).sorted(by: >))
    }
}

struct SpanRecipeTests {
    private static let places = ["rome", "oslo", "lima", "york"]
    private static let people = ["ada", "bob", "cleo"]

    private var tokenizer: Tokenizer {
        get throws {
            try .wordPiece(
                vocabulary: Vocabulary(
                    tokens: SpecialTokens.bert.all + Self.places + Self.people + [
                        "the", "cat", "saw", "a", "ship", ".", "where", "who", "?",
                    ]), lowercase: true)
        }
    }

    /// Paragraphs of filler with a person and, in most, a place.
    private func importQuestions(_ fixture: Fixture, impossible: Bool) throws {
        var generator = RandomGenerator(seed: 5)
        var paragraphs: [[String: Any]] = []
        for index in 0..<48 {
            var words = (0..<14).map { _ in
                ["the", "cat", "saw", "a", "ship"][generator.next(below: 5)]
            }
            let person = Self.people[generator.next(below: 3)].capitalized
            let place = Self.places[generator.next(below: 4)].capitalized
            let hasPlace = !(impossible && index % 3 == 0)
            words[generator.next(below: 7)] = person
            if hasPlace { words[7 + generator.next(below: 7)] = place }
            let context = words.joined(separator: " ") + "."
            func question(_ text: String, _ answer: String?) -> [String: Any] {
                let start = answer.flatMap { context.range(of: $0)?.lowerBound }
                    .map { context.distance(from: context.startIndex, to: $0) }
                var result: [String: Any] = ["id": "\(index)-\(text)", "question": text]
                result["answers"] = answer.map { [["text": $0, "answer_start": start ?? 0]] } ?? []
                if impossible { result["is_impossible"] = answer == nil }
                return result
            }
            paragraphs.append([
                "context": context,
                "qas": [question("Where?", hasPlace ? place : nil), question("Who?", person)],
            ])
        }
        let file = fixture.folder.url.appendingPathComponent("questions.json")
        try JSONSerialization.data(
            withJSONObject: ["version": "2.0", "data": [["title": "x", "paragraphs": paragraphs]]]
        ).write(to: file)
        try fixture.workspace.importCorpus(
            name: "questions",
            from: CorpusSource(.suggested(forPath: file.path), paths: [file.path]))
    }

    private func makeBase(_ fixture: Fixture) throws -> URL {
        try fixture.save(
            BERT(
                BERTConfig(
                    vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: 16,
                    hiddenSize: 32, layerCount: 2, headCount: 2, feedForwardSize: 64,
                    initializerDeviation: 0.1), key: RandomKey(seed: 3)),
            as: "base", tokenizer: tokenizer)
    }

    private var options: SpanOptions {
        var options = SpanOptions()
        options.windowOverlap = 3
        options.maxAnswerLength = 4
        options.finetuning.dropoutProbability = 0
        options.finetuning.keepsBest = false
        options.finetuning.training.batchSize = 8
        options.finetuning.training.limit = .epochs(20)
        options.finetuning.training.learningRate = 4e-3
        options.finetuning.training.precision = .float32
        return options
    }

    @Test(arguments: [false, true])
    func fromQuestionsToAnswers(_ impossible: Bool) throws {
        let fixture = try Fixture()
        try importQuestions(fixture, impossible: impossible)
        let folder = fixture.model("answers").folder
        let result = try finetuneSpans(
            workspace: fixture.workspace, corpus: "questions", from: makeBase(fixture),
            options: options, output: fixture.model("answers"))
        #expect(result.record.task == .questionAnswering && result.record.maxLength == 16)
        let f1 = try #require(result.summary.metrics[MetricName.spanF1])
        #expect(f1 > 0.9)
        #expect((result.summary.metrics[MetricName.noAnswerAccuracy] != nil) == impossible)

        let answerer = try QuestionAnswerer(modelFolder: folder)
        #expect(answerer.noAnswerThreshold == (impossible ? 0 : nil))
        let text = "The cat saw Ada the cat saw a ship the cat saw Lima a cat."
        let found = answerer.answers(to: [
            Question("Where?", context: text), Question("Who?", context: text),
        ])
        #expect(found.map(\.answer?.text) == ["Lima", "Ada"])
        #expect(found.map(\.answer?.range) == [47..<51, 12..<15])
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "questions", split: .train)
        #expect(report.task == .questionAnswering)
        #expect((report.metrics[MetricName.spanF1] ?? 0) > 0.9)
        let info = try ModelInfo(folder)
        #expect(info.architecture == "BertForQuestionAnswering")
        let exported = fixture.folder.url.appendingPathComponent("exported")
        try exportModel(from: folder, to: exported)
        #expect(
            try QuestionAnswerer(modelFolder: exported).answers(to: [
                Question("Who?", context: text)
            ])[0].answer?.text == "Ada")
        #expect(throws: TrainingError.self) { try TextTagger(modelFolder: folder) }
    }

    @Test func resumesToTheSameBits() throws {
        let fixture = try Fixture()
        try importQuestions(fixture, impossible: false)
        let base = try makeBase(fixture)
        var options = options
        options.finetuning.dropoutProbability = 0.1
        options.finetuning.training.limit = .steps(6)
        try fixture.expectTheSameBits(stoppingAfter: 3) { output, onEvent, shouldStop in
            try finetuneSpans(
                workspace: fixture.workspace, corpus: "questions", from: base, options: options,
                output: output, onEvent: onEvent, shouldStop: shouldStop)
        }
    }

    @Test func otherDocumentsAndOptionsAreRefused() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let base = try makeBase(fixture)
        let error = #expect(throws: TrainingError.self) {
            try finetuneSpans(
                workspace: fixture.workspace, corpus: "reviews", from: base,
                output: fixture.model("x"))
        }
        #expect(error?.code == .badLabel)
        expectInvalid(
            SpanOptions(),
            [
                { $0.windowOverlap = -1 }, { $0.maxQuestionLength = 0 },
                { $0.maxAnswerLength = 0 }, { $0.finetuning.maxLength = 7 },
                { $0.noAnswerThreshold = .nan }, { $0.finetuning.augmentation.swap = 0.1 },
            ]
        ) { try $0.validate() }
    }
}
