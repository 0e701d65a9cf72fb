import ArgumentParser
import Foundation
import Sesame

/// The workspace: import, vocabularies, random reads and tokenized streams.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Times a workspace in a temporary folder on a text file, a document a paragraph.",
        discussion: "Example: sesame-bench store --text novels.txt")

    @Option(help: "The text file to import (UTF-8).")
    var text: String

    @Option(help: "A document is a paragraph, a line or the file.")
    var unit: TextUnit = .paragraph

    @OptionGroup var measurement: MeasurementOptions

    func run() throws {
        measurement.apply()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "sesame-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let workspace = try Workspace(path: folder.appendingPathComponent("w.sqlite").path)

        let corpus = try importing(into: workspace)
        try vocabularies(in: workspace, corpus: corpus)
        try randomReads(in: workspace)
        try streams(in: workspace)
    }

    private func importing(into workspace: Workspace) throws -> CorpusSummary {
        let source = CorpusSource(.text(unit: unit), paths: [text])
        let options = ImportOptions(existing: .replace)
        var summary: CorpusSummary?
        let times = try measurement.times {
            summary = try workspace.importCorpus(name: "text", from: source, options: options)
        }
        guard let summary else { throw ValidationError("nothing was imported") }
        let megabytes = Double(summary.byteCount) / 1e6
        var line = MeasurementLine(
            name: "store.import", amount: megabytes, unit: "MB/s", times: times)
        line.add("documents", Double(summary.documentCount))
        line.add("seconds", times[times.count / 2])
        line.printed()

        var read = 0
        let scans = try measurement.times {
            read = 0
            try workspace.documents(corpus: "text").forEach { read += $0.text.utf8.count }
        }
        guard read == summary.byteCount else {
            throw ValidationError("read \(read) bytes, expected \(summary.byteCount)")
        }
        MeasurementLine(name: "store.scan", amount: megabytes, unit: "MB/s", times: scans).printed()
        return summary
    }

    private func vocabularies(in workspace: Workspace, corpus: CorpusSummary) throws {
        var trainer = try WordTrainer()
        try workspace.documents(corpus: corpus.name).forEach { trainer.add($0.text) }
        let tokenizer = try trainer.makeTokenizer()
        let count = Double(tokenizer.vocabulary.count)
        let writes = try measurement.times {
            try workspace.saveVocabulary(tokenizer, name: "words", replacing: true)
        }
        var line = MeasurementLine(
            name: "store.vocabulary.write", amount: count, unit: "tokens/s", times: writes)
        line.add("tokens", count)
        line.printed()

        var loaded = 0
        let loads = try measurement.times {
            loaded = try workspace.tokenizer(named: "words").vocabulary.count
        }
        guard Double(loaded) == count else {
            throw ValidationError("loaded \(loaded) tokens, expected \(Int(count))")
        }
        MeasurementLine(
            name: "store.vocabulary.load", amount: count, unit: "tokens/s", times: loads
        ).printed()

        var random = RandomGenerator(key: RandomKey(seed: 1))
        let wanted = (0..<1000).map { _ in
            tokenizer.vocabulary.token(Int32(random.next(below: tokenizer.vocabulary.count)))
        }
        var found = 0
        let lookups = try measurement.times {
            for token in wanted where try workspace.token(token, vocabulary: "words") != nil {
                found += 1
            }
        }
        guard found > 0, found % wanted.count == 0 else {
            throw ValidationError("a token that the vocabulary holds was not found")
        }
        MeasurementLine(
            name: "store.lookup", amount: Double(wanted.count), unit: "lookups/s", times: lookups
        ).printed()
    }

    private func randomReads(in workspace: Workspace) throws {
        let ids = try workspace.documentIDs(corpus: "text")
        var random = RandomGenerator(key: RandomKey(seed: 2))
        let chosen = (0..<4096).map { _ in ids[random.next(below: ids.count)] }
        var byteCount = 0
        let times = try measurement.times {
            // Batches as a trainer reads them.
            for start in stride(from: 0, to: chosen.count, by: 64) {
                for document in try workspace.documents(ids: chosen[start..<start + 64]) {
                    byteCount += document.text.utf8.count
                }
            }
        }
        guard byteCount > 0 else { throw ValidationError("the documents read hold no text") }
        MeasurementLine(
            name: "store.read", amount: Double(chosen.count), unit: "documents/s", times: times
        ).printed()
    }

    private func streams(in workspace: Workspace) throws {
        // The text's bytes stand for tokens: the tokenizer's time is another benchmark's.
        let start = ContinuousClock.now
        let stream = try workspace.tokenStream(
            corpus: "text", split: nil, fingerprint: "bytes", vocabularySize: 256
        ) { batch in batch.map { $0.text.utf8.map { Int32($0) } } }
        MeasurementLine(
            name: "store.stream.write", amount: Double(stream.count), unit: "tokens/s",
            times: [(ContinuousClock.now - start).inSeconds]
        ).printed()

        var sum = 0
        let loads = try measurement.times { sum = try stream.ids().reduce(0) { $0 &+ Int($1) } }
        guard sum > 0 else { throw ValidationError("the stream holds no tokens") }
        MeasurementLine(
            name: "store.stream.load", amount: Double(stream.count), unit: "tokens/s", times: loads
        ).printed()

        let length = min(128, stream.count)
        var random = RandomGenerator(key: RandomKey(seed: 3))
        let starts = (0..<1000).map { _ in random.next(below: stream.count - length + 1) }
        var read = 0
        let windows = try measurement.times {
            for start in starts { read += try stream.ids(in: start..<start + length).count }
        }
        guard read > 0 else { throw ValidationError("the windows hold no tokens") }
        MeasurementLine(
            name: "store.stream.window", amount: Double(starts.count), unit: "windows/s",
            times: windows
        ).printed()
    }
}

extension TextUnit: ExpressibleByArgument {}
