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
    /// The folder is written whole under another name, synced and then given its name, so that a crash
    /// leaves the old one. Hugging Face's transformers loads it.
    ///
    /// - Parameters:
    ///   - folder: Where to; a model that it holds is replaced, other files in it stay.
    ///   - storage: How the weights are stored.
    ///   - maxShardBytes: Splits weights larger than this into several files with an index; nil means one file.
    /// - Throws: ``ModelError`` with code `.folder`, also for a folder that holds files but no model.
    public func save(
        to folder: URL, storage: SafeTensors.Storage = .float32, maxShardBytes: Int? = nil
    ) throws {
        do {
            let others = try ModelFolder.otherFiles(in: folder)
            try AtomicFolder.write(folder) { temporary in
                try writeFiles(into: temporary, storage: storage, maxShardBytes: maxShardBytes)
                for name in others {
                    try FileManager.default.copyItem(
                        at: folder.appendingPathComponent(name),
                        to: temporary.appendingPathComponent(name))
                }
            }
        } catch let error as ModelError {
            throw error
        } catch let error as AtomicFolder.Failure {
            throw ModelError(.folder, "cannot write a model: \(error.path): \(error.reason)")
        } catch {
            throw ModelError(
                .folder, "cannot write a model to \(folder.path): \(fileReason(error))")
        }
    }

    /// Writes `config.json` and `model.safetensors`, or shards of it with an index.
    public func writeFiles(
        into folder: URL, storage: SafeTensors.Storage, maxShardBytes: Int?
    ) throws {
        try SafeTensors.write(
            checkpointTensors(), metadata: ["format": "pt"], toFolder: folder, storage: storage,
            maxShardBytes: maxShardBytes)
        try ModelFolder.write(
            configuration, architecture: architecture, storage: storage, into: folder)
    }

    /// Reads a model from a folder with `config.json`, and `model.safetensors` or shards of it with an index.
    ///
    /// - Throws: ``ModelError``: `.folder` if a file cannot be read, `.configuration` if `config.json` is not
    ///   this model's or out of range, `.parameters` if the weights do not fit it.
    public static func load(from folder: URL) throws -> Self {
        let configuration = try ModelFolder.configuration(Configuration.self, in: folder)
        try (configuration as? any SizedConfiguration)?.validate()
        let tensors: [String: Tensor]
        do {
            tensors = try SafeTensors.read(folder: folder)
        } catch {
            throw ModelError(.folder, "cannot read the weights: \(error)")
        }
        try ConfigCheck.parameters(configuration, against: tensors, in: folder.path)
        var model = try Self(
            configuration: configuration, key: RandomKey(seed: 0, stream: 0))
        try model.loadCheckpoint(tensors, from: folder.path)
        try WeightCheck.finite(model, from: folder.path)
        return model
    }
}

/// A configuration and what is only known of the model and its file.
private struct ConfigurationFile<Configuration: Encodable>: Encodable {
    let configuration: Configuration
    let architecture: String
    let storage: SafeTensors.Storage?

    enum CodingKeys: String, CodingKey {
        case architectures
        case storage = "torch_dtype"
    }

    func encode(to encoder: any Encoder) throws {
        try configuration.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode([architecture], forKey: .architectures)
        if let storage { try values.encode("\(storage)", forKey: .storage) }
    }
}

/// The names of a model folder's files, and what kind of model it holds.
public enum ModelFolder {
    /// `config.json`.
    public static let configuration = "config.json"
    /// `model.safetensors`.
    public static let weights = SafeTensors.fileName

    /// The files of a folder that saving a model there must keep.
    ///
    /// - Throws: ``ModelError`` for a folder that holds files but no model: it is not ours to replace.
    fileprivate static func otherFiles(in folder: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        guard names.isEmpty || names.contains(configuration) else {
            throw ModelError(
                .folder,
                "\(folder.path) holds files but no model (expected \(configuration)); "
                    + "choose a new folder")
        }
        return names.filter { name in
            let isWeights = name.hasPrefix("model") && name.hasSuffix(".safetensors")
            return !isWeights && name != configuration && name != SafeTensors.indexName
        }
    }

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

        /// Whether the folder holds a BERT with the heads of its pretraining, or that for masked tokens.
        public var hasPretrainingHeads: Bool {
            architectures.contains { $0.contains("PreTraining") || $0.contains("MaskedLM") }
        }

        /// Whether the folder holds a ``SequenceClassifier``.
        public var isSequenceClassifier: Bool {
            architectures.contains { $0.hasSuffix("ForSequenceClassification") }
        }

        /// Whether the folder holds a ``ChoiceClassifier``.
        public var isChoiceClassifier: Bool {
            architectures.contains { $0.hasSuffix("ForMultipleChoice") }
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

    /// Reads the `config.json` of a model for multiple choice.
    ///
    /// - Throws: ``ModelError``.
    public static func choiceClassifier(in folder: URL) throws -> ChoiceClassifierConfig {
        try configuration(ChoiceClassifierConfig.self, in: folder)
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

    /// Reads an ELMo's `config.json`.
    ///
    /// - Throws: ``ModelError``.
    public static func elmo(in folder: URL) throws -> ELMoConfig {
        try configuration(ELMoConfig.self, in: folder)
    }

    /// Writes `config.json`.
    static func write(
        _ configuration: some Encodable, architecture: String,
        storage: SafeTensors.Storage? = nil, into folder: URL
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var text = try encoder.encode(
            ConfigurationFile(
                configuration: configuration, architecture: architecture, storage: storage))
        text.append(UInt8(ascii: "\n"))
        try text.write(to: folder.appendingPathComponent(Self.configuration))
    }

    /// Reads a recurrent language model's `config.json`.
    ///
    /// - Throws: ``ModelError``.
    public static func rnn(in folder: URL) throws -> RNNConfig {
        try configuration(RNNConfig.self, in: folder)
    }

    /// Reads the `config.json` of Bengio's neural language model.
    ///
    /// - Throws: ``ModelError``.
    public static func nnlm(in folder: URL) throws -> NNLMConfig {
        try configuration(NNLMConfig.self, in: folder)
    }

    /// Reads an n-gram model's `config.json`.
    ///
    /// - Throws: ``ModelError``.
    public static func ngram(in folder: URL) throws -> NgramConfig {
        try configuration(NgramConfig.self, in: folder)
    }

    /// Reads the `config.json` of a ``RecurrentSeq2Seq``.
    ///
    /// - Throws: ``ModelError``.
    public static func recurrentSeq2Seq(in folder: URL) throws -> RecurrentSeq2SeqConfig {
        try configuration(RecurrentSeq2SeqConfig.self, in: folder)
    }

    /// Reads the `config.json` of a ``Transformer``.
    ///
    /// - Throws: ``ModelError``.
    public static func transformer(in folder: URL) throws -> TransformerConfig {
        try configuration(TransformerConfig.self, in: folder)
    }

    /// Reads the `config.json` of a ``TokenClassifier``.
    ///
    /// - Throws: ``ModelError``.
    public static func tokenClassifier(in folder: URL) throws -> TokenClassifierConfig {
        try configuration(TokenClassifierConfig.self, in: folder)
    }

    /// Reads a tagger's `config.json`.
    ///
    /// - Throws: ``ModelError``.
    public static func tagger(in folder: URL) throws -> TaggerConfig {
        try configuration(TaggerConfig.self, in: folder)
    }

    static func configuration<T: Decodable>(_ type: T.Type, in folder: URL) throws -> T {
        let file = folder.appendingPathComponent(configuration)
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw ModelError(
                .folder,
                "cannot read \(file.path), expected a model's configuration: \(fileReason(error))")
        }
        do {
            return try JSONDecoder().decode(T.self, from: data)
        } catch let error as ModelError {
            throw ModelError(error.code, "\(file.path): \(error.description)")
        } catch let error as DecodingError {
            throw ModelError(.configuration, "\(file.path): \(explain(error))")
        } catch {
            throw ModelError(.configuration, "\(file.path): \(fileReason(error))")
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
