import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a model's word vectors come from.
public enum WordVectorSource: Sendable, Hashable, Codable {
    /// They are drawn at random and learnt with the task.
    case random
    /// A file of word2vec's or GloVe's format, which the task goes on to train unless they are frozen.
    case file(String)
    /// The folder of a model that gives words vectors in their sentence. It is not trained with the task, which
    /// learns how to mix its layers.
    case model(String)

    /// As a user writes it: `random`, or the path of a file or folder.
    public init(argument: String) {
        self =
            argument == "random"
            ? .random : Self.isFolder(argument) ? .model(argument) : .file(argument)
    }

    private static func isFolder(_ path: String) -> Bool {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
    }

    /// What the result depends on, for refusing to resume with other vectors.
    func dependency() throws -> String {
        switch self {
        case .random: "random"
        case .file(let path): try DurableFiles.checksum(URL(fileURLWithPath: path))
        case .model(let path):
            try DurableFiles.checksum(weightsIn: URL(fileURLWithPath: path))
        }
    }

    /// The vectors in context, where the source is a model.
    func contextVectors() throws -> (any ContextVectors)? {
        guard case .model(let path) = self else { return nil }
        return try ModelKind.contextVectors(in: URL(fileURLWithPath: path))
    }

    /// The folder, within that of a model which mixes vectors in context, of the model that gives them.
    static let contextFolder = "context"

    /// Copies the model of vectors in context into the folder of the model that needs it.
    func copyContextModel(into folder: URL) throws {
        guard case .model(let path) = self else { return }
        let target = folder.appendingPathComponent(Self.contextFolder)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        let source = URL(fileURLWithPath: path)
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            let file = source.appendingPathComponent(name)
            guard !Self.isFolder(file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: target.appendingPathComponent(name))
        }
    }

    /// The vectors in context of a folder that ``copyContextModel(into:)`` was called with.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` where the copy gives other sizes than the model
    ///   was trained with.
    static func contextVectors(
        inModel folder: URL, layerCount: Int, size: Int
    ) throws -> any ContextVectors {
        let copy = folder.appendingPathComponent(contextFolder)
        let vectors = try ModelKind.contextVectors(in: copy)
        guard vectors.layerCount == layerCount, vectors.size == size else {
            throw TrainingError(
                .badModelFolder(
                    path: copy.path,
                    problem: "it gives \(vectors.layerCount) layers of \(vectors.size) values, but "
                        + "the model beside it was trained with \(layerCount) of \(size)",
                    remedy: "put the right one back, or train the model again"))
        }
        return vectors
    }
}
