import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything but tensors that a run needs to go on exactly where it was.
public struct TrainingState: Sendable, Codable, Hashable {
    /// Optimizer steps made.
    public var step = 0
    /// Forward passes made; keys the randomness of dropout.
    public var passCount = 0
    /// The next batch.
    public var cursor = DataCursor()
    /// Where random numbers come from: batches, masks and dropout are functions of this key, the
    /// cursor and the pass, so these are the whole state of the generators.
    public var randomKey: RandomKey
    /// Tokens trained on.
    public var tokenCount = 0
    /// Time spent.
    public var elapsedSeconds = 0.0
    /// Value of the selection metric at its best evaluation.
    public var bestValue: Double?
    /// The step of that evaluation.
    public var bestStep: Int?
    /// The latest evaluation.
    public var metrics: Metrics = [:]
    /// The run in a workspace that records this training, if any.
    public var run: Int64?

    /// The beginning of a run.
    public init(seed: UInt64) {
        randomKey = RandomKey(seed: seed, stream: 0)
    }
}

/// A run's checkpoints: one folder each, of which the latest few and the best are kept.
///
/// A checkpoint `step-00001200` holds `model.safetensors`, `optimizer.safetensors`, `state.json` and
/// `checksums.json` (XXH64 of each file). It is written under a temporary name and renamed, so that
/// one found under its name is complete.
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

    private struct StateFile: Codable {
        var version: Int
        var configuration: String
        var state: TrainingState
        var optimizerSteps: Int
    }

    private static let modelName = "model.safetensors"
    private static let optimizerName = "optimizer.safetensors"
    private static let stateName = "state.json"
    private static let checksumsName = "checksums.json"

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
    /// - Throws: ``TrainingError`` with code `.file`, or what writing tensors throws.
    @discardableResult
    public func save(
        _ state: TrainingState, model: some Module, optimizer: some Optimizer
    ) throws -> URL {
        let destination = folder(step: state.step)
        let optimizerState = optimizer.state
        try DurableFiles.writeFolder(destination, replacing: true) { folder in
            try SafeTensors.write(
                model.parameters.map { ($0.path, $0.tensor) }, metadata: ["format": "pt"],
                to: folder.appendingPathComponent(Self.modelName))
            try SafeTensors.write(
                optimizerState.tensors.map { ($0.name, $0.tensor) }, metadata: [:],
                to: folder.appendingPathComponent(Self.optimizerName))
            try DurableFiles.write(
                DurableFiles.encodeJSON(
                    StateFile(
                        version: 1, configuration: configuration, state: state,
                        optimizerSteps: optimizerState.stepCount)),
                to: folder.appendingPathComponent(Self.stateName))
            var checksums: [String: String] = [:]
            for name in [Self.modelName, Self.optimizerName, Self.stateName] {
                checksums[name] = try DurableFiles.checksum(folder.appendingPathComponent(name))
            }
            try DurableFiles.write(
                DurableFiles.encodeJSON(checksums),
                to: folder.appendingPathComponent(Self.checksumsName))
        }
        removeOld(best: state.bestStep)
        return destination
    }

    private func removeOld(best: Int?) {
        // Failing to delete an old checkpoint must not end a run that goes well.
        for step in steps().dropLast(keptCount) where step != best {
            try? FileManager.default.removeItem(at: folder(step: step))
        }
    }

    /// Loads the latest checkpoint into a model and an optimizer.
    ///
    /// Where the latest is damaged, the one before it is taken.
    /// - Returns: The state, or nil if there is no checkpoint.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint` if all are damaged, or the run was
    ///   configured differently.
    public func loadLatest(
        model: inout some Module, optimizer: inout some Optimizer
    ) throws -> TrainingState? {
        var firstError: (any Error)?
        for step in steps().reversed() {
            do {
                return try load(step: step, model: &model, optimizer: &optimizer)
            } catch let error as TrainingError where error.isDamage {
                firstError = firstError ?? error
            }
        }
        if let firstError { throw firstError }
        return nil
    }

    /// Loads one checkpoint, its checksums verified first.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint`.
    public func load(
        step: Int, model: inout some Module, optimizer: inout some Optimizer
    ) throws -> TrainingState {
        let folder = folder(step: step)
        let file = try verifiedState(folder)
        guard file.configuration == configuration else {
            let names = Self.differences(file.configuration, configuration)
            throw TrainingError(
                .badCheckpoint(
                    path: folder.path,
                    problem: "it belongs to a run with another "
                        + (names.isEmpty ? "configuration" : names.joined(separator: ", ")),
                    remedy: "resume with the options it was started with, or start afresh"))
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

    /// Loads only the weights of one checkpoint.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint`.
    public func loadModel(step: Int, into model: inout some Module) throws {
        let folder = folder(step: step)
        let tensors = try SafeTensors.read(folder.appendingPathComponent(Self.modelName))
        do {
            try model.load(tensors)
        } catch {
            throw TrainingError(
                .badCheckpoint(
                    path: folder.path, problem: "its weights do not fit the model: \(error)",
                    remedy: "resume with the model it was started with"))
        }
    }

    private func verifiedState(_ folder: URL) throws -> StateFile {
        func damaged(_ problem: String) -> TrainingError {
            TrainingError(
                .badCheckpoint(
                    path: folder.path, problem: problem,
                    remedy: "delete it, and resume from an earlier one"))
        }
        do {
            let checksums = try JSONDecoder().decode(
                [String: String].self,
                from: DurableFiles.read(folder.appendingPathComponent(Self.checksumsName)))
            for name in [Self.modelName, Self.optimizerName, Self.stateName] {
                let found = try DurableFiles.checksum(folder.appendingPathComponent(name))
                guard checksums[name] == found else {
                    throw damaged("\(name) does not match its checksum")
                }
            }
            return try JSONDecoder().decode(
                StateFile.self,
                from: DurableFiles.read(folder.appendingPathComponent(Self.stateName)))
        } catch let error as TrainingError where error.code == .badCheckpoint {
            throw error
        } catch {
            throw damaged("it is incomplete (\(error))")
        }
    }

    /// Top-level names whose values differ between two JSON objects.
    package static func differences(_ a: String, _ b: String) -> [String] {
        func values(_ text: String) -> [String: JSONValue] {
            (try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))) ?? [:]
        }
        let (left, right) = (values(a), values(b))
        return Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
    }
}

extension TrainingError {
    /// Whether an earlier checkpoint may still be good.
    fileprivate var isDamage: Bool {
        if case .badCheckpoint(_, _, let remedy) = detail { return remedy.hasPrefix("delete") }
        return code == .file
    }
}

/// Any JSON value, for comparing configurations.
enum JSONValue: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
