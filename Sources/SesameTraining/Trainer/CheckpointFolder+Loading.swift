import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A checkpoint that cannot be read as it was written; an earlier one may still be good.
private struct Damage: Error {
    let problem: String
}

extension CheckpointFolder {
    /// Loads the latest checkpoint into a model and an optimizer.
    ///
    /// Where the latest is damaged, the one before it is taken.
    /// - Returns: The state, or nil if there is no checkpoint.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint` if all are damaged, or the run was
    ///   configured differently.
    public func loadLatest(
        model: inout some Module, optimizer: inout some Optimizer
    ) throws -> TrainingState? {
        var first: (path: String, problem: String)?
        for step in steps().reversed() {
            do {
                return try loadVerified(step: step, model: &model, optimizer: &optimizer)
            } catch let damage as Damage {
                first = first ?? (folder(step: step).path, damage.problem)
            }
        }
        if let first { throw Self.damaged(first.path, first.problem) }
        return nil
    }

    /// Loads one checkpoint, its checksums verified first.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint`.
    public func load(
        step: Int, model: inout some Module, optimizer: inout some Optimizer
    ) throws -> TrainingState {
        do {
            return try loadVerified(step: step, model: &model, optimizer: &optimizer)
        } catch let damage as Damage {
            throw Self.damaged(folder(step: step).path, damage.problem)
        }
    }

    /// Loads only the weights of one checkpoint.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint`.
    public func loadModel(step: Int, into model: inout some Module) throws {
        try loadWeights(Self.modelName, step: step, into: &model)
    }

    /// Loads the weights of the best evaluation that a checkpoint of a later step holds.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint` if it holds none.
    func loadBest(step: Int, into model: inout some Module) throws {
        try loadWeights(Self.bestName, step: step, into: &model)
    }

    /// What the last batch before a checkpoint left to the next; empty where batches hand nothing on.
    func loadCarry(step: Int) throws -> [String: Tensor] {
        let file = folder(step: step).appendingPathComponent(Self.carryName)
        guard FileManager.default.fileExists(atPath: file.path) else { return [:] }
        return try SafeTensors.read(file)
    }

    private func loadVerified(
        step: Int, model: inout some Module, optimizer: inout some Optimizer
    ) throws -> TrainingState {
        let folder = folder(step: step)
        let file = try verifiedState(folder)
        let differences = ConfigurationDifference.between(
            expected: file.configuration, found: configuration)
        guard differences.isEmpty else {
            throw TrainingError(
                .badCheckpoint(
                    path: folder.path,
                    problem: "it belongs to a run with "
                        + ConfigurationDifference.text(differences),
                    remedy: "resume with what it was started with, or start afresh"))
        }
        try loadModel(step: step, into: &model)
        let tensors = try SafeTensors.read(folder.appendingPathComponent(Self.optimizerName))
        try optimizer.restore(
            OptimizerState(
                stepCount: file.optimizerSteps,
                tensors: tensors.map { (name: $0.key, tensor: $0.value) }),
            for: model)
        return file.state
    }

    private func loadWeights(_ name: String, step: Int, into model: inout some Module) throws {
        let file = folder(step: step).appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw TrainingError(
                .badCheckpoint(
                    path: folder(step: step).path, problem: "it has no \(name)",
                    remedy: "resume with the options it was started with"))
        }
        let tensors = try SafeTensors.read(file)
        do {
            try model.load(tensors)
        } catch {
            throw TrainingError(
                .badCheckpoint(
                    path: folder(step: step).path,
                    problem: "its weights do not fit the model: \(error)",
                    remedy: "resume with the model it was started with"))
        }
    }

    private func verifiedState(_ folder: URL) throws -> StateFile {
        struct Version: Decodable { var version: Int }
        func read<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
            do {
                return try DurableFiles.decodeJSON(
                    type, from: DurableFiles.read(folder.appendingPathComponent(name)))
            } catch let error as TrainingError {
                throw Damage(problem: "it is incomplete (\(fileReason(error)))")
            } catch {
                throw Damage(problem: "\(name) cannot be read (\(fileReason(error)))")
            }
        }
        let checksums = try read([String: String].self, Self.checksumsName)
        let required = [Self.modelName, Self.optimizerName, Self.stateName]
        for name in Set(required).union(checksums.keys).sorted() {
            guard let expected = checksums[name], !name.contains("/") else {
                throw Damage(problem: "\(Self.checksumsName) does not name \(name)")
            }
            let found: String
            do {
                found = try DurableFiles.checksum(folder.appendingPathComponent(name))
            } catch {
                throw Damage(problem: "it is incomplete (\(fileReason(error)))")
            }
            guard found == expected else {
                throw Damage(
                    problem: "\(name) does not match its checksum: expected \(expected), "
                        + "found \(found)")
            }
        }
        let version = try read(Version.self, Self.stateName).version
        guard version == Self.version else {
            throw TrainingError(
                .badCheckpoint(
                    path: folder.path,
                    problem: "it has version \(version), expected \(Self.version)",
                    remedy: "resume with the version of sesame that wrote it, or start afresh"))
        }
        return try read(StateFile.self, Self.stateName)
    }

    private static func damaged(_ path: String, _ problem: String) -> TrainingError {
        TrainingError(
            .badCheckpoint(
                path: path, problem: problem,
                remedy: "delete it, and resume from an earlier one or start afresh"))
    }
}
