import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model folder as training leaves it, `config.json`, `model.safetensors`, `tokenizer.json` and
/// `training.json`, or a published one without the last, whose task `config.json` tells.
public struct TrainedModelFolder: Sendable {
    /// The folder.
    public let url: URL
    /// What the model is for.
    public let record: TrainingRecord
    /// The tokenizer it was trained with; of a translation model the targets'.
    public let tokenizer: Tokenizer
    /// The tokenizer of the sources, where a translation model has another for them.
    public let sourceTokenizer: Tokenizer?

    /// Whether training here has written the folder, rather than somebody else's program.
    public let isTrainedHere: Bool

    /// `tokenizer.json`.
    public static let tokenizerName = "tokenizer.json"
    /// `source_tokenizer.json`.
    public static let sourceTokenizerName = "source_tokenizer.json"
    /// `training.json`.
    public static let recordName = "training.json"

    /// Opens a folder; the weights are read by ``load(_:)``.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` if a file is missing or unreadable.
    public init(_ url: URL) throws {
        self.url = url
        let configuration = url.appendingPathComponent(ModelFolder.configuration)
        guard FileManager.default.fileExists(atPath: configuration.path) else {
            let files = FileManager.default
            let isFolder = (try? files.contentsOfDirectory(atPath: url.path)) != nil
            throw TrainingError(
                .badModelFolder(
                    path: url.path,
                    problem: isFolder
                        ? "\(ModelFolder.configuration) is missing"
                        : files.fileExists(atPath: url.path)
                            ? "this is a file" : "there is nothing of this name",
                    remedy: "give a folder that sesame has written, or a published model's"))
        }
        let recordURL = url.appendingPathComponent(Self.recordName)
        guard FileManager.default.fileExists(atPath: recordURL.path) else {
            tokenizer = try Tokenizer.load(folder: url)
            record = try TrainingRecord(publishedIn: url, tokenizer: tokenizer)
            isTrainedHere = false
            sourceTokenizer = nil
            try checkVocabulary()
            return
        }
        isTrainedHere = true
        do {
            record = try DurableFiles.decodeJSON(
                TrainingRecord.self, from: DurableFiles.read(recordURL))
        } catch {
            throw TrainingError(
                .badModelFolder(
                    path: url.path,
                    problem: "\(Self.recordName) cannot be read (\(fileReason(error)))",
                    remedy: "train the model again"))
        }
        guard record.formatVersion <= 1 else {
            throw TrainingError(
                .badModelFolder(
                    path: url.path,
                    problem: "\(Self.recordName) has version \(record.formatVersion), known is 1",
                    remedy: "use a newer version of sesame"))
        }
        tokenizer = try Tokenizer.load(folder: url)
        sourceTokenizer =
            try record.sourceTokenizerFingerprint == nil
            ? nil : Tokenizer.load(url.appendingPathComponent(Self.sourceTokenizerName))
        try checkVocabulary()
        try check(tokenizer, is: record.tokenizerFingerprint, Self.tokenizerName)
        if let sourceTokenizer, let expected = record.sourceTokenizerFingerprint {
            try check(sourceTokenizer, is: expected, Self.sourceTokenizerName)
        }
    }

    /// With another vocabulary every id would mean another token, and nothing would say so.
    private func check(_ tokenizer: Tokenizer, is expected: String, _ name: String) throws {
        let found = tokenizer.fingerprint
        guard expected != found else { return }
        throw TrainingError(
            .badModelFolder(
                path: url.path,
                problem: "\(name) is not the one it was trained with (expected \(expected), found "
                    + "\(found))", remedy: "put the right one back, or train the model again"))
    }

    /// A tokenizer may know fewer tokens than the model has places for, but no more.
    private func checkVocabulary() throws {
        let size = try ModelKind.of(url).sizes(url).vocabularySize
        guard tokenizer.vocabulary.count > size else { return }
        throw TrainingError(
            .badModelFolder(
                path: url.path,
                problem: "its tokenizer has \(tokenizer.vocabulary.count) tokens, "
                    + "but the model has places for \(size) (vocab_size)",
                remedy: "use the tokenizer that belongs to the model"))
    }

    /// Reads configuration and weights.
    /// - Throws: What the model's loading throws.
    public func load<Model: StoredModel>(_ type: Model.Type) throws -> Model {
        try Model.load(from: url)
    }

    /// Checks that the model does one of some tasks.
    /// - Throws: ``TrainingError`` with code `.badModelFolder`.
    public func require(_ tasks: TrainingRecord.Task..., for use: String) throws {
        try require(tasks, for: use)
    }

    func require(_ tasks: [TrainingRecord.Task], for use: String) throws {
        guard !tasks.contains(record.task) else { return }
        throw TrainingError(
            .badModelFolder(
                path: url.path,
                problem: "\(use) needs a model that "
                    + tasks.map(\.purpose).joined(separator: " or ")
                    + ", but this one \(record.task.purpose)",
                remedy: "choose another folder"))
    }

    /// Writes a folder, whole or not at all.
    /// - Throws: ``TrainingError`` with code `.exists` if it exists and may not be replaced.
    public static func write(
        _ model: some StoredModel, tokenizer: Tokenizer, sourceTokenizer: Tokenizer? = nil,
        record: TrainingRecord, to url: URL, replacing: Bool = false
    ) throws {
        try write(
            model, tokenizer: tokenizer, sourceTokenizer: sourceTokenizer, record: record, to: url,
            replacing: replacing, alongside: { _ in })
    }

    /// The same with what `alongside` puts into the folder before it appears.
    static func write(
        _ model: some StoredModel, tokenizer: Tokenizer, sourceTokenizer: Tokenizer?,
        record: TrainingRecord, to url: URL, replacing: Bool, alongside: (URL) throws -> Void
    ) throws {
        try DurableFiles.writeFolder(url, replacing: replacing) { folder in
            try model.writeFiles(into: folder)
            try tokenizer.save(to: folder.appendingPathComponent(tokenizerName))
            try sourceTokenizer?.save(to: folder.appendingPathComponent(sourceTokenizerName))
            try DurableFiles.write(
                DurableFiles.encodeJSON(record), to: folder.appendingPathComponent(recordName))
            try alongside(folder)
        }
    }
}
