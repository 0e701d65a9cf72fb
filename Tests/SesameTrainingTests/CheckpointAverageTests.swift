import SesameModels
import SesameNN
import SesameTensor
import SesameTraining
import Testing

/// Runs that end with the mean of their last checkpoints.
@Suite struct CheckpointAverageTests {
    /// Twenty steps, a checkpoint every five.
    private static func trainer(
        in folder: TemporaryFolder, averaging count: Int? = 3, keptCount: Int = 1
    ) throws -> Trainer<NextTokenTask> {
        var options = options(steps: 20)
        options.checkpointInterval = 5
        options.averagedCheckpoints = count
        return try Trainer(
            model: gpt(dropout: 0.1), task: task(), options: options,
            checkpoints: checkpoints(in: folder, keptCount: keptCount))
    }

    private static func checkpoints(
        in folder: TemporaryFolder, keptCount: Int = 1
    ) -> CheckpointFolder {
        CheckpointFolder(url: folder.url, keptCount: keptCount, configuration: "{}")
    }

    /// The mean of the weights after steps 10, 15 and 20.
    private static func expected() throws -> [Tensor] {
        let folder = try TemporaryFolder()
        var trainer = try trainer(in: folder, averaging: nil, keptCount: 4)
        try trainer.run()
        var model = gpt()
        var sums: [Tensor] = []
        for step in [10, 15, 20] {
            try checkpoints(in: folder).loadModel(step: step, into: &model)
            let weights = model.parameters.map(\.tensor)
            if sums.isEmpty { sums = weights.map { Tensor(zeros: $0.shape) } }
            for index in weights.indices { sums[index].add(scaled: 1 / 3, weights[index]) }
        }
        return sums
    }

    @Test func endsWithTheMeanOfTheLastCheckpoints() throws {
        let folder = try TemporaryFolder()
        var trainer = try Self.trainer(in: folder)
        let summary = try trainer.run()
        #expect(summary.averagedCheckpoints == 3)
        #expect(summary.modelStep == 20)
        for (found, expected) in zip(trainer.model.parameters, try Self.expected()) {
            #expect(found.tensor.scalars == expected.scalars, "\(found.path)")
        }
        #expect(
            summary.metrics[MetricName.loss]
                == trainer.task.evaluate(trainer.model, precision: .float32, batchLimit: nil)?[
                    MetricName.loss])
        // Three for the mean, and one more should the latest be damaged.
        #expect(Self.checkpoints(in: folder).steps() == [5, 10, 15, 20])
        // A finished run that is resumed comes to the same.
        var again = try Self.trainer(in: folder)
        #expect(try again.resume())
        #expect(try again.run().averagedCheckpoints == 3)
        #expect(bits(again.model) == bits(trainer.model))
    }

    @Test(arguments: [3, 10, 12, 17])
    func whatAnInterruptionLeavesIsNotPartOfTheMean(after steps: Int) throws {
        let folder = try TemporaryFolder()
        var first = try Self.trainer(in: folder)
        var count = 0
        try first.run { event in
            if case .step = event { count += 1 }
        } shouldStop: {
            count == steps
        }
        var second = try Self.trainer(in: folder)
        #expect(try second.resume())
        try second.run()
        for (found, expected) in zip(second.model.parameters, try Self.expected()) {
            #expect(found.tensor.scalars == expected.scalars, "\(found.path)")
        }
    }

    /// Where the best weights are asked for, the mean has to be better.
    @Test(arguments: [true, false])
    func theBestMayBeBetter(isMeanBetter: Bool) throws {
        let folder = try TemporaryFolder()
        let mean = try Self.expected().map { $0.scalars.map(\.bitPattern) }
        var trainer = try Self.trainer(in: folder)
        trainer.keepsBest = true
        trainer.customMetrics = [
            CustomMetric("script") { model, _ in
                (bits(model) == mean) == isMeanBetter ? 2 : 1
            }
        ]
        trainer.selection = MetricSelection("script", higherIsBetter: true)
        let summary = try trainer.run()
        #expect(summary.averagedCheckpoints == (isMeanBetter ? 3 : nil))
        #expect((bits(trainer.model) == mean) == isMeanBetter)
        #expect(summary.metrics["script"] == 2)
    }

    @Test func needsCheckpoints() throws {
        var options = options(steps: 2)
        options.averagedCheckpoints = 2
        #expect {
            try Trainer(model: gpt(), task: task(), options: options)
        } throws: { ($0 as? TrainingError)?.code == .invalidOption }
        options.checkpointInterval = 0
        #expect { try options.validate() } throws: {
            "\($0)".hasPrefix("checkpoint interval with an average of checkpoints must be")
        }
    }
}
