import Foundation
import SesameModels
import SesameTensor
import SesameTraining
import Testing

/// What a killed process, a failing disk or a wrong option leaves behind.
@Suite struct CheckpointTests {
    /// Checkpoints after steps 5, 10, 15 and 20.
    private static func trained(in folder: TemporaryFolder, keptCount: Int = 4) throws
        -> (CheckpointFolder, TrainingOptions)
    {
        var options = options(steps: 20)
        options.checkpointInterval = 5
        let checkpoints = CheckpointFolder(
            url: folder.url.appendingPathComponent("c"), keptCount: keptCount,
            configuration: "{}")
        var trainer = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        try trainer.run()
        return (checkpoints, options)
    }

    private static let files = [
        "model.safetensors", "optimizer.safetensors", "state.json", "checksums.json",
    ]

    enum Damage: CaseIterable { case missing, empty, halved, changed }

    @Test(arguments: files, Damage.allCases)
    func anyDamageToAnyFileFallsBackToTheOneBefore(file: String, damage: Damage) throws {
        let folder = try TemporaryFolder()
        let (checkpoints, options) = try Self.trained(in: folder)
        let url = checkpoints.folder(step: 20).appendingPathComponent(file)
        var bytes = try Data(contentsOf: url)
        switch damage {
        case .missing: try FileManager.default.removeItem(at: url)
        case .empty: try Data().write(to: url)
        case .halved: try bytes.prefix(bytes.count / 2).write(to: url)
        case .changed:
            bytes[bytes.count / 2] ^= 4
            try bytes.write(to: url)
        }
        var resumed = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        #expect(try resumed.resume())
        #expect(resumed.state.step == 15)
    }

    @Test func aDamagedLaterCheckpointDoesNotPushOutGoodOnes() throws {
        let folder = try TemporaryFolder()
        let (checkpoints, _) = try Self.trained(in: folder, keptCount: 2)
        #expect(checkpoints.steps() == [15, 20])
        try Data("{".utf8).write(
            to: checkpoints.folder(step: 20).appendingPathComponent("state.json"))
        var options = options(steps: 20)
        options.checkpointInterval = 1
        let single = CheckpointFolder(
            url: checkpoints.url, keptCount: 1, configuration: "{}")
        var resumed = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: single)
        #expect(try resumed.resume())
        var steps: [[Int]] = []
        try resumed.run { event in
            if case .checkpoint = event { steps.append(single.steps()) }
        }
        #expect(steps == [[16], [17], [18], [19], [20]])
    }

    /// A process id that no process has.
    private static let dead = Int32.max

    @Test func whatAKilledProcessLeftIsCleanedUp() throws {
        let folder = try TemporaryFolder()
        let (checkpoints, options) = try Self.trained(in: folder)
        let files = FileManager.default
        func leftover(_ name: String, holding count: Int) throws {
            let url = checkpoints.url.appendingPathComponent(name)
            try files.createDirectory(at: url, withIntermediateDirectories: true)
            for file in Self.files.prefix(count) {
                try files.copyItem(
                    at: checkpoints.folder(step: 10).appendingPathComponent(file),
                    to: url.appendingPathComponent(file))
            }
        }
        // Killed at each stage of writing the next checkpoint.
        for count in 0...4 {
            try leftover(".step-0000002\(count).\(Self.dead).tmp", holding: count)
        }
        // Killed between the two renames that replace one: the old one comes back.
        try leftover(".step-00000020.\(Self.dead).tmp", holding: 4)
        try files.moveItem(
            at: checkpoints.folder(step: 20),
            to: checkpoints.url.appendingPathComponent(".step-00000020.\(Self.dead).old"))
        // Killed after them.
        try leftover(".step-00000015.\(Self.dead).old", holding: 4)
        // Not ours, or of a process that goes on.
        for name in [".step-00000030.1.tmp", "notes.tmp", ".other.\(Self.dead).tmp"] {
            try leftover(name, holding: 0)
        }
        var resumed = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        #expect(try resumed.resume())
        #expect(resumed.state.step == 20)
        #expect(
            try files.contentsOfDirectory(atPath: checkpoints.url.path).sorted() == [
                ".other.\(Self.dead).tmp", ".step-00000030.1.tmp", "notes.tmp", "step-00000005",
                "step-00000010", "step-00000015", "step-00000020",
            ])
    }

    @Test func anotherSeedIsRefused() throws {
        let folder = try TemporaryFolder()
        var (checkpoints, options) = try Self.trained(in: folder)
        checkpoints = CheckpointFolder(url: checkpoints.url, keptCount: 1, configuration: "{}")
        options.seed = 12
        var other = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        let error = #expect(throws: TrainingError.self) { try other.resume() }
        #expect(error?.description.contains("another seed (expected 11, found 12)") == true)
    }

    @Test func aNewerFormatIsRefused() throws {
        let folder = try TemporaryFolder()
        let (checkpoints, options) = try Self.trained(in: folder)
        for step in checkpoints.steps() {
            let folder = checkpoints.folder(step: step)
            let url = folder.appendingPathComponent("state.json")
            let text = try String(contentsOf: url, encoding: .utf8)
                .replacingOccurrences(of: "\"version\" : 2", with: "\"version\" : 3")
            let sums = folder.appendingPathComponent("checksums.json")
            let old = try DurableFiles.checksum(url)
            try Data(text.utf8).write(to: url)
            let new = try DurableFiles.checksum(url)
            try Data(
                String(contentsOf: sums, encoding: .utf8)
                    .replacingOccurrences(of: old, with: new).utf8
            ).write(to: sums)
        }
        var other = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        let error = #expect(throws: TrainingError.self) { try other.resume() }
        #expect(error?.description.contains("version 3, expected 2") == true)
    }

    /// JSON has no numbers for these.
    @Test func metricsThatAreNoNumbersAreKept() throws {
        let folder = try TemporaryFolder()
        var options = options(steps: 2)
        options.evaluationInterval = 1
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 1, configuration: "{}")
        var trainer = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        trainer.customMetrics = [
            CustomMetric("none") { _, _ in .nan }, CustomMetric("all") { _, _ in .infinity },
        ]
        trainer.selection = MetricSelection("none", higherIsBetter: true)
        trainer.keepsBest = true
        try trainer.run()
        #expect(trainer.state.bestStep == nil)
        var resumed = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        #expect(try resumed.resume())
        #expect(resumed.state.metrics["none"]?.isNaN == true)
        #expect(resumed.state.metrics["all"] == .infinity)
    }

    /// The best evaluation may lie between two checkpoints.
    @Test func theBestWeightsAreInTheCheckpoint() throws {
        var options = options(steps: 40)
        options.evaluationInterval = 4
        options.checkpointInterval = 10
        func trainer(_ checkpoints: CheckpointFolder?) throws -> Trainer<NextTokenTask> {
            var trainer = try Trainer(
                model: gpt(), task: task(), options: options, checkpoints: checkpoints)
            trainer.keepsBest = true
            // Best at step 12, then ever worse.
            trainer.customMetrics = [
                CustomMetric("distance") { model, _ in
                    abs(
                        NextTokenTask.evaluate(model, on: pattern, precision: .float32)[
                            "loss", default: 0]
                            - 1.0)
                }
            ]
            trainer.selection = MetricSelection("distance", higherIsBetter: false)
            return trainer
        }
        var whole = try trainer(nil)
        let end = try whole.run()
        try #require(end.modelStep > 0 && end.modelStep < 40 && end.modelStep % 10 != 0)
        for stop in [end.modelStep, end.modelStep + 1, 19, 20, 33] {
            let folder = try TemporaryFolder()
            let checkpoints = CheckpointFolder(url: folder.url, keptCount: 1, configuration: "{}")
            var first = try trainer(checkpoints)
            var steps = 0
            try first.run { event in
                if case .step(let report) = event { steps = report.step }
            } shouldStop: {
                steps >= stop
            }
            var second = try trainer(checkpoints)
            #expect(try second.resume())
            let summary = try second.run()
            #expect(summary.modelStep == end.modelStep)
            #expect(summary.metrics == end.metrics)
            #expect(bits(second.model) == bits(whole.model))
        }
    }
}
