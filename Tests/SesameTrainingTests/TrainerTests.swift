import Dispatch
import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTraining
import Synchronization
import Testing

/// A folder that goes away with the test.
final class TemporaryFolder {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-training-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A pattern of period 7 over 8 tokens.
let pattern = PackedTokens((0..<700).map { Int32(($0 % 7) + 1) }, vocabularySize: 8)

func gpt(dropout: Float = 0) -> GPT {
    GPT(
        GPTConfig(
            vocabularySize: 8, maxSequenceLength: 16, hiddenSize: 16, layerCount: 2, headCount: 2,
            dropoutProbability: dropout), key: RandomKey(seed: 4))
}

func options(steps: Int) -> TrainingOptions {
    var options = TrainingOptions()
    options.batchSize = 4
    options.limit = .steps(steps)
    options.learningRate = 1e-2
    options.warmUp = .steps(5)
    options.evaluationInterval = 0
    options.seed = 11
    return options
}

func task(seed: UInt64 = 11) throws -> NextTokenTask {
    NextTokenTask(
        data: try NextTokenDataset(stream: pattern, contextLength: 16, batchSize: 4, seed: seed),
        validation: pattern)
}

func bits(_ model: some Module) -> [[UInt32]] {
    model.parameters.map { $0.tensor.scalars.map(\.bitPattern) }
}

@Suite struct TrainerTests {
    @Test func aTinyGPTLearnsARepeatingPattern() throws {
        var trainer = try Trainer(model: gpt(), task: task(), options: options(steps: 150))
        var losses: [Double] = []
        let summary = try trainer.run { event in
            if case .step(let report) = event { losses.append(report.loss) }
        }
        #expect(summary.reason == .completed && summary.steps == 150)
        #expect(losses.count == 150)
        #expect(abs(losses[0] - 2.08) < 0.1)  // ln 8: nothing known yet
        let loss = try #require(summary.metrics[MetricName.loss])
        #expect(loss < 0.05)
        #expect(try #require(summary.metrics[MetricName.accuracy]) > 0.98)
        #expect(summary.metrics[MetricName.count] == 699)
    }

    @Test func sameSeedSameBitsAtAnyThreadCount() throws {
        let before = Threads.count
        defer { Threads.count = before }
        var results: [[[UInt32]]] = []
        for threads in [1, 3] {
            Threads.count = threads
            var trainer = try Trainer(
                model: gpt(dropout: 0.1), task: task(), options: options(steps: 8))
            try trainer.run()
            results.append(bits(trainer.model))
        }
        #expect(results[0] == results[1])
    }

    /// Trainings that share the kernels' threads do not change each other's results.
    @Test(arguments: Precision.allCases)
    func sameBitsWhileOthersTrain(_ precision: Precision) throws {
        let results = Mutex<[[[UInt32]]]>([])
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            var options = options(steps: 12)
            options.precision = precision
            guard
                var trainer = try? Trainer(
                    model: gpt(dropout: 0.1), task: task(), options: options),
                (try? trainer.run()) != nil
            else { return }
            let found = bits(trainer.model)
            results.withLock { $0.append(found) }
        }
        let found = results.withLock { $0 }
        #expect(found.count == 6)
        #expect(Set(found).count == 1)
    }

    @Test(arguments: [0, 1, 17, 29])
    func aResumedRunGivesTheSameBits(stoppedAfter: Int) throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 30)
        options.accumulationSteps = 2
        let checkpoints = CheckpointFolder(
            url: folder.url.appendingPathComponent("c"), keptCount: 2, configuration: "{}")

        var whole = try Trainer(model: gpt(dropout: 0.1), task: task(), options: options)
        try whole.run()

        var steps = 0
        var first = try Trainer(
            model: gpt(dropout: 0.1), task: task(), options: options, checkpoints: checkpoints)
        let summary = try first.run { event in
            if case .step = event { steps += 1 }
        } shouldStop: {
            steps >= stoppedAfter
        }
        #expect(summary.reason == .interrupted && summary.steps == stoppedAfter)
        #expect(checkpoints.steps().last == stoppedAfter)

        // A different initial model shows that the weights come from the checkpoint.
        var second = try Trainer(
            model: GPT(gpt(dropout: 0.1).configuration, key: RandomKey(seed: 99)), task: task(),
            options: options, checkpoints: checkpoints)
        #expect(try second.resume())
        #expect(second.state.step == stoppedAfter)
        let end = try second.run()
        #expect(end.reason == .completed && end.steps == 30)
        #expect(bits(second.model) == bits(whole.model))
        #expect(end.metrics == whole.state.metrics)
        #expect(second.state.cursor == whole.state.cursor)
    }

    @Test func checkpointsRotateAndKeepTheBest() throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 60)
        options.evaluationInterval = 10
        options.learningRate = 1e-3
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 2, configuration: "{}")
        var trainer = try Trainer(
            model: gpt(), task: RisingTask(base: try task()), options: options,
            checkpoints: checkpoints)
        try trainer.run()
        #expect(trainer.state.bestStep == 10)
        #expect(checkpoints.steps() == [10, 50, 60])
    }

    @Test func theBestWeightsAreKeptAcrossAResume() throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 40)
        options.evaluationInterval = 10
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 1, configuration: "{}")
        var steps = 0
        var first = try Trainer(
            model: gpt(), task: RisingTask(base: try task()), options: options,
            checkpoints: checkpoints)
        first.keepsBest = true
        var best: [[UInt32]] = []
        try first.run { event in
            if case .step(let report) = event { steps = report.step }
        } shouldStop: {
            steps >= 25
        }
        var at10 = gpt()
        try checkpoints.loadModel(step: 10, into: &at10)
        best = bits(at10)
        var second = try Trainer(
            model: gpt(), task: RisingTask(base: try task()), options: options,
            checkpoints: checkpoints)
        second.keepsBest = true
        #expect(try second.resume())
        let summary = try second.run()
        #expect(summary.modelStep == 10)
        #expect(bits(second.model) == best)
        // What is reported is of these weights, not of the last step's.
        let reported = RisingTask(base: try task()).evaluate(
            at10, precision: options.precision, batchLimit: nil)
        #expect(summary.metrics == reported)
    }

    @Test func aDamagedCheckpointFallsBackToTheOneBefore() throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 20)
        options.checkpointInterval = 5
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 3, configuration: "{}")
        var trainer = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        try trainer.run()
        #expect(checkpoints.steps() == [10, 15, 20])
        let weights = checkpoints.folder(step: 20).appendingPathComponent("model.safetensors")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count - 3] ^= 1
        try bytes.write(to: weights)
        try Data("{".utf8).write(
            to: checkpoints.folder(step: 15).appendingPathComponent("checksums.json"))
        var resumed = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        #expect(try resumed.resume())
        #expect(resumed.state.step == 10)
        for name in ["model.safetensors", "optimizer.safetensors", "state.json"] {
            try FileManager.default.removeItem(
                at: checkpoints.folder(step: 10).appendingPathComponent(name))
        }
        let error = #expect(throws: TrainingError.self) { try resumed.resume() }
        #expect(error?.code == .badCheckpoint)
    }

    @Test func aCheckpointOfAnotherConfigurationIsRefused() throws {
        let folder = try TemporaryFolder()
        func checkpoints(_ configuration: String) -> CheckpointFolder {
            CheckpointFolder(url: folder.url, keptCount: 1, configuration: configuration)
        }
        var trainer = try Trainer(
            model: gpt(), task: task(), options: options(steps: 2),
            checkpoints: checkpoints(#"{"corpus":"a","seed":1,"options":{"x":1}}"#))
        try trainer.run()
        var other = try Trainer(
            model: gpt(), task: task(), options: options(steps: 2),
            checkpoints: checkpoints(#"{"corpus":"b","seed":1,"options":{"x":2}}"#))
        let error = #expect(throws: TrainingError.self) { try other.resume() }
        #expect(error?.code == .badCheckpoint)
        #expect(
            error?.description.contains(
                "another corpus (expected a, found b), another x (expected 1, found 2)") == true)
    }

    @Test func aLossThatIsNotANumberStopsTheRun() throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 50)
        options.checkpointInterval = 4
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 2, configuration: "{}")
        var trainer = try Trainer(
            model: Point(value: Tensor([1], shape: [1])), task: ExplodingTask(at: 10),
            options: options, checkpoints: checkpoints)
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(error?.code == .nonFinite)
        #expect(error?.description.contains("step 11") == true)
        #expect(error?.description.contains("step-00000008") == true)
        // The weights are those from before the bad step.
        #expect(trainer.model.value.scalar.isFinite)
        #expect(trainer.state.step == 10)
    }

    @Test func badOptionsAreNamed() throws {
        var bad = TrainingOptions()
        bad.learningRate = 0
        let error = #expect(throws: TrainingError.self) { try bad.validate() }
        #expect(error?.code == .invalidOption)
        #expect(error?.description == "learning rate must be above 0, but is 0.0")
        expectInvalid(
            TrainingOptions(),
            [
                { $0.batchSize = .max }, { $0.accumulationSteps = .max },
                { $0.limit = .epochs(.max) }, { $0.limit = .steps(.max) },
                { $0.warmUp = .steps(.max) }, { $0.evaluationBatchLimit = .max },
                { $0.evaluationInterval = .max }, { $0.keptCheckpoints = 0 },
            ]
        ) { try $0.validate() }
        expectInvalid(BERTPretrainingOptions(), [{ $0.hiddenSize = 1 << 62 }]) {
            try $0.validate()
        }
        expectInvalid(
            RNNPretrainingOptions(), [{ $0.contextLength = .max }, { $0.layerCount = 0 }]
        ) { try $0.validate() }
    }

    @Test func aTimeLimitEndsTheRunAndLowersTheRate() throws {
        var options = options(steps: 1)
        options.limit = .minutes(0.005)
        options.evaluationInterval = 0
        options.checkpointInterval = 0
        options.warmUp = .fraction(0.1)
        var trainer = try Trainer(model: gpt(), task: task(), options: options)
        var last: StepReport?
        let summary = try trainer.run { event in
            if case .step(let report) = event { last = report }
        }
        #expect(summary.seconds >= 0.3 && summary.steps >= 1)
        #expect(try #require(last).progress == 1)
    }
}

/// A task whose loss gets worse with every evaluation.
struct RisingTask: TrainingTask {
    var base: NextTokenTask
    var data: NextTokenDataset {
        get { base.data }
        set { base.data = newValue }
    }
    var selectionMetric: String { "drift" }
    func tokenCount(of batch: NextTokenBatch) -> Int { batch.tokenCount }
    func loss(of model: GPT, on batch: NextTokenBatch, context: ForwardContext) -> BatchLoss {
        base.loss(of: model, on: batch, context: context)
    }
    func evaluate(_ model: GPT, precision: Precision, batchLimit: Int?) -> Metrics? {
        // The pattern is learnt ever better, so its likelihood rises.
        let loss = NextTokenTask.evaluate(model, on: pattern, precision: precision)["loss"] ?? 0
        return ["drift": -loss]
    }
}

private struct Point: Module {
    var value: Tensor
    mutating func visitParameters(_ visitor: inout some ParameterVisitor, at path: ParameterPath) {
        visitor.visit(&value, at: path / "value")
    }
}

private struct Numbers: TrainingData {
    func batchCount(inEpoch epoch: Int) -> Int { 1000 }
    func batch(at cursor: DataCursor) -> Int { cursor.batch }
}

/// Loss value² until a batch whose loss is infinite.
private struct ExplodingTask: TrainingTask {
    var data = Numbers()
    let at: Int
    init(at: Int) { self.at = at }
    func tokenCount(of batch: Int) -> Int { 1 }
    func loss(of model: Point, on batch: Int, context: ForwardContext) -> BatchLoss {
        let factor: Float = batch == at ? .infinity : 1
        return BatchLoss(loss: (model.value * model.value * factor).sum())
    }
    func evaluate(_ model: Point, precision: Precision, batchLimit: Int?) -> Metrics? { nil }
}
