import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How fast this machine trains a model, found out by training it, or a part of it, for a moment.
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
        let probe = SpeedProbe(
            batchSize: batchSize, length: length, precision: precision, seconds: seconds)
        let inputs = probe.ids(below: sizes.vocabularySize)
        let targets = probe.ids(below: sizes.vocabularySize, seed: 3)
        return probe.speed(of: GPT(sizes, key: RandomKey(seed: 1)), cost: sizes.cost) {
            $0.loss(inputs, targets: targets, context: probe.context).loss
        }
    }

    /// Measures with the model of a folder; of a Transformer, or a model on one, as for its cost.
    ///
    /// - Parameters:
    ///   - folder: The model's folder.
    ///   - batchSize: Texts a batch; fewer are measured where the batch is large.
    ///   - length: Tokens a text.
    ///   - precision: The precision of matrix products.
    ///   - seconds: How long to measure, about.
    /// - Throws: What loading the model throws; ``TrainingError`` with code `.badModelFolder` for a kind whose cost is
    ///   not known, or `.tooLarge` where a step does not fit in memory.
    public static func measured(
        modelFolder folder: URL, batchSize: Int, length: Int, precision: Precision,
        seconds: Double = 1
    ) throws -> MachineSpeed {
        let kind = try ModelKind.of(folder)
        let cost = try kind.cost(folder)
        if let cost = cost as? ModelCost {
            return measured(
                for: cost, batchSize: batchSize, length: length, precision: precision,
                seconds: seconds)
        }
        guard let cost, let speed = kind.speed else {
            throw TrainingError(
                .badModelFolder(
                    path: folder.path,
                    problem: "what a model of the kind \(kind.modelType) costs is not known",
                    remedy: "choose another model"))
        }
        let probe = SpeedProbe(
            batchSize: batchSize, length: length, precision: precision, seconds: seconds)
        try TrainingEstimate(cost, batchSize: probe.rows, length: length).requireFits()
        return try speed(folder, probe)
    }

    /// Enough of a vocabulary to measure with, and few enough that it is soon done.
    private static let vocabularyLimit = 4096
}
