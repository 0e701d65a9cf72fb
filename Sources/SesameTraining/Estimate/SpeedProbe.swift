import SesameModels
import SesameNN
import SesameTensor

/// Finds out how fast this machine trains a model: a few steps on tokens at random.
struct SpeedProbe: Sendable {
    /// Texts a batch.
    let rows: Int
    /// Tokens a text.
    let length: Int
    /// The precision of matrix products.
    let precision: Precision
    /// How long to measure, about.
    let seconds: Double

    /// - Parameter batchSize: Texts a batch; fewer are measured where the batch is large.
    init(batchSize: Int, length: Int, precision: Precision, seconds: Double) {
        rows = max(1, min(batchSize, Self.tokenLimit / length))
        self.length = length
        self.precision = precision
        self.seconds = seconds
    }

    /// Tokens of a step: enough to measure with, and few enough that it is soon done.
    private static let tokenLimit = 1024

    /// What the steps are made with.
    var context: ForwardContext { .training(seed: 1, step: 0, precision: precision) }

    /// The lengths of the texts, all alike.
    var lengths: [Int] { Array(repeating: length, count: rows) }

    /// Ids at random, `[rows, length]`.
    func ids(below bound: Int, seed: UInt64 = 2) -> IDTensor {
        ids([rows, length], below: bound, seed: seed)
    }

    /// Ids at random.
    func ids(_ shape: Shape, below bound: Int, seed: UInt64 = 2) -> IDTensor {
        var generator = RandomGenerator(seed: seed)
        return IDTensor(
            (0..<shape.elementCount).map { _ in Int32(generator.next(below: bound)) },
            shape: shape)
    }

    /// The speed of a model's training steps.
    func speed<Model: Module>(
        of model: Model, cost: some TrainingCost, loss: (Model) -> Tensor
    ) -> MachineSpeed {
        var model = model
        var optimizer = AdamW()
        let clock = ContinuousClock()
        var passes: [Double] = []
        var updates: [Double] = []
        let begin = clock.now
        // The first step touches fresh memory, and does not count.
        while passes.count < 3 || (clock.now - begin).seconds < seconds {
            let start = clock.now
            let (_, gradients) = model.valueWithGradients(loss)
            let between = clock.now
            optimizer.update(&model, with: gradients, learningRate: 1e-4)
            passes.append((between - start).seconds)
            updates.append((clock.now - between).seconds)
        }
        func median(_ times: [Double]) -> Double {
            times.dropFirst().sorted()[(times.count - 1) / 2]
        }
        let operations = cost.trainingOperations(length: length) * Double(rows * length)
        return MachineSpeed(
            operationsPerSecond: operations / median(passes),
            updateSecondsPerParameter: median(updates) / Double(model.parameterCount))
    }
}
