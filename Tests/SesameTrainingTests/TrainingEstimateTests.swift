import SesameModels
import SesameTensor
import SesameTraining
import Testing

/// What is told before training begins.
struct TrainingEstimateTests {
    @Test func timeFollowsFromSpeed() {
        let cost = GPTConfig.gpt2.cost
        var estimate = TrainingEstimate(cost, batchSize: 4)
        #expect(estimate.length == 1024 && estimate.seconds(tokens: 1e6) == nil)
        estimate.speed = MachineSpeed(operationsPerSecond: 1e11, updateSecondsPerParameter: 1e-9)
        let expected =
            1e6 * cost.trainingOperations(length: 1024) / 1e11
            + 1e6 / 4096 * Double(cost.parameterCount) * 1e-9
        #expect(abs((estimate.seconds(tokens: 1e6) ?? 0) - expected) < 1e-6)
    }

    @Test func speedIsMeasured() {
        var sizes = GPTConfig.nano(vocabularySize: 100)
        sizes.band = .alternating(width: 16, layerCount: 4)
        let speed = MachineSpeed.measured(
            for: sizes.cost, batchSize: 2, length: 64, precision: .float32, seconds: 0.01)
        #expect(speed.operationsPerSecond > 1e6 && speed.operationsPerSecond < 1e15)
        #expect(speed.updateSecondsPerParameter > 0 && speed.updateSecondsPerParameter < 1e-3)
    }

    @Test func whatDoesNotFitIsRefusedWithTheFigure() throws {
        try TrainingEstimate(GPTConfig.nano(vocabularySize: 65).cost, batchSize: 12).requireFits()
        let estimate = TrainingEstimate(GPTConfig.gpt2XL.cost, batchSize: 100_000)
        #expect(!estimate.fits)
        let error = #expect(throws: TrainingError.self) { try estimate.requireFits() }
        #expect(error?.code == .tooLarge)
        let text = error?.description ?? ""
        #expect(text.contains("1557611200 parameters") && text.contains(" GB of memory"))

        let fixture = try Fixture()
        try fixture.importStories()
        var options = GPTPretrainingOptions()
        options.hiddenSize = 1600
        options.headCount = 25
        options.layerCount = 48
        options.contextLength = 1024
        options.training.batchSize = 65536
        let refused = #expect(throws: TrainingError.self) {
            try pretrainGPT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                options: options, output: fixture.model("large"))
        }
        #expect(refused?.code == .tooLarge)
    }
}
