import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTraining
import Synchronization
import Testing

@Suite struct TrainerEventsTests {
    private static func trainer(
        steps: Int = 30, in folder: TemporaryFolder? = nil
    ) throws -> (Trainer<NextTokenTask>, CheckpointFolder?) {
        var options = options(steps: steps)
        options.evaluationInterval = 10
        let checkpoints = folder.map {
            CheckpointFolder(url: $0.url, keptCount: 2, configuration: "{}")
        }
        return (
            try Trainer(model: gpt(), task: task(), options: options, checkpoints: checkpoints),
            checkpoints
        )
    }

    /// Events without their times.
    private static func names(_ event: TrainerEvent) -> String {
        switch event {
        case .preparing: "preparing"
        case .note(let line): line
        case .started(let start): "started \(start.firstStep)"
        case .step(let report): "step \(report.step) \(report.loss)"
        case .evaluation(let step, let metrics):
            "evaluation \(step) \(metrics.sorted { $0.key < $1.key })"
        case .checkpoint(let step, _): "checkpoint \(step)"
        case .finished(let summary): "finished \(summary.reason) \(summary.steps)"
        }
    }

    @MainActor @Test func theSequenceGivesWhatTheCallGives() async throws {
        var (direct, _) = try Self.trainer()
        var expected: [String] = []
        try direct.run { expected.append(Self.names($0)) }

        let (trainer, _) = try Self.trainer()
        let events = trainer.events()
        var found: [String] = []
        for try await event in events {
            MainActor.assertIsolated()
            found.append(Self.names(event))
        }
        #expect(found == expected)
        let trained = try await events.trainer
        #expect(bits(trained.model) == bits(direct.model))
        #expect(trained.state.step == 30)
        // After the end there is only the end.
        let iterator = events.makeAsyncIterator()
        #expect(try await iterator.next() == nil)
    }

    @Test func theArticlesExamplesCompileAndRun() async throws {
        let temporary = try TemporaryFolder()
        let folder = temporary.url
        let (gpt, task, options) = (gpt(), try task(), options(steps: 3))
        // The lines between the marks are those of the article.
        // begin
        let checkpoints = CheckpointFolder(url: folder, keptCount: 2, configuration: "{}")
        var trainer = try Trainer(
            model: gpt, task: task, options: options, checkpoints: checkpoints)
        try trainer.resume()  // goes on from the latest checkpoint, if there is one
        // end
        // begin
        trainer.customMetrics = [
            CustomMetric("parameters") { model, task in Double(model.parameterCount) }
        ]
        trainer.selection = MetricSelection("parameters", higherIsBetter: false)
        trainer.schedule = TrainingSchedule { step, totalSteps in
            step < totalSteps / 2 ? 1 : 0.1  // times the options' learning rate
        }
        // end
        // begin
        let events = trainer.events()
        for try await event in events {
            if case .step(let report) = event { print(report.step, report.loss) }
        }
        let model = try await events.trainer.model
        // end
        #expect(bits(model) != bits(gpt))

        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let article = try String(
            contentsOf: root.appendingPathComponent(
                "Sources/SesameTraining/SesameTraining.docc/TrainingInTheBackground.md"),
            encoding: .utf8)
        let source = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8)
        var lineCount = 0
        for part in source.components(separatedBy: "// begin\n").dropFirst() {
            for line in part.components(separatedBy: "// end\n")[0].split(separator: "\n") {
                let text = line.trimmingCharacters(in: .whitespaces)
                guard !text.isEmpty else { continue }
                #expect(article.contains(text), "not in the article: \(text)")
                lineCount += 1
            }
        }
        #expect(lineCount > 10)
    }

    @Test func aSlowLoopLosesNothingAndHoldsTheTrainingBack() async throws {
        let made = Atomic<Int>(0)
        var (trainer, _) = try Self.trainer(steps: 700)
        trainer.schedule = TrainingSchedule { step, _ in
            made.store(step, ordering: .relaxed)
            return 1
        }
        let events = trainer.events()
        var steps: [Int] = []
        for try await event in events {
            guard case .step(let report) = event else { continue }
            steps.append(report.step)
            if report.step == 1 {
                // Nobody asks for events meanwhile; the training stops at the full buffer.
                while made.load(ordering: .relaxed) < 200 {
                    try await Task.sleep(for: .milliseconds(1))
                }
                try await Task.sleep(for: .milliseconds(50))
                #expect(made.load(ordering: .relaxed) < 300)
            }
        }
        #expect(steps == Array(1...700))
    }

    @Test func withoutALoopTheTrainerIsTheResult() async throws {
        let (trainer, _) = try Self.trainer(steps: 600)
        let trained = try await trainer.events().trainer
        #expect(trained.state.step == 600)
        // A loop that is left early does not hold it up either.
        let events = try Self.trainer(steps: 600).0.events()
        for try await event in events {
            if case .step = event { break }
        }
        #expect(try await events.trainer.state.step == 600)
    }

    @Test func cancellationLeavesACheckpointToResumeFrom() async throws {
        let folder = try TemporaryFolder()
        let (trainer, checkpoints) = try Self.trainer(steps: 100_000, in: folder)
        let task = Task {
            var last: TrainerEvent?
            var steps = 0
            for try await event in trainer.events() {
                if case .step(let report) = event {
                    steps = report.step
                    if report.step == 5 { withUnsafeCurrentTask { $0?.cancel() } }
                }
                last = event
            }
            guard case .finished(let summary)? = last else { throw CancellationError() }
            #expect(summary.steps == steps)
            return summary
        }
        let summary = try await task.value
        #expect(summary.reason == .interrupted)
        #expect(summary.steps >= 5 && summary.steps < 1000)
        #expect(checkpoints?.steps().last == summary.steps)

        func run(_ trainer: inout Trainer<NextTokenTask>) throws {
            var steps = 0
            try trainer.run { event in
                if case .step(let report) = event { steps = report.step }
            } shouldStop: {
                steps >= summary.steps + 3
            }
        }
        var direct = try Self.trainer(steps: 100_000).0
        try run(&direct)
        var resumed = try Self.trainer(steps: 100_000, in: folder).0
        #expect(try resumed.resume())
        try run(&resumed)
        // Not in one expression, which would print every weight.
        let isEqual = bits(resumed.model) == bits(direct.model)
        #expect(isEqual)
    }

    @Test func stopAndLettingGoEndTheRun() async throws {
        let events = try Self.trainer(steps: 1_000_000).0.events()
        events.stop()
        #expect(try await events.trainer.state.step < 1000)

        let ended = Mutex(false)
        do {
            var (trainer, _) = try Self.trainer(steps: 1_000_000)
            let guardian = Guardian { ended.withLock { $0 = true } }
            trainer.schedule = TrainingSchedule { _, _ in
                _ = guardian
                return 1
            }
            for try await event in trainer.events() {
                if case .step = event { break }
            }
        }
        // The trainer, and the schedule in it, go with the thread.
        while !ended.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func anErrorEndsTheSequence() async throws {
        var (trainer, _) = try Self.trainer()
        trainer.schedule = TrainingSchedule { step, _ in step < 3 ? 1 : -1 }
        let events = trainer.events()
        var count = 0
        let error = await #expect(throws: TrainingError.self) {
            for try await event in events {
                if case .step = event { count += 1 }
            }
        }
        #expect(error?.code == .invalidOption && count == 3)
        await #expect(throws: TrainingError.self) { try await events.trainer }
    }

    @Test func schedulesOfOnesOwn() throws {
        func rates(_ schedule: TrainingSchedule) throws -> [Float] {
            var (trainer, _) = try Self.trainer(steps: 4)
            trainer.schedule = schedule
            var result: [Float] = []
            try trainer.run { event in
                if case .step(let report) = event { result.append(report.learningRate) }
            }
            return result
        }
        #expect(
            try rates(TrainingSchedule { step, total in step * 2 < total ? 1 : 0.5 })
                == [1e-2, 1e-2, 5e-3, 5e-3])
        #expect(
            try rates(
                TrainingSchedule(LearningRateSchedule(.linear, peak: 4, floor: 0, totalSteps: 4)))
                == [4, 3, 2, 1])
    }

    @Test func metricsOfOnesOwn() throws {
        var (trainer, _) = try Self.trainer(steps: 20)
        trainer.customMetrics = [
            CustomMetric("parameters") { model, _ in Double(model.parameterCount) },
            CustomMetric("validation tokens") { _, task in task.validation.map { Double($0.count) }
            },
            CustomMetric("nothing") { _, _ in nil },
        ]
        let metrics = try trainer.run().metrics
        #expect(metrics["parameters"] == Double(gpt().parameterCount))
        #expect(metrics["validation tokens"] == 700)
        #expect(metrics["nothing"] == nil && metrics[MetricName.loss] != nil)
    }
}

/// Tells when it is gone.
private final class Guardian: Sendable {
    let farewell: @Sendable () -> Void
    init(_ farewell: @escaping @Sendable () -> Void) { self.farewell = farewell }
    deinit { farewell() }
}
