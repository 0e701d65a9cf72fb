import SesameModels
import SesameNN
import SesameTensor
import SesameTraining
import Testing

@Suite struct EarlyStoppingTests {
    /// A run whose evaluations, every two steps, give the values in turn.
    private static func trainer(
        _ values: [Double], _ stopping: EarlyStopping, checkpoints: CheckpointFolder? = nil,
        batchLimit: Int? = nil
    ) throws -> Trainer<NextTokenTask> {
        var options = options(steps: 40)
        options.evaluationInterval = 2
        options.earlyStopping = stopping
        options.checkpointInterval = 3
        options.evaluationBatchLimit = batchLimit
        // The metric tells the step by the weights.
        let weights = try Self.weightsByStep
        var trainer = try Trainer(
            model: gpt(), task: task(), options: options, checkpoints: checkpoints)
        trainer.customMetrics = [
            CustomMetric("script") { model, _ in
                let step = try #require(weights.firstIndex(of: bits(model)))
                return values[min(max(0, step / 2 - 1), values.count - 1)]
            }
        ]
        trainer.selection = MetricSelection("script", higherIsBetter: true)
        return trainer
    }

    /// The weights after each step; the options above train the same.
    private static var weightsByStep: [[[UInt32]]] {
        get throws {
            let options = options(steps: 40)
            var result = [bits(gpt())]
            var trainer = try Trainer(model: gpt(), task: task(), options: options)
            while result.count < 25 {
                let count = result.count
                var steps = 0
                _ = try trainer.run { event in
                    if case .step = event { steps += 1 }
                } shouldStop: {
                    steps == 1
                }
                result.append(bits(trainer.model))
                #expect(result.count == count + 1)
            }
            return result
        }
    }

    @Test(
        arguments: [
            // Values, patience, minimum improvement: best step, last step.
            ([1, 2, 3, 2, 2, 9], 2, 0, 6, 10),
            ([1, 2, 3, 3, 3, 9], 2, 0, 6, 10),
            ([5, 1, 1, 1], 3, 0, 2, 8),
            // Small gains are kept, but do not count; together they do.
            ([1, 1.4, 1.8, 1.9, 1.95, 9], 2, 0.5, 10, 10),
            ([1, .nan, 2, .nan, .nan, 9], 2, 0, 6, 10),
        ] as [([Double], Int, Double, Int, Int)])
    func stopsAndKeepsTheBest(
        values: [Double], patience: Int, minimum: Double, bestStep: Int, lastStep: Int
    ) throws {
        var trainer = try Self.trainer(
            values, EarlyStopping(patience: patience, minimumImprovement: minimum))
        let summary = try trainer.run()
        #expect(summary.reason == .stoppedEarly)
        #expect(summary.steps == lastStep && summary.modelStep == bestStep)
        #expect(bits(trainer.model) == (try Self.weightsByStep)[bestStep])
        #expect(summary.metrics["script"] == values[bestStep / 2 - 1])
        #expect(trainer.isFinished)
    }

    @Test(arguments: 1...10)
    func stoppedAnywhereAndResumedItEndsTheSame(stop: Int) throws {
        let folder = try TemporaryFolder()
        let checkpoints = CheckpointFolder(url: folder.url, keptCount: 1, configuration: "{}")
        let stopping = EarlyStopping(patience: 2)
        func trainer() throws -> Trainer<NextTokenTask> {
            try Self.trainer([1, 2, 3, 2, 2, 9], stopping, checkpoints: checkpoints, batchLimit: 1)
        }
        var first = try trainer()
        var steps = 0
        try first.run { event in
            if case .step(let report) = event { steps = report.step }
        } shouldStop: {
            steps >= stop
        }
        var second = try trainer()
        #expect(try second.resume())
        let summary = try second.run()
        #expect(summary.reason == .stoppedEarly)
        #expect(summary.steps == 10 && summary.modelStep == 6)
        #expect(bits(second.model) == (try Self.weightsByStep)[6])
        // Once more, when there is nothing left to do.
        var third = try trainer()
        #expect(try third.resume())
        #expect(third.isFinished)
        #expect(try third.run().modelStep == 6)
        #expect(bits(third.model) == bits(second.model))
    }

    @Test func withoutValidationDataItIsRefusedAtOnce() throws {
        var options = options(steps: 40)
        options.evaluationInterval = 2
        options.earlyStopping = EarlyStopping(patience: 1)
        let blind = NextTokenTask(data: try task().data, validation: nil)
        var trainer = try Trainer(model: gpt(), task: blind, options: options)
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(error?.code == .notEnoughData)
        #expect(trainer.state.step == 0)

        trainer = try Trainer(model: gpt(), task: task(), options: options)
        trainer.selection = MetricSelection("acuracy", higherIsBetter: true)
        let unknown = #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(unknown?.description.contains("acuracy") == true)
        #expect(unknown?.description.contains("accuracy, ") == true)
    }

    @Test(
        arguments: [
            (EarlyStopping(patience: 0), 2, "patience"),
            (EarlyStopping(patience: 1, minimumImprovement: -1), 2, "minimum improvement"),
            (EarlyStopping(patience: 1), 0, "evaluation interval"),
        ] as [(EarlyStopping, Int, String)])
    func badOptions(stopping: EarlyStopping, interval: Int, named: String) throws {
        var options = options(steps: 4)
        options.evaluationInterval = interval
        options.earlyStopping = stopping
        let error = #expect(throws: TrainingError.self) { try options.validate() }
        #expect(error?.description.contains(named) == true)
    }
}
