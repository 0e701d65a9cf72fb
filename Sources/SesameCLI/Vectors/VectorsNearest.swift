import ArgumentParser
import Foundation
import Sesame

struct VectorsNearest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nearest",
        abstract: "List the words nearest to words, by cosine.",
        discussion: """
            Examples:
              sesame vectors nearest --vectors vectors.bin lisbon seven --count 5
              sesame vectors nearest --vectors vectors.bin --together red green blue
              sesame vectors nearest --vectors vectors.safetensors --limit 100000 lisbon --json

            Each word is asked for by itself, or with --together the middle of all of them. Words that the file \
            lacks take the vector of their n-grams where it has some (fastText, safetensors). A safetensors file is \
            mapped rather than read, so that millions of words need no loading.
            """
    )

    @OptionGroup var vectors: VectorsOption

    @Argument(help: "The words; '-' reads one a line from standard input.")
    var words: [String]

    @Flag(help: "Ask for the middle of the words.")
    var together = false

    @OptionGroup var search: SearchOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    private struct Answer: Encodable {
        let nearest: [NeighbourRecord]
        let words: [String]
    }

    func run() throws {
        threads.apply()
        let table = try vectors.search()
        guard !together else {
            return try show(
                words,
                try table.nearest(toCentroidOf: words, count: search.count, limit: search.limit))
        }
        for (index, word) in words.enumerated() {
            guard word == "-" else {
                try show(
                    [word], isFirst: index == 0,
                    try table.nearest(to: word, count: search.count, limit: search.limit))
                continue
            }
            var reader = try LineReader(path: "-")
            var isFirst = index == 0
            while let line = try reader.next() {
                let word = line.trimmingCharacters(in: .whitespaces)
                if word.isEmpty { continue }
                try show(
                    [word], isFirst: isFirst,
                    try table.nearest(to: word, count: search.count, limit: search.limit))
                isFirst = false
            }
        }
    }

    private func show(
        _ asked: [String], isFirst: Bool = true, _ found: [WordNeighbour]
    ) throws {
        if format.json {
            return try JSON.print(Answer(nearest: found.map(NeighbourRecord.init), words: asked))
        }
        if !isFirst { StandardOutput.line() }
        if words.count > 1 || words == ["-"] {
            StandardOutput.line("Nearest to \(asked.joined(separator: ", ")):")
        }
        NeighbourRecord.show(found, title: "similarity")
    }
}
