import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The folder in which a model of word vectors is kept between steps: `model.safetensors`, `vocabulary.json` (words
/// with counts) and `state.json` (options and how far training has come).
///
/// It is written under a temporary name and renamed, so that a folder found under its name is whole.
enum VectorCheckpoint {
    private static let modelName = "model.safetensors"
    private static let vocabularyName = "vocabulary.json"
    private static let stateName = "state.json"
    private static let version = 1

    private struct Words: Codable {
        var words: [String]
        var counts: [Int]?
    }

    private struct State<Options: Codable, Position: Codable>: Codable {
        var version: Int
        var kind: String
        var options: Options
        var position: Position
    }

    static func write(
        _ folder: URL, kind: String, options: some Codable, position: some Codable,
        vocabulary: Vocabulary, tensors: [(name: String, tensor: Tensor)]
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try AtomicFolder.write(folder) { folder in
                try SafeTensors.write(tensors, to: folder.appendingPathComponent(modelName))
                let words = Words(words: vocabulary.tokens, counts: vocabulary.counts)
                try encoder.encode(words).write(to: folder.appendingPathComponent(vocabularyName))
                let state = State(
                    version: version, kind: kind, options: options, position: position)
                try encoder.encode(state).write(to: folder.appendingPathComponent(stateName))
            }
        } catch let failure as AtomicFolder.Failure {
            throw VectorError(
                .file(path: failure.path, operation: "write", reason: failure.reason))
        } catch let error as TensorError {
            throw VectorError(.below(error))
        } catch {
            throw VectorError(
                .file(path: folder.path, operation: "write", reason: fileReason(error)))
        }
    }

    static func read<Options: Codable, Position: VectorPosition>(
        _ folder: URL, kind: String, _: Options.Type, _: Position.Type
    ) throws -> (Options, Position, Vocabulary, [String: Tensor]) {
        let state = try decode(State<Options, Position>.self, folder, stateName)
        guard state.version == version, state.kind == kind else {
            throw VectorError(
                .malformed(
                    path: folder.appendingPathComponent(stateName).path, place: nil,
                    expected: "a checkpoint of \(kind), version \(version)",
                    found: "one of \(state.kind), version \(state.version)"))
        }
        if let flaw = state.position.flaw {
            throw VectorError(
                .malformed(
                    path: folder.appendingPathComponent(stateName).path,
                    place: "position.\(flaw.place)", expected: flaw.expected, found: flaw.found))
        }
        let words = try decode(Words.self, folder, vocabularyName)
        do {
            let vocabulary = try Vocabulary(tokens: words.words, counts: words.counts)
            try TrainedText.checkCounts(of: vocabulary)
            return (
                state.options, state.position, vocabulary,
                try SafeTensors.read(folder.appendingPathComponent(modelName))
            )
        } catch let error as TensorError {
            throw VectorError(.below(error))
        } catch {
            throw VectorError(
                .malformed(
                    path: folder.appendingPathComponent(vocabularyName).path, place: nil,
                    expected: "words, each once, with their counts", found: "\(error)"))
        }
    }

    /// What the folder's state says it holds.
    static func kind(of folder: URL) throws -> String {
        struct Kind: Decodable { var kind: String }
        return try decode(Kind.self, folder, stateName).kind
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ folder: URL, _ name: String
    ) throws -> Value {
        let url = folder.appendingPathComponent(name)
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw VectorError(.file(path: url.path, operation: "read", reason: fileReason(error)))
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as VectorError {
            throw error
        } catch {
            throw VectorError(
                .malformed(
                    path: url.path, place: nil, expected: "the JSON of a checkpoint of vectors",
                    found: "something else"))
        }
    }

    /// A tensor that must be there in a certain shape, with finite values.
    static func tensor(
        _ name: String, _ shape: Shape, in tensors: [String: Tensor], _ folder: URL
    ) throws(VectorError) -> Tensor {
        let path = folder.appendingPathComponent(modelName).path
        guard let tensor = tensors[name], tensor.shape == shape else {
            throw VectorError(
                .malformed(
                    path: path, place: name, expected: "shape \(shape)",
                    found: tensors[name].map { "\($0.shape)" } ?? "no such tensor"))
        }
        let isFinite = tensor.withUnsafeBufferPointer { $0.allSatisfy { $0.isFinite } }
        guard isFinite else {
            throw VectorError(
                .malformed(
                    path: path, place: name, expected: "finite values", found: "others too"))
        }
        return tensor
    }
}

/// The methods whose models are kept in folders between steps.
public enum VectorMethod: String, Sendable, Hashable, CaseIterable {
    /// A ``Word2Vec``.
    case word2vec
    /// A ``GloVe``.
    case glove

    /// Which kind of model a folder holds.
    ///
    /// - Throws: ``VectorError`` with code `.file`, or `.malformedFile` for a folder that holds neither.
    public init(folder: URL) throws {
        let kind = try VectorCheckpoint.kind(of: folder)
        guard let method = VectorMethod(rawValue: kind) else {
            throw VectorError(
                .malformed(
                    path: folder.path, place: nil, expected: "a model of word2vec or glove",
                    found: "one of another kind"))
        }
        self = method
    }
}

extension Word2Vec {
    private static let kind = VectorMethod.word2vec.rawValue

    /// Writes the model with how far it has come, a folder that appears whole or not at all; one that is there is
    /// replaced.
    ///
    /// - Throws: ``VectorError`` with code `.file`.
    public func save(to folder: URL) throws {
        let (width, stride) = (options.width, stride)
        func narrowed(_ tensor: Tensor) -> Tensor {
            tensor.withUnsafeBufferPointer {
                Self.narrowed($0, rows: 0..<tensor.shape[0], width, stride)
            }
        }
        try VectorCheckpoint.write(
            folder, kind: Self.kind, options: options, position: position, vocabulary: vocabulary,
            tensors: [("input", narrowed(input)), ("output", narrowed(output))])
    }

    /// Reads a model that ``save(to:)`` wrote. Trained on, in ``Word2VecOptions/Mode/deterministic`` mode, it
    /// gives the bits that it would have given without a stop.
    ///
    /// - Throws: ``VectorError`` with code `.file`, `.malformedFile` or `.invalidOption`.
    public init(folder: URL) throws {
        let (options, position, vocabulary, tensors) = try VectorCheckpoint.read(
            folder, kind: Self.kind, Word2VecOptions.self, Word2VecPosition.self)
        try options.validate()
        if let growths = position.treeCounts {
            let count = growths.reduce(0) { $0 + $1.count }
            guard count == vocabulary.count, TrainedText.areCounts(growths.joined()) else {
                throw VectorError(
                    .malformed(
                        path: folder.path, place: "state.json",
                        expected: "a tree of the \(vocabulary.count) words",
                        found: "one of \(count)"
                    ))
            }
        }
        let buckets = options.subwords?.bucketCount ?? 0
        let stride = Self.stride(options.width)
        self.init(
            options: options, vocabulary: vocabulary,
            input: Self.padded(
                try VectorCheckpoint.tensor(
                    "input", [vocabulary.count + buckets, options.width], in: tensors, folder),
                stride: stride),
            output: Self.padded(
                try VectorCheckpoint.tensor(
                    "output", [vocabulary.count, options.width], in: tensors, folder),
                stride: stride), position: position)
    }
}

extension GloVe {
    private static let kind = VectorMethod.glove.rawValue

    /// Writes the model with how far it has come, a folder that appears whole or not at all; one that is there is
    /// replaced.
    ///
    /// - Throws: ``VectorError`` with code `.file`.
    public func save(to folder: URL) throws {
        try VectorCheckpoint.write(
            folder, kind: Self.kind, options: options, position: position, vocabulary: vocabulary,
            tensors: [("words", words), ("contexts", contexts)])
    }

    /// Reads a model that ``save(to:)`` wrote. Trained on, it gives the bits that it would have given without a stop.
    ///
    /// - Throws: ``VectorError`` with code `.file`, `.malformedFile` or `.invalidOption`.
    public init(folder: URL) throws {
        let (options, position, vocabulary, tensors) = try VectorCheckpoint.read(
            folder, kind: Self.kind, GloVeOptions.self, GloVePosition.self)
        try options.validate()
        let shape: Shape = [vocabulary.count, 2 * Self.stride(options.width)]
        self.init(
            options: options, vocabulary: vocabulary,
            words: try VectorCheckpoint.tensor("words", shape, in: tensors, folder),
            contexts: try VectorCheckpoint.tensor("contexts", shape, in: tensors, folder),
            position: position)
    }
}
