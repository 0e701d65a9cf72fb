import Foundation
import SesameModels
import SesameStore
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
        options.finetuning.training.limit = .epochs(2)
        options.finetuning.training.precision = .float32
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
        in name: String, resuming: Bool = false, onEvent: (SuiteEvent) throws -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> SuiteReport {
        try evaluateSuite(
            suite, data: fixture.folder.url, model: model, options: options,
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

    @Test func stoppedAndResumedItEndsTheSame() throws {
        let suite = try SuiteFixture()
        let whole = try suite.run(in: "whole")
        // Once before a training, once within one.
        var isStopped = false
        let first = try suite.run(
            in: "parts",
            onEvent: { event in
                if case .scored = event { isStopped = true }
            }, shouldStop: { isStopped })
        #expect(first.results.count == 1 && !first.isComplete)
        isStopped = false
        var steps = 0
        let second = try suite.run(
            in: "parts", resuming: true,
            onEvent: { event in
                guard case .training(.step) = event else { return }
                steps += 1
                isStopped = steps == 1
            }, shouldStop: { isStopped })
        #expect(second.results.count == 1)
        let last = try suite.run(in: "parts", resuming: true)
        #expect(last.isComplete)
        #expect(last.results.map(\.metrics) == whole.results.map(\.metrics))

        #expect(throws: TrainingError.self) { try suite.run(in: "parts") }
        var other = suite
        other.options.finetuning.training.learningRate = 1e-4
        let error = #expect(throws: TrainingError.self) {
            try other.run(in: "parts", resuming: true)
        }
        #expect(error?.description.contains("other sets, seeds or settings") == true)
    }

    @Test(arguments: [
        (#"{"sets": []}"#, "sets of the suite must be one or more, but is none"),
        (#"{"sets": [{"name": "a"}]}"#, "found no 'task' at sets.[0]"),
        (#"{"sets": [{"name": "a", "task": "magic", "train": ["a"]}]}"#, "magic"),
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
    ])
    func badDescriptionsAreRefused(_ json: String, _ part: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("suite.json")
        try Data(json.utf8).write(to: file)
        let error = #expect(throws: TrainingError.self) { try EvaluationSuite(file: file) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }
}
