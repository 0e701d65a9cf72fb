import Foundation
import Sesame

/// A workspace that lives as long as one command, for files that are read but not kept.
enum TemporaryWorkspace {
    /// The texts of files, read and repaired the way an import reads them.
    static func read(_ paths: [String], format: CorpusFormat) throws -> [LabelledText] {
        try with(paths, format: format) { workspace, corpus in
            let documents = try workspace.documents(corpus: corpus)
            var texts: [LabelledText] = []
            try documents.forEach {
                texts.append(LabelledText($0))
            }
            return texts
        }
    }

    /// Calls `body` with a workspace that holds the files as one corpus, and the corpus's name.
    static func with<Result>(
        _ paths: [String], format: CorpusFormat,
        _ body: (_ workspace: Workspace, _ corpus: String) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let workspace = try Workspace(url: folder.appendingPathComponent("texts.sqlite"))
        try workspace.importCorpus(name: "texts", from: CorpusSource(format, paths: paths))
        return try body(workspace, "texts")
    }
}
