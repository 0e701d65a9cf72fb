import SesameModels
import SesameNN
import SesameTensor

/// How fast this machine trains models of some width, found out by training a small one for a moment.
public struct MachineSpeed: Sendable, Hashable, Codable {
    /// Operations a second in forward and backward passes, counted as the model's cost counts them.
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
        var generator = RandomGenerator(seed: 2)
        let inputs = ids(rows, length, below: sizes.vocabularySize, &generator)
        let targets = ids(rows, length, below: sizes.vocabularySize, &generator)
        return measured(
            GPT(sizes, key: RandomKey(seed: 1)),
            operations: sizes.cost.trainingOperations(length: length) * Double(rows * length),
            seconds: seconds
        ) {
            $0.loss(
                inputs, targets: targets,
                context: .training(seed: 1, step: 0, precision: precision)
            ).loss
        }
    }

    /// Measures with a tagger of these sizes and a part of its vocabulary.
    ///
    /// - Parameters:
    ///   - cost: The tagger in question.
    ///   - batchSize: Sentences a batch; fewer are measured where the batch is large.
    ///   - length: Words a sentence.
    ///   - precision: The precision of matrix products.
    ///   - seconds: How long to measure, about.
    /// - Throws: `ModelError` for sizes that no tagger can have.
    public static func measured(
        for cost: TaggerCost, batchSize: Int, length: Int, precision: Precision,
        seconds: Double = 1
    ) throws -> MachineSpeed {
        var sizes = cost.configuration
        sizes.vocabularySize = min(sizes.vocabularySize, vocabularyLimit)
        let rows = max(1, min(batchSize, tokenLimit / length))
        var generator = RandomGenerator(seed: 2)
        let characters =
            sizes.characters.isEmpty
            ? nil
            : CharacterBatch(
                ids: ids(
                    rows * length, TaggerCost.wordLength, below: sizes.characterCount, &generator),
                lengths: Array(repeating: TaggerCost.wordLength, count: rows * length),
                rows: IDTensor((0..<Int32(rows * length)).map { $0 }, shape: [rows, length]))
        let input = TaggerInput(
            words: ids(rows, length, below: sizes.vocabularySize, &generator),
            lengths: Array(repeating: length, count: rows), characters: characters,
            context: sizes.contextLayerCount == 0
                ? nil
                : Tensor(
                    repeating: 0.5,
                    shape: [sizes.contextLayerCount, rows, length, sizes.contextSize]))
        let tags = ids(rows, length, below: sizes.tags.count, &generator)
        return measured(
            try Tagger(configuration: sizes, key: RandomKey(seed: 1)),
            operations: cost.trainingOperations(length: length) * Double(rows * length),
            seconds: seconds
        ) {
            $0.loss(
                input, tags: tags, context: .training(seed: 1, step: 0, precision: precision))
        }
    }

    /// Measures training steps of a model.
    ///
    /// - Parameter operations: How many a step's forward and backward pass takes.
    private static func measured<Model: Module>(
        _ model: Model, operations: Double, seconds: Double, loss: (Model) -> Tensor
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
        return MachineSpeed(
            operationsPerSecond: operations / median(passes),
            updateSecondsPerParameter: median(updates) / Double(model.parameterCount))
    }

    /// Ids at random.
    private static func ids(
        _ rows: Int, _ columns: Int, below bound: Int, _ generator: inout RandomGenerator
    ) -> IDTensor {
        IDTensor(
            (0..<rows * columns).map { _ in Int32(generator.next(below: bound)) },
            shape: [rows, columns])
    }

    /// Enough of a vocabulary to measure with, and few enough that it is soon done.
    private static let vocabularyLimit = 4096
    /// Tokens of a step, likewise.
    private static let tokenLimit = 1024
}
