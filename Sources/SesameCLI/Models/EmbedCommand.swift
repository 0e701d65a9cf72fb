import ArgumentParser
import Foundation
import Sesame

struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Give each line of text a vector, with a BERT-type encoder.",
        discussion: """
            Examples:
              echo 'A cat sleeps on the sofa.' | sesame embed --model models/encoder --json
              sesame embed --model models/encoder sentences.txt > vectors.tsv

            Prints a vector a line: numbers between tabs, or with --json an array. Vectors have length 1, so \
            that the product of two is their cosine.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "Files with a text a line; '-' is standard input.")
    var files = ["-"]

    @Option(
        help:
            "How the states of a text become its vector: mean or cls (default: as the model's folder says, else mean)."
    )
    var pooling: SentencePooling?

    @Flag(help: "Leave vectors as long as they are.")
    var noNormalize = false

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    /// Texts that are sorted by length together.
    private static let windowSize = 2048

    func run() throws {
        threads.apply()
        let encoder = try SentenceEncoder(modelFolder: model.url)
        var output = BufferedOutput()
        for file in files {
            var reader = try LineReader(path: file)
            var texts: [String] = []
            var isAtEnd = false
            while !isAtEnd {
                texts.removeAll(keepingCapacity: true)
                while texts.count < Self.windowSize {
                    guard let line = try reader.next() else {
                        isAtEnd = true
                        break
                    }
                    texts.append(line)
                    // What is there is answered at once, for somebody who types.
                    if !reader.hasBufferedLine { break }
                }
                let vectors = try encoder.vectors(
                    for: texts, pooling: pooling, normalized: !noNormalize,
                    precision: precision.precision)
                for vector in vectors { output.line(text(vector)) }
                output.flush()
            }
        }
    }

    private func text(_ vector: [Float]) -> String {
        let numbers = vector.lazy.map { "\($0)" }
        return format.json
            ? "[" + numbers.joined(separator: ",") + "]" : numbers.joined(separator: "\t")
    }
}
