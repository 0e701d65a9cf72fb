import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How ``importModel(from:configuration:to:options:)`` and ``exportModel(from:to:options:)`` write.
public struct ModelWritingOptions: Sendable {
    /// How the weights are stored.
    public var storage: SafeTensors.Storage
    /// Splits weights larger than this into several files with an index; nil means one file.
    public var maxShardBytes: Int?
    /// Whether an existing folder is replaced.
    public var replacing: Bool

    /// Options; float32, one file, nothing replaced unless said otherwise.
    public init(
        storage: SafeTensors.Storage = .float32, maxShardBytes: Int? = nil, replacing: Bool = false
    ) {
        self.storage = storage
        self.maxShardBytes = maxShardBytes
        self.replacing = replacing
    }
}

/// Checks a published model and makes a model folder of it.
///
/// The weights must fit the configuration to the last name and shape, and the tokenizer's tokens must have places
/// in the model. What sentence-transformers says about pooling goes along.
/// - Parameters:
///   - source: A folder in Hugging Face's layout, or a file of weights.
///   - configuration: For a file of weights, its `config.json`; nil means the one beside it.
///   - output: The folder to write.
///   - options: How to write it.
/// - Throws: `ModelError` that lists every name which does not fit; ``TrainingError`` with code `.exists`, or
///   `.badModelFolder` for a kind of model that is not known.
public func importModel(
    from source: URL, configuration: URL? = nil, to output: URL,
    options: ModelWritingOptions = ModelWritingOptions()
) throws {
    try checkFree(output, options)
    var isFolder = false
    let values = try? source.resourceValues(forKeys: [.isDirectoryKey])
    isFolder = values?.isDirectory ?? false
    guard !isFolder else {
        return try rewrite(source, to: output, options: options, keepsRecord: true)
    }
    // A file alone: a folder of it and what lies beside it, as links, is read like any other.
    let files = FileManager.default
    let parent = source.deletingLastPathComponent()
    let temporary = files.temporaryDirectory.appendingPathComponent("sesame-\(UUID().uuidString)")
    defer { try? files.removeItem(at: temporary) }
    do {
        try files.createDirectory(at: temporary, withIntermediateDirectories: true)
        var links = [
            SafeTensors.fileName: source,
            ModelFolder.configuration: configuration
                ?? parent.appendingPathComponent(ModelFolder.configuration),
        ]
        for name in tokenizerFiles { links[name] = parent.appendingPathComponent(name) }
        for (name, target) in links where files.fileExists(atPath: target.path) {
            try files.createSymbolicLink(
                at: temporary.appendingPathComponent(name), withDestinationURL: target)
        }
    } catch {
        throw TrainingError(.file(path: temporary.path, problem: "cannot write: \(error)"))
    }
    guard files.fileExists(atPath: temporary.appendingPathComponent(SafeTensors.fileName).path)
    else {
        throw TrainingError(
            .file(path: source.path, problem: "there is no such folder or file of weights"))
    }
    try rewrite(temporary, to: output, options: options, keepsRecord: true)
}

/// Writes a model folder in Hugging Face's layout, for other programs: `config.json`, the weights,
/// `tokenizer.json` and what else belongs to the tokenizer. transformers' AutoModel and AutoTokenizer load it.
/// An n-gram model becomes a file in ARPA's format.
/// - Throws: As ``importModel(from:configuration:to:options:)``, and ``TrainingError`` with code
///   `.badModelFolder` for a kind of model that Hugging Face has not.
public func exportModel(
    from source: URL, to output: URL, options: ModelWritingOptions = ModelWritingOptions()
) throws {
    try checkFree(output, options)
    let kind = try ModelKind.of(source)
    if let export = kind.export {
        return try export(TrainedModelFolder(source), output)
    }
    let type = try ModelFolder.summary(of: source).modelType
    guard kind.publishedLayout != nil, type != GPTConfig.ownModelType else {
        throw TrainingError(
            .badModelFolder(
                path: source.path,
                problem: "Hugging Face has no model of kind \(type) to write it as",
                remedy: "use the folder as it is: its files are config.json, safetensors and "
                    + "tokenizer.json"))
    }
    try rewrite(source, to: output, options: options, keepsRecord: false)
}

private func checkFree(_ output: URL, _ options: ModelWritingOptions) throws {
    guard !options.replacing, FileManager.default.fileExists(atPath: output.path) else { return }
    throw TrainingError(.exists(path: output.path))
}

/// Names of files that a tokenizer may be read from.
private let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json",
    "merges.txt",
]

private func rewrite(
    _ source: URL, to output: URL, options: ModelWritingOptions, keepsRecord: Bool
) throws {
    let folder = try TrainedModelFolder(source)
    let model = try ModelKind.load(source)
    try DurableFiles.writeFolder(output, replacing: options.replacing) { target in
        try model.writeFiles(
            into: target, storage: options.storage, maxShardBytes: options.maxShardBytes)
        try TokenizerExport.write(folder.tokenizer, maxLength: folder.record.maxLength, to: target)
        // How an encoder's states become a sentence's vector is said beside the model.
        var names = ["sentence_bert_config.json", "modules.json", "1_Pooling"]
        if keepsRecord { names.append(TrainedModelFolder.recordName) }
        for name in names {
            let file = source.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: target.appendingPathComponent(name))
        }
    }
}
