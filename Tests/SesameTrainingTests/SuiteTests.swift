import Foundation
import SesameModels
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// A small BERT and two small sets.
private struct SuiteFixture {
    let fixture: Fixture
    let model: URL
    var options = SuiteOptions()

    init() throws {
        fixture = try Fixture()
        try fixture.importStories()
        var pretraining = BERTPretrainingOptions()
        pretraining.layerCount = 1
        pretraining.headCount = 2
        pretraining.hiddenSize = 16
        pretraining.maxLength = 32
        pretraining.training.limit = .steps(5)
        pretraining.training.warmUp = .steps(1)
        let output = fixture.model("bert")
        try pretrainBERT(
            workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
            options: pretraining, output: output)
        model = output.folder
        let words = (0..<48).map { ["fine", "great", "dull", "weak"][$0 % 4] }
        try write(
            words.map { "\(["dull", "weak"].contains($0) ? "bad" : "good") the film was \($0)\n" },
            to: "films.txt")
        try write(
            ["score\tone\ttwo\n"]
                + words.enumerated().map { "\($0 % 4)\tthe film was \($1)\tthe story was fine\n" },
            to: "scores.tsv")
        options.seeds = [1, 2]
        for path: WritableKeyPath<SuiteOptions, FinetuningOptions> in [
            \.finetuning, \.encoderTagger.finetuning, \.spans.finetuning, \.choice,
        ] {
            options[keyPath: path].training.limit = .epochs(2)
            options[keyPath: path].training.precision = .float32
        }
    }

    /// Tags, questions about paragraphs, and endings.
    func writeWordSets() throws {
        let nouns = ["cat", "king", "ship", "tree"]
        var (tags, choices, paragraphs) = ([String](), [String](), [[String: Any]]())
        for index in 0..<30 {
            let noun = nouns[index % 4]
            tags.append("the O\n\(noun) B-LOC\nwas O\n\(index % 3 == 0 ? "fine" : "dull") O\n\n")
            choices.append(
                #"{"text": "the \#(noun) saw", "label": \#(index % 2), "#
                    + #""endings": ["the \#(index % 2 == 0 ? "sea" : "milk")", "a crown"]}"# + "\n")
            let context = "the \(noun) saw a story . the film was fine ."
            let answers: [[String: Any]] = [["text": noun, "answer_start": 4]]
            paragraphs.append([
                "context": context,
                "qas": [["id": "\(index)", "question": "a cat saw", "answers": answers]],
            ])
        }
        try write(tags, to: "tags.conll")
        try write(choices, to: "choices.jsonl")
        try JSONSerialization.data(
            withJSONObject: ["version": "1.1", "data": [["title": "x", "paragraphs": paragraphs]]]
        ).write(to: fixture.folder.url.appendingPathComponent("questions.json"))
    }

    var wordSuite: EvaluationSuite {
        var tags = EvaluationSet(name: "tags", task: .tagging, train: ["tags.conll"])
        tags.heldOut = EvaluationSet.HeldOut(validation: 0.2, test: 0.2, seed: 1)
        var questions = EvaluationSet(
            name: "questions", task: .questionAnswering, train: ["questions.json"])
        questions.format = .squad
        questions.heldOut = EvaluationSet.HeldOut(validation: 0.2, interleaved: true)
        (questions.maxLength, questions.windowOverlap) = (12, 3)
        let choices = EvaluationSet(
            name: "choices", task: .multipleChoice, train: ["choices.jsonl"],
            validation: ["choices.jsonl"])
        return EvaluationSuite(sets: [tags, questions, choices])
    }

    private func write(_ lines: [String], to name: String) throws {
        try Data(lines.joined().utf8).write(to: fixture.folder.url.appendingPathComponent(name))
    }

    var suite: EvaluationSuite {
        var films = EvaluationSet(name: "films", task: .classification, train: ["films.txt"])
        films.format = .labelled
        films.heldOut = EvaluationSet.HeldOut(validation: 0.25, test: 0.25, seed: 3)
        var scores = EvaluationSet(
            name: "scores", task: .regression, train: ["scores.tsv"], validation: ["scores.tsv"])
        (scores.text, scores.pair, scores.label) = ("one", "3", "score")
        scores.epochs = 1
        return EvaluationSuite(sets: [films, scores])
    }

    func run(
        _ suite: EvaluationSuite? = nil, in name: String, model: URL? = nil, resuming: Bool = false,
        onEvent: (SuiteEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> SuiteReport {
        try evaluateSuite(
            suite ?? self.suite, data: fixture.folder.url, model: model ?? self.model,
            options: options,
            folder: fixture.folder.url.appendingPathComponent(name), resuming: resuming,
            onEvent: onEvent, shouldStop: shouldStop)
    }
}

@Suite struct SuiteTests {
    @Test func figuresAreThoseOfTheSingleFunctions() throws {
        let suite = try SuiteFixture()
        let report = try suite.run(in: "suite")
        #expect(report.isComplete)
        #expect(report.results.map(\.set) == ["films", "films", "scores", "scores"])
        #expect(report.results.map(\.seed) == [1, 2, 1, 2])

        // The same by hand.
        let workspace = suite.fixture.workspace
        try workspace.importCorpus(
            name: "films",
            from: CorpusSource(
                .labelledLines,
                paths: [suite.fixture.folder.url.appendingPathComponent("films.txt").path]))
        try workspace.split(
            corpus: "films", validation: 0.25, test: 0.25, method: .shuffled(seed: 3))
        var options = suite.options.finetuning
        options.training.seed = 2
        let output = suite.fixture.model("films")
        try finetune(
            workspace: workspace, corpus: "films", from: suite.model, options: options,
            output: output)
        let single = try evaluate(
            modelFolder: output.folder, workspace: workspace, corpus: "films", split: .test)
        #expect(report.results[1].metrics == single.metrics)
        #expect(single.metrics[MetricName.count] == 12)

        let rows = report.rows
        #expect(rows.map(\.set) == ["films", "films", "films", "scores", "scores"])
        #expect(rows.map(\.split) == ["test", "test", "test", "validation", "validation"])
        #expect(rows[0].metric == MetricName.accuracy)
        #expect(rows[0].values[1] == single.metrics[MetricName.accuracy])
        #expect(rows[0].mean == (rows[0].values[0] + rows[0].values[1]) / 2)
        // Nothing but the figures stays.
        let kept = try FileManager.default.contentsOfDirectory(
            atPath: suite.fixture.folder.url.appendingPathComponent("suite/models").path)
        #expect(kept.isEmpty)
    }

    @Test func figuresOfWordsAreThoseOfTheSingleFunctions() throws {
        let suite = try SuiteFixture()
        try suite.writeWordSets()
        let report = try suite.run(suite.wordSuite, in: "suite")
        #expect(report.isComplete && report.omissions.isEmpty)
        #expect(report.results.map(\.set).map { $0.prefix(1) }.joined() == "ttqqcc")

        let workspace = suite.fixture.workspace
        func path(_ name: String) -> String {
            suite.fixture.folder.url.appendingPathComponent(name).path
        }
        try workspace.importCorpus(
            name: "tags", from: CorpusSource(.conll(TaggedColumns()), paths: [path("tags.conll")]))
        try workspace.split(
            corpus: "tags", validation: 0.2, test: 0.2, method: .shuffled(seed: 1))
        try workspace.importCorpus(
            name: "questions", from: CorpusSource(.squad, paths: [path("questions.json")]))
        try workspace.split(corpus: "questions", validation: 0.2, method: .interleaved)
        try workspace.importCorpus(
            name: "choices",
            from: CorpusSource(
                .jsonl(Columns(text: "text", label: "label", endings: ["endings"])),
                inputs: [Split.train, .validation].map {
                    CorpusSource.Input(path("choices.jsonl"), split: $0)
                }))
        var options = suite.options
        options.encoderTagger.finetuning.training.seed = 2
        options.spans.finetuning.training.seed = 2
        (options.spans.finetuning.maxLength, options.spans.windowOverlap) = (12, 3)
        options.choice.training.seed = 2
        let base = suite.model
        func output(_ name: String) -> ModelOutput { suite.fixture.model(name) }
        try finetuneTagger(
            workspace: workspace, corpus: "tags", from: base, options: options.encoderTagger,
            output: output("tags"))
        try finetuneSpans(
            workspace: workspace, corpus: "questions", from: base, options: options.spans,
            output: output("questions"))
        try finetuneChoice(
            workspace: workspace, corpus: "choices", from: base, options: options.choice,
            output: output("choices"))
        for (index, (name, split, count)) in [
            ("tags", Split.test, 6.0), ("questions", .validation, 6), ("choices", .validation, 30),
        ].enumerated() {
            let single = try evaluate(
                modelFolder: output(name).folder, workspace: workspace, corpus: name, split: split)
            #expect(report.results[2 * index + 1].metrics == single.metrics, "\(name)")
            #expect(single.metrics[MetricName.count] == count, "\(name)")
        }
        #expect(
            report.rows.map(\.metric) == [
                MetricName.entityF1, MetricName.accuracy, MetricName.spanF1, MetricName.exactMatch,
                MetricName.accuracy,
            ])
    }

    @Test func whatAModelCannotLearnIsLeftOutWithTheReason() throws {
        let suite = try SuiteFixture()
        try suite.writeWordSets()
        var sets = suite.wordSuite
        let wordSets = sets
        sets.sets.append(suite.suite.sets[0])
        let gpt = try suite.fixture.save(
            GPT(
                GPTConfig(
                    vocabularySize: try suite.fixture.wordPiece.vocabulary.count,
                    maxSequenceLength: 16, hiddenSize: 16, layerCount: 1, headCount: 2),
                key: RandomKey(seed: 1)), as: "gpt")
        let report = try suite.run(sets, in: "gpt-suite", model: gpt)
        #expect(report.isComplete && report.trainingCount == report.results.count)
        #expect(
            report.omissions.first?.reason
                == "tagging needs a BERT or an ELMo, and this is a GPT")
        #expect(report.omissions.map(\.set).starts(with: ["tags", "questions"]))
        let row = try #require(report.rows.first { $0.set == "questions" })
        #expect(row.values.isEmpty && row.deviation == nil)
        #expect(row.omission == "answering questions needs a BERT, and this is a GPT")
        #expect(report.results.last?.set == "films")
        // It stays so when the suite is called again.
        #expect(try suite.run(sets, in: "gpt-suite", model: gpt, resuming: true) == report)

        let error = #expect(throws: TrainingError.self) {
            try suite.run(
                EvaluationSuite(sets: Array(wordSets.sets.prefix(2))), in: "none", model: gpt)
        }
        #expect(error?.code == .badModelFolder)
    }

    @Test func anELMoStaysBelowClassifiersAndTaggers() throws {
        let suite = try SuiteFixture()
        try suite.writeWordSets()
        let (fixture, workspace) = (suite.fixture, suite.fixture.workspace)
        var pretraining = ELMoPretrainingOptions()
        pretraining.hiddenSize = 8
        pretraining.projectionSize = 6
        pretraining.filters = [.init(width: 1, count: 4), .init(width: 3, count: 4)]
        pretraining.sampleCount = 0
        pretraining.training.limit = .steps(2)
        let words = try Tokenizer.word(
            vocabulary: Vocabulary(tokens: ["[UNK]", "the", "film", "was", "fine", "dull"]),
            specialTokens: SpecialTokens(unknown: "[UNK]"))
        let elmo = try #require(
            try pretrainELMo(
                workspace: workspace, corpus: "stories", tokenizer: words, options: pretraining,
                output: fixture.model("elmo")
            ).modelFolder)
        var fixed = suite
        fixed.options.seeds = [3]
        fixed.options.tagger.hiddenSize = 8
        fixed.options.tagger.training.limit = .epochs(2)
        fixed.options.textCNN.filterCount = 4
        fixed.options.textCNN.training.limit = .epochs(2)
        let report = try fixed.run(
            EvaluationSuite(sets: suite.wordSuite.sets + [suite.suite.sets[0]]), in: "elmo-suite",
            model: elmo)
        #expect(report.results.map(\.set) == ["tags", "films"] && report.isComplete)
        #expect(
            report.omissions.map(\.reason) == [
                "answering questions needs a BERT, and this is an ELMo",
                "multiple choice needs a BERT or a GPT, and this is an ELMo",
            ])

        try workspace.importCorpus(
            name: "tags",
            from: CorpusSource(
                .conll(TaggedColumns()),
                paths: [fixture.folder.url.appendingPathComponent("tags.conll").path]))
        try workspace.split(
            corpus: "tags", validation: 0.2, test: 0.2, method: .shuffled(seed: 1))
        var options = fixed.options.tagger
        options.training.seed = 3
        options.vectors = .model(elmo.path)
        try finetuneTagger(
            workspace: workspace, corpus: "tags", options: options, output: fixture.model("tags"))
        let single = try evaluate(
            modelFolder: fixture.model("tags").folder, workspace: workspace, corpus: "tags",
            split: .test)
        #expect(report.results[0].metrics == single.metrics)
    }

    /// Not after the hours that the first set takes; and once the path is mended, the same folder will do.
    @Test func aWrongPathIsFoundBeforeTheFirstTraining() throws {
        let suite = try SuiteFixture()
        var sets = suite.suite
        sets.sets[1].train = ["missing.tsv"]
        let error = #expect(throws: (any Error).self) {
            try suite.run(
                sets, in: "suite", onEvent: { Issue.record("something began: \($0)") })
        }
        #expect(error.map { "\($0)" }?.contains("missing.tsv") == true)
        sets.sets[1].train = ["scores.tsv"]
        // The first set has been read by then, and is read again as it is described now.
        sets.sets[0].heldOut?.test = 0.5
        let report = try suite.run(sets, in: "suite")
        #expect(report.isComplete)
        #expect(report.rows.first { $0.set == "films" }?.count == 24)
    }

    @Test(arguments: [false, true])
    func stoppedAndResumedItEndsTheSame(words: Bool) throws {
        let suite = try SuiteFixture()
        let sets = words ? suite.wordSuite : suite.suite
        if words { try suite.writeWordSets() }
        let whole = try suite.run(sets, in: "whole")
        // Once before a training, once within one.
        var isStopped = false
        let first = try suite.run(
            sets, in: "parts",
            onEvent: { event in
                if case .scored = event { isStopped = true }
            }, shouldStop: { isStopped })
        #expect(first.results.count == 1 && !first.isComplete)
        isStopped = false
        var steps = 0
        let second = try suite.run(
            sets, in: "parts", resuming: true,
            onEvent: { event in
                guard case .training(.step) = event else { return }
                steps += 1
                isStopped = steps == 1
            }, shouldStop: { isStopped })
        #expect(second.results.count == 1)
        let last = try suite.run(sets, in: "parts", resuming: true)
        #expect(last.isComplete)
        #expect(last.results.map(\.metrics) == whole.results.map(\.metrics))

        #expect(throws: TrainingError.self) { try suite.run(sets, in: "parts") }
        var other = suite
        other.options.finetuning.training.learningRate = 1e-4
        let error = #expect(throws: TrainingError.self) {
            try other.run(sets, in: "parts", resuming: true)
        }
        #expect(error?.description.contains("other sets, seeds or settings") == true)
    }

    @Test(arguments: [
        (#"{"sets": []}"#, "sets of the suite must be one or more, but is none"),
        (#"{"sets": [{"name": "a"}]}"#, "found no 'task' at sets.[0]"),
        (
            #"{"sets": [{"name": "a", "task": "magic", "train": ["a"]}]}"#,
            "found 'magic', expected one of classification, pairClassification, regression, "
                + "tagging, questionAnswering, multipleChoice, at sets.[0].task"
        ),
        (
            #"{"sets": [{"name": "a", "task": "tagging", "train": ["a"], "lable": "b"}]}"#,
            "the set a has the key 'lable', expected only batchSize, endings"
        ),
        (
            #"{"sets": [{"name": "a", "task": "tagging", "train": ["a"]}]}"#,
            "validation documents of a must be files or a share in heldOut, to be scored on"
        ),
        (
            #"{"sets": [{"name": "a", "task": "tagging", "train": ["a"], "validation": ["b"], "split": "test"}]}"#,
            "test documents of a must be files or a share in heldOut"
        ),
        ("[", "no JSON"),
        (
            #"{"sets": [{"name": "a/b", "task": "tagging", "train": ["a"]}]}"#,
            "name of a set must be letters, digits, '-' and '_', but is 'a/b'"
        ),
        (
            #"{"sets": [{"name": "a", "task": "tagging", "train": ["a"]}, {"name": "a", "task": "tagging", "train": ["a"]}]}"#,
            "different from the others"
        ),
        (
            #"{"sets": [{"name": "a", "task": "tagging", "train": ["a"], "heldOut": {"test": 1.5}}]}"#,
            "0 or more and below 1"
        ),
        (
            #"{"sets": [{"name": "a", "task": "tagging", "train": ["a"], "validation": ["b"], "metrics": ["entityf1"]}]}"#,
            "a metric of a must be one of entityF1, accuracy, entityPrecision, entityRecall, but is 'entityf1'"
        ),
    ])
    func badDescriptionsAreRefused(_ json: String, _ part: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("suite.json")
        try Data(json.utf8).write(to: file)
        let error = #expect(throws: TrainingError.self) { try EvaluationSuite(file: file) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }
}
