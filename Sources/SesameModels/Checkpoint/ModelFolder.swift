import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension PretrainedModel {
    /// Writes `config.json` and `model.safetensors` into a folder, which is made where missing.
    ///
    /// Each file is written under another name, synced and then renamed, so a crash leaves the old one.
    /// Hugging Face's transformers loads the folder.
    ///
    /// - Parameters:
    ///   - folder: Where to; other files in it stay.
    ///   - storage: How the weights are stored.
    /// - Throws: ``ModelError`` with code `.folder`.
    public func save(to folder: URL, storage: SafeTensors.Storage = .float32) throws {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            var text = try encoder.encode(configuration)
            text.append(UInt8(ascii: "\n"))
            try SafeTensors.write(
                checkpointTensors(), metadata: ["format": "pt"],
                to: folder.appendingPathComponent(ModelFolder.weights),
                storage: storage)
            try text.write(
                to: folder.appendingPathComponent(ModelFolder.configuration), options: .atomic)
        } catch let error as ModelError {
            throw error
        } catch {
            throw ModelError(.folder, "cannot write a model to \(folder.path): \(error)")
        }
    }

    /// Reads a model from a folder with `config.json` and `model.safetensors`.
    ///
    /// - Throws: ``ModelError``: `.folder` if a file cannot be read, `.configuration` if `config.json` is not
    ///   this model's or out of range, `.parameters` if the weights do not fit it.
    public static func load(from folder: URL) throws -> Self {
        let configuration = try ModelFolder.configuration(Configuration.self, in: folder)
        var model = try Self(
            configuration: configuration, key: RandomKey(seed: 0, stream: 0))
        let file = folder.appendingPathComponent(ModelFolder.weights)
        let tensors: [String: Tensor]
        do {
            tensors = try SafeTensors.read(file)
        } catch {
            throw ModelError(.folder, "cannot read \(file.path): \(error)")
        }
        try model.loadCheckpoint(tensors, from: file.path)
        return model
    }
}

/// The names of a model folder's files, and what kind of model it holds.
public enum ModelFolder {
    /// `config.json`.
    public static let configuration = "config.json"
    /// `model.safetensors`.
    public static let weights = "model.safetensors"

    /// What a folder's `config.json` says about the model, without reading the weights.
    public struct Summary: Codable, Sendable, Hashable {
        /// `model_type`, for example gpt2 or bert.
        public let modelType: String
        /// `architectures`, for example GPT2LMHeadModel or BertForSequenceClassification.
        public let architectures: [String]

        enum CodingKeys: String, CodingKey {
            case modelType = "model_type"
            case architectures
        }

        /// Reads the two keys; both may be absent.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            modelType = try values.decodeIfPresent(String.self, forKey: .modelType) ?? ""
            architectures =
                try values.decodeIfPresent([String].self, forKey: .architectures) ?? []
        }

        /// Whether the folder holds a ``SequenceClassifier``.
        public var isSequenceClassifier: Bool {
            architectures.contains { $0.hasSuffix("ForSequenceClassification") }
        }
    }

    /// Reads the summary of a folder's `config.json`.
    ///
    /// - Throws: ``ModelError``.
    public static func summary(of folder: URL) throws -> Summary {
        try configuration(Summary.self, in: folder)
    }

    /// Reads a classifier's `config.json`.
    ///
    /// - Throws: ``ModelError``.
    public static func classifier(in folder: URL) throws -> SequenceClassifierConfig {
        try configuration(SequenceClassifierConfig.self, in: folder)
    }

    /// Reads a BERT's `config.json`, whatever heads the model has.
    ///
    /// - Throws: ``ModelError``.
    public static func bert(in folder: URL) throws -> BERTConfig {
        try configuration(BERTConfig.self, in: folder)
    }

    /// Reads a GPT's `config.json`, whatever heads the model has.
    ///
    /// - Throws: ``ModelError``.
    public static func gpt(in folder: URL) throws -> GPTConfig {
        try configuration(GPTConfig.self, in: folder)
    }

    static func configuration<T: Decodable>(_ type: T.Type, in folder: URL) throws -> T {
        let file = folder.appendingPathComponent(configuration)
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw ModelError(
                .folder, "cannot read \(file.path), expected a model's configuration: \(error)")
        }
        do {
            return try JSONDecoder().decode(T.self, from: data)
        } catch let error as ModelError {
            throw ModelError(error.code, "\(file.path): \(error.description)")
        } catch let error as DecodingError {
            throw ModelError(.configuration, "\(file.path): \(explain(error))")
        } catch {
            throw ModelError(.configuration, "\(file.path): \(error)")
        }
    }

    /// One line about what the JSON lacks.
    private static func explain(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the file" : path.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, _): return "the key \(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(place(context.codingPath)) has another type than expected"
        case .dataCorrupted(let context): return "\(place(context.codingPath)) is not valid JSON"
        @unknown default: return "\(error)"
        }
    }
}
