import SesameModels
import SesameTensor

/// What training or using a model will take on this machine, told before it begins.
public struct TrainingEstimate: Sendable, Hashable, Codable {
    /// How many parameters.
    public let parameterCount: Int
    /// Texts a batch.
    public let batchSize: Int
    /// Tokens a text.
    public let length: Int
    /// Bytes that the weights and one forward pass take.
    public let inferenceBytes: Double
    /// Bytes that training takes.
    public let trainingBytes: Double
    /// Bytes of memory that this machine has.
    public let machineBytes: Double
    /// Operations of a forward pass, a token.
    public let forwardOperationsPerToken: Double
    /// Operations of a training step, a token.
    public let trainingOperationsPerToken: Double
    /// How fast this machine is; nil where it was not measured.
    public var speed: MachineSpeed?

    /// The estimate from a model's sizes; cheap, since nothing is measured.
    ///
    /// - Parameters:
    ///   - cost: The model.
    ///   - batchSize: Texts a batch.
    ///   - length: Tokens a text; nil for the cost's usual length.
    public init(_ cost: some TrainingCost, batchSize: Int, length: Int? = nil) {
        let length = length ?? cost.usualLength
        parameterCount = cost.parameterCount
        self.batchSize = batchSize
        self.length = length
        inferenceBytes = cost.inferenceBytes(length: length)
        trainingBytes = cost.trainingBytes(batchSize: batchSize, length: length)
        machineBytes = Double(MemoryPool.physicalMemory)
        forwardOperationsPerToken = cost.forwardOperations(length: length)
        trainingOperationsPerToken = cost.trainingOperations(length: length)
    }

    /// Whether training fits into this machine's memory.
    public var fits: Bool { trainingBytes <= machineBytes }

    /// Seconds that training on a number of tokens takes at the measured speed; nil where it was not measured.
    public func seconds(tokens: Double) -> Double? {
        speed.map { speed in
            let steps = tokens / (Double(batchSize) * Double(length))
            return tokens * trainingOperationsPerToken / speed.operationsPerSecond
                + steps * Double(parameterCount) * speed.updateSecondsPerParameter
        }
    }

    /// Refuses what does not fit.
    /// - Throws: ``TrainingError`` with code `.tooLarge`, which has the figure.
    public func requireFits() throws {
        guard !fits else { return }
        throw TrainingError(
            .tooLarge(
                what:
                    "training \(parameterCount) parameters on batches of \(batchSize) × \(length) tokens",
                neededBytes: trainingBytes, availableBytes: machineBytes,
                remedy: "choose a smaller model, a smaller batch or a shorter context"))
    }

    /// Refuses a training on texts whose largest batch does not fit: that of the longest texts.
    ///
    /// - Parameters:
    ///   - cost: The model; nil where what it costs is not known, and nothing is refused.
    ///   - lengths: Tokens of each training text.
    ///   - batchSize: Texts a batch.
    /// - Throws: ``TrainingError`` with code `.tooLarge`.
    package static func requireFits(
        _ cost: (any TrainingCost)?, lengths: [Int], batchSize: Int
    ) throws {
        let longest = lengths.sorted().suffix(batchSize)
        guard let cost, !longest.isEmpty else { return }
        let tokens = longest.reduce(0, +)
        try TrainingEstimate(
            cost, batchSize: longest.count, length: max(1, tokens / longest.count)
        ).requireFits()
    }
}
