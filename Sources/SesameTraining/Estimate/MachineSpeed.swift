import SesameModels
import SesameNN
import SesameTensor

/// How fast this machine trains Transformers of some width, found out by training a small one for a moment.
public struct MachineSpeed: Sendable, Hashable, Codable {
    /// Operations a second in forward and backward passes, counted as ``ModelCost`` does.
    public var operationsPerSecond: Double
    /// Seconds that AdamW takes for a parameter.
    public var updateSecondsPerParameter: Double

    /// A speed that is known.
    public init(operationsPerSecond: Double, updateSecondsPerParameter: Double) {
        self.operationsPerSecond = operationsPerSecond
        self.updateSecondsPerParameter = updateSecondsPerParameter
    }

    /// Measures with one block (two where some have a band) of the model's width, heads and context, and a part of its
    /// vocabulary.
    ///
    /// - Parameters:
    ///   - cost: The model in question.
    ///   - batchSize: Texts a batch; fewer are measured where the batch is large.
    ///   - length: Tokens a text.
    ///   - precision: The precision of matrix products.
    ///   - seconds: How long to measure, about; a step of a very wide model may take longer.
    public static func measured(
        for cost: ModelCost, batchSize: Int, length: Int, precision: Precision,
        seconds: Double = 1
    ) -> MachineSpeed {
        let sizes = GPTConfig(
            vocabularySize: min(cost.vocabularySize, vocabularyLimit), maxSequenceLength: length,
            hiddenSize: cost.hiddenSize, layerCount: cost.band == nil ? 1 : 2,
            headCount: cost.headCount, feedForwardSize: cost.feedForwardSize, dropoutProbability: 0,
            band: cost.band.map { .alternating(width: $0.width, layerCount: 2) })
        let rows = max(1, min(batchSize, tokenLimit / length))
        var model = GPT(sizes, key: RandomKey(seed: 1))
        var optimizer = AdamW()
        var generator = RandomGenerator(seed: 2)
        func ids() -> IDTensor {
            IDTensor(
                (0..<rows * length).map { _ in
                    Int32(generator.next(below: sizes.vocabularySize))
                }, shape: [rows, length])
        }
        let (inputs, targets) = (ids(), ids())
        let clock = ContinuousClock()
        var passes: [Double] = []
        var updates: [Double] = []
        let begin = clock.now
        // The first step touches fresh memory, and does not count.
        while passes.count < 3 || (clock.now - begin).seconds < seconds {
            let start = clock.now
            let (_, gradients) = model.valueWithGradients {
                $0.loss(
                    inputs, targets: targets,
                    context: .training(seed: 1, step: 0, precision: precision)
                ).loss
            }
            let between = clock.now
            optimizer.update(&model, with: gradients, learningRate: 1e-4)
            passes.append((between - start).seconds)
            updates.append((clock.now - between).seconds)
        }
        func median(_ times: [Double]) -> Double {
            times.dropFirst().sorted()[(times.count - 1) / 2]
        }
        let operations = sizes.cost.trainingOperations(length: length) * Double(rows * length)
        return MachineSpeed(
            operationsPerSecond: operations / median(passes),
            updateSecondsPerParameter: median(updates) / Double(sizes.cost.parameterCount))
    }

    /// Enough of a vocabulary to measure with, and few enough that it is soon done.
    private static let vocabularyLimit = 4096
    /// Tokens of a step, likewise.
    private static let tokenLimit = 1024
}
