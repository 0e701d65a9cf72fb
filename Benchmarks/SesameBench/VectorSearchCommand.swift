import ArgumentParser
import Foundation
import Sesame

/// Loading and searching a large table of word vectors.
struct VectorSearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vector-search",
        abstract: "Times loading a table of word vectors, and the nearest words among all of it.",
        discussion: """
            Example: sesame-bench vector-search --words 1000000 --width 100 --threads 2

            Random vectors are written to the folder in every format, loaded (from memory that the system \
            keeps of the file) and searched. Files are removed at the end.
            """)

    @Option(help: "How many words.")
    var words = 1_000_000

    @Option(help: "How many values a vector has.")
    var width = 100

    @Option(help: "Where files are written.")
    var folder = FileManager.default.temporaryDirectory.path

    @Flag(help: "Text formats too, which take gigabytes.")
    var text = false

    @OptionGroup var measurement: MeasurementOptions

    func run() throws {
        measurement.apply()
        let folder = URL(fileURLWithPath: folder).appendingPathComponent(
            "sesame-vectors-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let table = VectorTable(
            vocabulary: try Vocabulary(tokens: (0..<words).map { "word\($0)" }),
            values: Tensor.uniform([words, width], in: -1..<1, key: RandomKey(seed: 1)))
        let formats: [VectorFormat] =
            [.word2vecBinary, .safetensors] + (text ? [.word2vecText, .gloveText] : [])
        for format in formats {
            let file = folder.appendingPathComponent("vectors")
            try table.save(to: file, as: format)
            var loaded: VectorTable?
            let times = try measurement.times {
                loaded = nil
                loaded = try VectorTable.load(file)
            }
            line("load.\(format.rawValue)", seconds: times)
            guard let loaded, format == .word2vecBinary || format == .safetensors else { continue }
            let measuring = measurement.times { _ = VectorSearch(loaded) }
            line("lengths.\(format.rawValue)", seconds: measuring)
            let search = VectorSearch(loaded)
            var word = 0
            let nearest = try measurement.times {
                _ = try search.nearest(to: "word\(word)", count: 10)
                word = (word + 7919) % words
            }
            line("nearest.\(format.rawValue)", seconds: nearest)
        }
    }

    private func line(_ name: String, seconds times: [Double]) {
        var line = MeasurementLine(name: name, amount: 1, unit: "calls/s", times: times)
        line.add("milliseconds", times[times.count / 2] * 1000)
        line.add("words", Double(words))
        line.add("width", Double(width))
        line.printed()
    }
}
