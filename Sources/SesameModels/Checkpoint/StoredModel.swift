import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a model folder may hold: a ``PretrainedModel``, or a model without tensors such as n-gram counts.
public protocol StoredModel: Sendable {
    /// The name of the model's type, for `architectures` in `config.json`.
    var architecture: String { get }

    /// How many numbers training has found, shared ones counted once.
    var parameterCount: Int { get }

    /// Writes `config.json` and the files of the weights into a folder that somebody else makes appear
    /// as a whole.
    ///
    /// - Parameters:
    ///   - folder: Exists, and holds none of these files.
    ///   - storage: How weights are stored.
    ///   - maxShardBytes: Splits weights larger than this into several files; nil means one file.
    func writeFiles(into folder: URL, storage: SafeTensors.Storage, maxShardBytes: Int?) throws

    /// Reads a model from its folder.
    ///
    /// - Throws: ``ModelError``.
    static func load(from folder: URL) throws -> Self
}

extension StoredModel {
    /// Writes the model's files as float32, each in one piece.
    package func writeFiles(into folder: URL) throws {
        try writeFiles(into: folder, storage: .float32, maxShardBytes: nil)
    }
}
