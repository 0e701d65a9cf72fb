import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// Recipes that are stopped anywhere end as if they had not been.
@Suite struct ResumeTests {
    enum Kind: CaseIterable { case gpt, bert, classifier, rnn, nnlm }

    /// The stories, the reviews and a model to fine-tune.
    private static func prepared(_ kind: Kind) throws -> Fixture {
        let fixture = try Fixture()
        try fixture.importStories()
        try fixture.importReviews()
        if kind == .classifier { _ = try run(.bert, fixture, fixture.model("base"), steps: 2) }
        return fixture
    }

    @discardableResult
    private static func run(
        _ kind: Kind, _ fixture: Fixture, _ output: ModelOutput, steps: Int = 8,
        workspace: Workspace? = nil, base: URL? = nil,
        onEvent: (TrainerEvent) throws -> Void = { _ in }
    ) throws -> RecipeResult {
        func adjust(_ training: inout TrainingOptions) {
            training.batchSize = 4
            training.accumulationSteps = 2
            training.limit = .steps(steps)
            training.evaluationInterval = 4
            training.evaluationBatchLimit = 2
            training.checkpointInterval = 3
            training.seed = 1 << 60
        }
        let workspace = workspace ?? fixture.workspace
        let tokenizer = try fixture.wordPiece
        switch kind {
        case .gpt:
            var options = GPTPretrainingOptions()
            options.layerCount = 1
            options.headCount = 2
            options.hiddenSize = 16
            options.contextLength = 16
            options.dropoutProbability = 0.1
            adjust(&options.training)
            return try pretrainGPT(
                workspace: workspace, corpus: "stories", tokenizer: tokenizer, options: options,
                output: output, onEvent: onEvent)
        case .bert:
            var options = BERTPretrainingOptions()
            options.layerCount = 1
            options.headCount = 2
            options.hiddenSize = 16
            options.maxLength = 24
            options.dropoutProbability = 0.1
            adjust(&options.training)
            return try pretrainBERT(
                workspace: workspace, corpus: "stories", tokenizer: tokenizer, options: options,
                output: output, onEvent: onEvent)
        case .rnn:
            var options = RNNPretrainingOptions()
            options.hiddenSize = 12
            // Eight steps of two batches are several epochs, whose beginnings lie within a step.
            options.contextLength = 60
            options.dropoutProbability = 0.1
            options.training.optimizer = .sgd
            options.training.momentum = 0.5
            options.training.plateauDecay = PlateauDecay(factor: 0.5)
            options.training.learningRate = 1
            adjust(&options.training)
            return try pretrainRNN(
                workspace: workspace, corpus: "stories", tokenizer: tokenizer, options: options,
                output: output, onEvent: onEvent)
        case .nnlm:
            var options = NNLMPretrainingOptions()
            options.embeddingSize = 6
            options.hiddenSize = 12
            options.directConnections = true
            options.dropoutProbability = 0.1
            adjust(&options.training)
            return try pretrainNNLM(
                workspace: workspace, corpus: "stories", tokenizer: tokenizer, options: options,
                output: output, onEvent: onEvent)
        case .classifier:
            var options = FinetuningOptions()
            adjust(&options.training)
            return try finetune(
                workspace: workspace, corpus: "reviews",
                from: base ?? fixture.model("base").folder, options: options, output: output,
                onEvent: onEvent)
        }
    }

    /// Every file that a process killed now would leave, taken before the next one is written.
    private static func snapshot(_ fixture: Fixture, to copy: URL) throws {
        let files = FileManager.default
        try files.createDirectory(at: copy, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: fixture.folder.url.path)
        where !name.hasSuffix("-shm") && !name.hasPrefix("snapshot") {
            try files.copyItem(
                at: fixture.folder.url.appendingPathComponent(name),
                to: copy.appendingPathComponent(name))
        }
    }

    /// All but times and speeds.
    private static func metrics(_ workspace: Workspace, run: Int64) throws -> [Metric] {
        try workspace.metrics(run: run).filter { $0.name != "tokensPerSecond" }
    }

    /// What a GPT wrote during the run.
    private static func texts(_ workspace: Workspace, run: Int64) throws -> [String] {
        try workspace.samples(run: run).map { "\($0.step): \($0.prompt)\($0.text)" }
    }

    @Test(arguments: Kind.allCases)
    func killedAtAnyEventAndResumedItEndsTheSame(_ kind: Kind) throws {
        let fixture = try Self.prepared(kind)
        var snapshots: [URL] = []
        let output = fixture.model("m")
        let whole = try Self.run(kind, fixture, output) { event in
            if case .preparing = event { return }
            let copy = fixture.folder.url.appendingPathComponent("snapshot-\(snapshots.count)")
            try Self.snapshot(fixture, to: copy)
            snapshots.append(copy)
        }
        let weights = try Data(
            contentsOf: output.folder.appendingPathComponent("model.safetensors"))
        let metrics = try Self.metrics(fixture.workspace, run: whole.run)
        #expect(metrics.count { $0.split == "train" && $0.name == "loss" } == 8)
        #expect(snapshots.count > 12)

        for (index, snapshot) in snapshots.enumerated() {
            let workspace = try Workspace(path: snapshot.appendingPathComponent("w.sqlite").path)
            var output = ModelOutput(folder: snapshot.appendingPathComponent("models/m"))
            output.resuming = true
            var first: Int?
            let end = try Self.run(
                kind, fixture, output, workspace: workspace,
                base: snapshot.appendingPathComponent("models/base")
            ) { event in
                if case .started(let start) = event { first = start.firstStep }
            }
            #expect(try #require(first) % 3 == 0 || first == 8, "snapshot \(index)")
            #expect(
                try Data(contentsOf: output.folder.appendingPathComponent("model.safetensors"))
                    == weights, "snapshot \(index)")
            #expect(end.summary.metrics == whole.summary.metrics, "snapshot \(index)")
            #expect(
                try Self.metrics(workspace, run: end.run) == metrics, "snapshot \(index)")
            #expect(
                try Self.texts(workspace, run: end.run)
                    == Self.texts(fixture.workspace, run: whole.run), "snapshot \(index)")
            let run = try workspace.run(id: end.run)
            #expect(run.status == .finished)
            let checkpoints = try workspace.checkpoints(run: end.run).map(\.path)
            #expect(
                checkpoints.map { URL(fileURLWithPath: $0).lastPathComponent }
                    == ["step-00000006", "step-00000008"] || checkpoints.count == 3)
            #expect(checkpoints.allSatisfy { FileManager.default.fileExists(atPath: $0) })
            if first != 0 { #expect(end.run == whole.run) }
        }
    }

    /// The model is written, but the workspace does not know it yet.
    @Test func killedAfterTheLastStepItSaysSo() throws {
        let fixture = try Self.prepared(.gpt)
        var output = fixture.model("m")
        let whole = try Self.run(.gpt, fixture, output)
        _ = try fixture.workspace.resumeRun(id: whole.run, afterStep: 8)
        #expect(try fixture.workspace.run(id: whole.run).status == .running)
        let before = try Data(
            contentsOf: output.folder.appendingPathComponent("model.safetensors"))
        output.resuming = true
        let again = try Self.run(.gpt, fixture, output)
        #expect(again.run == whole.run && again.modelFolder == output.folder)
        #expect(again.summary.metrics == whole.summary.metrics)
        #expect(try fixture.workspace.run(id: whole.run).status == .finished)
        #expect(
            try Data(contentsOf: output.folder.appendingPathComponent("model.safetensors"))
                == before)
        // The folder of another run is not taken for this one's.
        var other = fixture.model("other")
        try Self.run(.bert, fixture, other)
        try FileManager.default.removeItem(at: other.checkpointFolder)
        other.resuming = true
        let error = #expect(throws: TrainingError.self) { try Self.run(.bert, fixture, other) }
        #expect(error?.code == .exists)
    }

    @Test func twoRunsDoNotShareAFolder() throws {
        let fixture = try Self.prepared(.gpt)
        let output = fixture.model("m")
        var error: (any Error)?
        try Self.run(.gpt, fixture, output) { event in
            guard case .step(let report) = event, report.step == 2 else { return }
            var second = output
            second.replacing = true
            do { try Self.run(.gpt, fixture, second) } catch let caught { error = caught }
        }
        #expect("\(try #require(error))".contains("another run"))
    }

    /// A change for which the checkpoint must be refused.
    struct Change: CustomTestStringConvertible, Sendable {
        let kind: Kind
        let named: String
        let apply: @Sendable (Fixture) throws -> Void
        var testDescription: String { "\(kind): \(named)" }
    }

    private static func replaceText(
        _ file: String, _ old: String, _ new: String, in fixture: Fixture, as corpus: String
    ) throws {
        let url = fixture.folder.url.appendingPathComponent(file)
        let text = try String(contentsOf: url, encoding: .utf8)
        let range = try #require(text.range(of: old))
        try Data(text.replacingCharacters(in: range, with: new).utf8).write(to: url)
        try fixture.workspace.deleteCorpus(corpus)
        if corpus == "stories" {
            try fixture.workspace.importCorpus(
                name: corpus, from: CorpusSource(paths: [url.path]))
        } else {
            try fixture.workspace.importCorpus(
                name: corpus,
                from: CorpusSource(
                    .tsv(Columns(text: "text", label: "label"), header: true), paths: [url.path]))
        }
    }

    /// Each keeps every count as it was.
    static let changes = [
        Change(kind: .gpt, named: "corpus's train documents") {
            try replaceText("stories.txt", "mouse", "leaf ", in: $0, as: "stories")
        },
        Change(kind: .bert, named: "corpus's train documents") {
            try replaceText("stories.txt", "mouse", "leaf ", in: $0, as: "stories")
        },
        Change(kind: .classifier, named: "corpus's train documents") {
            try replaceText("reviews.tsv", "great", "fine", in: $0, as: "reviews")
        },
        // Two labels change places.
        Change(kind: .classifier, named: "training texts") {
            try replaceText("reviews.tsv", "\tgood", "\tbad", in: $0, as: "reviews")
        },
        Change(kind: .classifier, named: "base") { fixture in
            let url = fixture.model("base").folder.appendingPathComponent("model.safetensors")
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: url)
        },
    ]

    @Test(arguments: changes)
    func otherDataAreRefused(_ change: Change) throws {
        let fixture = try Self.prepared(change.kind)
        var output = fixture.model("m")
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try Self.run(change.kind, fixture, output) { event in
                if case .step(let report) = event, report.step == 7 { throw Stop() }
            }
        }
        try change.apply(fixture)
        output.resuming = true
        let error = #expect(throws: TrainingError.self) {
            try Self.run(change.kind, fixture, output)
        }
        #expect(error?.code == .badCheckpoint)
        let text = error?.description ?? ""
        #expect(text.contains("another \(change.named) (expected "), "\(text)")
        #expect(text.contains(", found ") && !text.contains("\n"), "\(text)")
    }

    @Test func anotherVocabularyIsRefused() throws {
        let fixture = try Self.prepared(.gpt)
        var output = fixture.model("m")
        var options = GPTPretrainingOptions()
        options.layerCount = 1
        options.headCount = 1
        options.hiddenSize = 8
        options.contextLength = 8
        options.training.limit = .steps(4)
        let tokens = try fixture.wordPiece.vocabulary.tokens
        func train(_ tokens: [String]) throws {
            try pretrainGPT(
                workspace: fixture.workspace, corpus: "stories",
                tokenizer: Tokenizer.wordPiece(
                    vocabulary: Vocabulary(tokens: tokens), lowercase: true), options: options,
                output: output)
        }
        try train(tokens)
        try FileManager.default.removeItem(at: output.folder)
        output.resuming = true
        // The same tokens, two with each other's ids.
        var swapped = tokens
        swapped.swapAt(tokens.count - 2, tokens.count - 3)
        let error = #expect(throws: TrainingError.self) { try train(swapped) }
        #expect(error?.description.contains("another tokenizer (expected ") == true)
        #expect(error?.description.contains("another vocabulary (expected ") == true)
        try train(tokens)
    }
}

/// Counts how often its batches are asked for.
private final class Counter: @unchecked Sendable {
    // One thread trains.
    var cursors: [DataCursor] = []
}

private struct CountingData: TrainingData {
    var base: NextTokenDataset
    let counter: Counter
    mutating func batchCount(inEpoch epoch: Int) -> Int { base.batchCount(inEpoch: epoch) }
    mutating func batch(at cursor: DataCursor) -> NextTokenBatch {
        counter.cursors.append(cursor)
        return base.batch(at: cursor)
    }
}

private struct CountingTask: TrainingTask {
    var data: CountingData
    func tokenCount(of batch: NextTokenBatch) -> Int { batch.tokenCount }
    func loss(of model: GPT, on batch: NextTokenBatch, context: ForwardContext) -> BatchLoss {
        BatchLoss(loss: model.loss(batch.ids, targets: batch.targets, context: context).loss)
    }
    func evaluate(_ model: GPT, precision: Precision, batchLimit: Int?) -> Metrics? { nil }
}

extension ResumeTests {
    @Test func aResumeSeeksItsBatchAndReplaysNone() throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 130)
        options.checkpointInterval = 120
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 5, configuration: "{}")
        func trainer(_ counter: Counter) throws -> Trainer<CountingTask> {
            try Trainer(
                model: gpt(),
                task: CountingTask(data: CountingData(base: task().data, counter: counter)),
                options: options, checkpoints: checkpoints)
        }
        let whole = Counter()
        var first = try trainer(whole)
        try first.run()
        #expect(whole.cursors.count == 130)
        try FileManager.default.removeItem(at: checkpoints.folder(step: 130))
        let rest = Counter()
        var second = try trainer(rest)
        #expect(try second.resume())
        #expect(rest.cursors.isEmpty)
        try second.run()
        #expect(rest.cursors == Array(whole.cursors.suffix(10)))
        #expect(try #require(rest.cursors.first).epoch > 5)
        #expect(bits(first.model) == bits(second.model))
    }
}
