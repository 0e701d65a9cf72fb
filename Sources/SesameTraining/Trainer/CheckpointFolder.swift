import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run's checkpoints: one folder each, of which the latest few and the best are kept.
///
/// A checkpoint `step-00001200` holds `model.safetensors`, `optimizer.safetensors`, `state.json`,
/// `best.safetensors` where the run keeps the weights of an earlier step, `carry.safetensors` where batches
/// hand something on, and `checksums.json` (XXH64 of each file). It is written under a temporary name and renamed, so that one found under
/// its name is complete.
public struct CheckpointFolder: Sendable {
    /// The folder that holds the checkpoints.
    public let url: URL
    /// Number of latest ones to keep.
    public let keptCount: Int
    /// What the run depends on, in JSON; a checkpoint of another configuration is refused.
    public let configuration: String

    /// The checkpoints in `url`, which is created with the first.
    public init(url: URL, keptCount: Int, configuration: String) {
        self.url = url
        self.keptCount = keptCount
        self.configuration = configuration
    }

    struct StateFile: Codable {
        var version: Int
        var configuration: String
        var state: TrainingState
        var optimizerSteps: Int
    }

    static let version = 2
    static let modelName = "model.safetensors"
    static let bestName = "best.safetensors"
    static let optimizerName = "optimizer.safetensors"
    static let carryName = "carry.safetensors"
    static let stateName = "state.json"
    static let checksumsName = "checksums.json"

    /// The folder of a step's checkpoint.
    public func folder(step: Int) -> URL {
        let digits = String(step)
        let padding = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
        return url.appendingPathComponent("step-" + padding + digits)
    }

    /// Steps with a checkpoint, ascending.
    public func steps() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.compactMap { name in
            name.hasPrefix("step-") ? Int(name.dropFirst(5)) : nil
        }.sorted()
    }

    /// Writes a checkpoint and removes those no longer kept.
    /// - Parameters:
    ///   - state: Where the run stands.
    ///   - model: The weights at that step.
    ///   - optimizer: The optimizer at that step.
    ///   - carry: What the last batch leaves to the next.
    ///   - best: The weights of the best evaluation, where they are of another step and the run is
    ///     to end with them.
    /// - Throws: ``TrainingError`` with code `.file`, or what writing tensors throws.
    @discardableResult
    public func save<Model: Module>(
        _ state: TrainingState, model: Model, optimizer: some Optimizer,
        carry: [(name: String, tensor: Tensor)] = [], best: Model? = nil
    ) throws -> URL {
        let destination = folder(step: state.step)
        let optimizerState = optimizer.state
        try DurableFiles.writeFolder(destination, replacing: true) { folder in
            var names = [Self.modelName, Self.optimizerName, Self.stateName]
            func write(_ tensors: [(String, Tensor)], _ metadata: [String: String], _ name: String)
                throws
            {
                try SafeTensors.write(
                    tensors, metadata: metadata, to: folder.appendingPathComponent(name))
            }
            try write(
                model.parameters.map { ($0.path, $0.tensor) }, ["format": "pt"], Self.modelName)
            if let best {
                names.append(Self.bestName)
                try write(
                    best.parameters.map { ($0.path, $0.tensor) }, ["format": "pt"], Self.bestName)
            }
            if !carry.isEmpty {
                names.append(Self.carryName)
                try write(carry.map { ($0.name, $0.tensor) }, [:], Self.carryName)
            }
            try write(
                optimizerState.tensors.map { ($0.name, $0.tensor) }, [:], Self.optimizerName)
            try DurableFiles.write(
                DurableFiles.encodeJSON(
                    StateFile(
                        version: Self.version, configuration: configuration, state: state,
                        optimizerSteps: optimizerState.stepCount)),
                to: folder.appendingPathComponent(Self.stateName))
            var checksums: [String: String] = [:]
            for name in names {
                checksums[name] = try DurableFiles.checksum(folder.appendingPathComponent(name))
            }
            try DurableFiles.write(
                DurableFiles.encodeJSON(checksums),
                to: folder.appendingPathComponent(Self.checksumsName))
        }
        removeOld(state)
        return destination
    }

    private func removeOld(_ state: TrainingState) {
        let steps = steps()
        // A run that went back to an earlier checkpoint has left later ones, which were damaged; were
        // they counted among the latest, good ones would go in their place.
        for step in steps where step > state.step { remove(step: step) }
        let kept = Set(state.averagedSteps ?? []).union([state.bestStep].compactMap { $0 })
        for step in steps.filter({ $0 <= state.step }).dropLast(keptCount)
        where !kept.contains(step) { remove(step: step) }
    }

    private func remove(step: Int) {
        // Failing to delete an old checkpoint must not end a run that goes well.
        try? DurableFiles.removeFolder(folder(step: step))
    }

    /// Removes every checkpoint, the folder itself stays.
    func removeAll() throws {
        for step in steps() { try DurableFiles.removeFolder(folder(step: step)) }
    }

    /// Removes what a killed process left half written or half deleted.
    func removeLeftovers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        DurableFiles.removeLeftovers(names, in: url) { $0.hasPrefix("step-") }
    }
}
