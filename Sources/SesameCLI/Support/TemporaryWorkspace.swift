import Foundation
import Sesame

/// A workspace that lives as long as one command, for files that are read but not kept.
enum TemporaryWorkspace {
    /// The texts of files, read and repaired the way an import reads them.
    static func read(_ paths: [String], format: CorpusFormat) throws -> [LabelledText] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let workspace = try Workspace(url: folder.appendingPathComponent("texts.sqlite"))
        try workspace.importCorpus(name: "texts", from: CorpusSource(format, paths: paths))
        let documents = try workspace.documents(corpus: "texts")
        var texts: [LabelledText] = []
        try documents.forEach {
            texts.append(LabelledText($0))
        }
        return texts
    }
}
