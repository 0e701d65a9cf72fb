// Imports text into a workspace, makes a WordPiece vocabulary from it, and shows what was learned.
//
//     swift run CorpusToVocabulary                                        # a few sentences of its own
//     swift run CorpusToVocabulary demo.sqlite ../corpora/english/*.txt   # your files, kept
//
// A workspace is one SQLite file; `sesame corpus list --workspace demo.sqlite` shows it too.

import Foundation
import SesameStore
import SesameText

@main
struct CorpusToVocabulary {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments.isEmpty {
                try runInTemporaryFolder()
            } else {
                try run(path: arguments[0], files: Array(arguments.dropFirst()))
            }
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Without arguments: a workspace that is gone afterwards, and documents made by the program.
    static func runInTemporaryFolder() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let workspace = try Workspace(path: folder.appendingPathComponent("demo.sqlite").path)
        let sentences = [
            "The baker weighs the flour and warms the water.",
            "While the dough is resting, the baker is cleaning the tables.",
            "A rested dough is easier to shape than a dough which has not rested.",
            "The oven is warmed before the loaves are shaped.",
        ]
        let summary = try workspace.importCorpus(
            name: "demo", documents: sentences.map { NewDocument($0) })
        try makeVocabulary(in: workspace, of: summary, size: 150)
    }

    static func run(path: String, files: [String]) throws {
        let workspace = try Workspace(path: path)
        // Every paragraph is a document. A second run replaces what the first one made.
        let summary = try workspace.importCorpus(
            name: "demo", from: CorpusSource(.text(unit: .paragraph), paths: files),
            options: ImportOptions(existing: .replace))
        try makeVocabulary(in: workspace, of: summary, size: 4000)
    }

    static func makeVocabulary(
        in workspace: Workspace, of corpus: CorpusSummary, size: Int
    ) throws {
        print("\(corpus.documentCount) documents, \(corpus.byteCount) bytes")

        // The trainer counts words as documents stream by, so a corpus may be larger than memory.
        var trainer = WordPieceTrainer(maximumSize: size, lowercase: true)
        try workspace.documents(corpus: corpus.name).forEach { trainer.add($0.text) }

        // Vocabularies live beside their corpora, with counts.
        try workspace.saveVocabulary(
            trainer.makeTokenizer(), name: "demo", corpus: corpus.name, replacing: true)
        let tokenizer = try workspace.tokenizer(named: "demo")
        print("\(tokenizer.vocabulary.count) tokens, fingerprint \(tokenizer.fingerprint)")

        let counts = tokenizer.vocabulary.counts ?? []
        let frequent = counts.indices.sorted { (counts[$0], $1) > (counts[$1], $0) }.prefix(10)
        for id in frequent {
            print("  \(counts[id])\t\(tokenizer.vocabulary.token(Int32(id)))")
        }
        let example = "The baker is shaping a warm loaf."
        print(tokenizer.encode(example).tokens.joined(separator: " "))
    }
}
