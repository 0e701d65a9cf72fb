import Foundation
import SesameModels
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// Prompts against what transformers' GPT-2 says to them; see Goldens/make_prompt_goldens.py.
struct PromptTests {
    private struct Reference: Decodable {
        struct Example: Decodable {
            let text: String
            let label: String
        }

        struct Case: Decodable {
            let instruction: String
            let shots: Int
            let text: String
            let prompt: String
            let promptTokens: Int
            let logLikelihoods: [Double]
            let tokenCounts: [Int]
            let sum: [Double]
            let mean: [Double]
            let sumCalibrated: [Double]
            let meanCalibrated: [Double]
        }

        let examples: [Example]
        let answers: [PromptAnswer]
        let cases: [Case]

        var texts: [LabelledText] { examples.map { LabelledText($0.text, label: $0.label) } }
    }

    private static func golden() throws -> (folder: URL, reference: Reference) {
        let folder = try #require(
            Bundle.module.url(
                forResource: "prompt-gpt2", withExtension: nil, subdirectory: "Goldens"))
        let data = try Data(contentsOf: folder.appendingPathComponent("prompts.json"))
        return (folder, try JSONDecoder().decode(Reference.self, from: data))
    }

    private static let template = "Review: {text}\nIt was {answer}."

    @Test(arguments: PromptScoring.allCases, [false, true])
    func agreesWithTransformers(scoring: PromptScoring, isCalibrated: Bool) throws {
        let (folder, reference) = try Self.golden()
        let groups = Dictionary(grouping: reference.cases) { "\($0.instruction) \($0.shots)" }
        #expect(groups.count == 8)
        for cases in groups.values {
            var options = PromptOptions()
            options.shotCount = cases[0].shots
            options.instruction = cases[0].instruction
            options.scoring = scoring
            options.contentFree = isCalibrated ? PromptOptions.usualContentFree : []
            var prompter = try Prompter(
                modelFolder: folder, template: PromptTemplate(Self.template),
                answers: reference.answers,
                examples: PromptExamples(reference.texts, choice: .first), options: options)
            for expected in cases {
                let result = try prompter.answer(LabelledText(expected.text))
                #expect(result.prompt == expected.prompt)
                #expect(result.promptTokenCount == expected.promptTokens)
                #expect(result.tokenCounts == expected.tokenCounts)
                #expect(result.exampleCount == expected.shots && result.droppedCount == 0)
                for (found, golden) in zip(result.logLikelihoods, expected.logLikelihoods) {
                    #expect(abs(found - golden) < 1e-5 * (1 + abs(golden)), "\(expected.prompt)")
                }
                let golden =
                    switch (scoring, isCalibrated) {
                    case (.sum, false): expected.sum
                    case (.sum, true): expected.sumCalibrated
                    case (.mean, false): expected.mean
                    case (.mean, true): expected.meanCalibrated
                    }
                #expect(result.probabilities.count == golden.count)
                for (found, golden) in zip(result.probabilities, golden) {
                    #expect(abs(found - golden) < 1e-4)
                }
                let best = try #require(
                    golden.indices.max { golden[$0] < golden[$1] })
                #expect(result.label == reference.answers[best].label)
            }
        }
    }

    @Test func examplesAreDroppedFromTheFarEndAndQuestionsNeverCut() throws {
        let (folder, reference) = try Self.golden()
        var options = PromptOptions()
        options.shotCount = 9
        let texts = (0..<9).map { index in
            LabelledText("Story \(index) was too long.", label: "negative")
        }
        var prompter = try Prompter(
            modelFolder: folder, template: PromptTemplate(Self.template),
            answers: reference.answers, examples: PromptExamples(texts, choice: .first),
            options: options)
        let result = try prompter.answer(LabelledText("I left before the end."))
        #expect(result.droppedCount > 0 && result.exampleCount + result.droppedCount == 9)
        // Those next to the question stay, and one more would not fit.
        #expect(result.prompt.contains("Story 8") && !result.prompt.contains("Story 0"))
        let longest = try #require(result.tokenCounts.max())
        #expect(result.promptTokenCount + longest - 1 <= 160)
        let more = "Review: \(texts[result.droppedCount - 1].text)\nIt was terrible.\n\n"
        let count = prompter.tokenizer.encodeIDs(more + result.prompt).count
        #expect(count + longest - 1 > 160)

        let long = LabelledText(
            String(repeating: "Long ", count: 200), label: "negative", place: "line 1")
        let refused = try prompter.answer(long)
        #expect(refused.isTooLong && refused.label == nil && refused.probabilities.isEmpty)
        #expect(refused.prompt.contains(long.text))
        #expect(try prompter.generate(long, tokenCount: 5).isTooLong)

        var score = PromptScore(labels: reference.answers.map(\.label))
        try score.add(refused, actual: long)
        var right = result
        right.label = "negative"
        try score.add(right, actual: long)
        #expect(score.metrics[MetricName.accuracy] == 0.5)
        #expect(score.tooLongCount == 1 && score.shortenedCount == 2)
        let unknown = LabelledText("A", label: "unknown")
        #expect(throws: TrainingError.self) { try score.add(right, actual: unknown) }
    }

    @Test func generatesWhatTheGeneratorDoes() throws {
        let (folder, reference) = try Self.golden()
        let prompter = try Prompter(
            modelFolder: folder, template: PromptTemplate(Self.template), answers: [])
        for text in reference.cases.prefix(4).map(\.text) {
            var sampler = Sampler.greedy
            let whole = try TextGenerator(modelFolder: folder).generate(
                prompt: "Review: \(text)\nIt was", count: 12, sampler: &sampler)
            let line = whole.drop(while: \.isWhitespace).prefix { !$0.isNewline }
            let result = try prompter.generate(LabelledText(text), tokenCount: 12)
            #expect(result.generated == line.trimmingCharacters(in: .whitespaces))
            #expect(result.label == result.generated)
        }
    }

    @Test func examplesAreDrawnBySeed() throws {
        let texts = (0..<20).map { LabelledText("Text \($0)", label: "\($0 % 2)") }
        func chosen(_ seed: UInt64, _ question: String) throws -> [String] {
            try Self.chosen(PromptExamples(texts, choice: .drawn(seed: seed)), 4, question)
        }
        #expect(try chosen(1, "Other") == chosen(1, "Another"))
        #expect(try chosen(1, "Other") != chosen(2, "Other"))
        // A text is not its own example.
        let first = try chosen(1, "Other")
        let without = try chosen(1, first[0])
        #expect(Array(without.prefix(3)) == Array(first.dropFirst()))
        #expect(try Set(chosen(3, "Other")).count == 4)
    }

    /// The texts of a question's examples, in their order, found in its prompt.
    private static func chosen(
        _ examples: PromptExamples, _ count: Int, _ question: String
    ) throws -> [String] {
        let (folder, _) = try golden()
        var options = PromptOptions()
        options.shotCount = count
        options.separator = "|"
        let prompter = try Prompter(
            modelFolder: folder, template: PromptTemplate("{text}={answer}"), answers: [],
            examples: examples, options: options)
        let prompt = try prompter.generate(LabelledText(question), tokenCount: 1).prompt
        return prompt.split(separator: "|").dropLast().map {
            String($0.prefix { $0 != "=" })
        }
    }

    @Test func examplesAreTheNearestByTheirVectors() throws {
        let folder = try TemporaryFolder()
        let words = ["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "far", "."]
        let vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words
        let encoder = folder.url.appendingPathComponent("encoder")
        try BERT(
            BERTConfig(
                vocabularySize: vocabulary.count, maxSequenceLength: 12, hiddenSize: 32,
                layerCount: 2, headCount: 4, feedForwardSize: 64, initializerDeviation: 0.3),
            key: RandomKey(seed: 3, stream: 0)
        ).save(to: encoder)
        try Data((vocabulary.joined(separator: "\n") + "\n").utf8).write(
            to: encoder.appendingPathComponent("vocab.txt"))
        let texts = ["the cat sat", "a dog ran far .", "the dog", "on a mat", "cat cat cat"]
        let question = "the dog ran"
        let vectors = try SentenceEncoder(modelFolder: encoder).vectors(for: texts + [question])
        let cosines = texts.indices.map { index in
            zip(vectors[index], vectors[5]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        }
        let nearest = texts.indices.sorted { cosines[$0] > cosines[$1] }.prefix(3).map { texts[$0] }
        let examples = try PromptExamples(
            texts.map { LabelledText($0, label: "1") },
            choice: .nearest(TextVectorizer(modelFolder: encoder)))
        #expect(try Self.chosen(examples, 3, question) == nearest.reversed())
        // Not the text itself.
        #expect(try !Self.chosen(examples, 4, "the dog").contains("the dog"))
    }

    @Test(
        arguments: [
            ("{text} is {answer}", "A is", " ", "A is B"), ("{text}{answer}!", "A", "", "AB!"),
            ("{text}\nLabel:", "A\nLabel:", " ", "A\nLabel: B"),
            ("{text}\nLabel:\n", "A\nLabel:\n", "", "A\nLabel:\nB"),
            ("{pair} {text}{unknown}  {answer}", "P A{unknown}", "  ", "P A{unknown}  B"),
        ])
    func templates(_ template: String, _ question: String, _ separation: String, _ example: String)
        throws
    {
        let text = LabelledText("A", pair: "P")
        let template = try PromptTemplate(template)
        #expect(template.question(text) == question)
        #expect(template.separation == separation)
        #expect(template.example(text, answer: "B") == example)
    }

    @Test(arguments: ["no place", "{answer} {text}", "{text} {answer} {answer}", ""])
    func badTemplates(_ template: String) {
        let error = #expect(throws: TrainingError.self) { try PromptTemplate(template) }
        #expect(error?.code == .invalidOption)
    }

    @Test func whatCannotBeAskedIsSaid() throws {
        let (folder, reference) = try Self.golden()
        let template = try PromptTemplate(Self.template)
        func code(
            _ answers: [PromptAnswer], _ examples: PromptExamples = .none, shots: Int = 0
        ) -> TrainingError.Code? {
            var options = PromptOptions()
            options.shotCount = shots
            let error = #expect(throws: TrainingError.self) {
                var prompter = try Prompter(
                    modelFolder: folder, template: template, answers: answers, examples: examples,
                    options: options)
                _ = try prompter.answer(LabelledText("A"))
            }
            return error?.code
        }
        #expect(code([]) == .invalidOption)
        #expect(code([PromptAnswer(label: "a"), PromptAnswer(label: "a")]) == .invalidOption)
        #expect(code([PromptAnswer(label: "a", words: "")]) == .invalidOption)
        #expect(code(reference.answers, shots: 1) == .invalidOption)
        #expect(code(reference.answers, shots: -1) == .invalidOption)
        var pairs = try Prompter(
            modelFolder: folder, template: PromptTemplate("{text} {pair}"),
            answers: reference.answers)
        #expect(throws: TrainingError.self) { try pairs.answer(LabelledText("A")) }
        #expect(throws: Never.self) { try pairs.answer(LabelledText("A", pair: "B")) }
        let examples = try PromptExamples(reference.texts, choice: .first)
        #expect(code([PromptAnswer(label: "positive")], examples, shots: 1) == .badLabel)
    }
}
