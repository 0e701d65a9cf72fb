import ArgumentParser
import Foundation
import Sesame

struct VectorsSentences: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sentences",
        abstract: "Give each line of text a vector, made of those of its words.",
        discussion: """
            Examples:
              echo 'a cat sleeps' | sesame vectors sentences --vectors vectors.safetensors --json
              sesame vectors sentences --vectors vectors.safetensors --method sif sentences.txt > vectors.tsv

            Prints a vector a line: numbers between tabs, or with --json an array. mean is the mean of the words' \
            vectors; sif (smooth inverse frequency) lets frequent words weigh less and takes away what all lines \
            have in common. How frequent words are stands in a safetensors file that was trained here, and is else \
            counted in the text itself. Words stand between spaces; those without a vector are left out.
            """
    )

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case mean, sif
    }

    @OptionGroup var vectors: VectorsOption

    @Argument(help: "Files with a text a line; '-' is standard input.")
    var files = ["-"]

    @Option(help: "How words' vectors are put together: mean or sif.")
    var method = Method.mean

    @Option(help: ArgumentHelp("sif: smaller lets frequent words weigh less.", valueName: "number"))
    var a = 1e-3

    @Flag(help: "Turn text into lower case.")
    var lowercase = false

    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    func validate() throws {
        if !(a > 0 && a.isFinite) { throw ValidationError("--a must be above 0, not \(a).") }
        if files.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("Standard input can be read once.")
        }
    }

    func run() throws {
        threads.apply()
        let table = try vectors.load()
        var output = BufferedOutput()
        guard method == .sif else {
            let sentences = try SentenceVectors(table)
            return try forEachLine { output.line(text(sentences.vector(of: $0))) }
        }
        var lines: [[String]] = []
        try forEachLine { lines.append($0) }
        var sentences = try SentenceVectors(
            table, method: .smoothInverseFrequency(a: a),
            counts: table.vocabulary.counts ?? counted(lines, table))
        sentences.fit(lines)
        for line in lines { output.line(text(sentences.vector(of: line))) }
    }

    private func forEachLine(_ body: ([String]) -> Void) throws {
        for file in files {
            var reader = try LineReader(path: file)
            while let line = try reader.next() {
                body(
                    (lowercase ? line.lowercased() : line)
                        .split(whereSeparator: \.isWhitespace).map(String.init))
            }
        }
    }

    /// How often each of the table's words is in the text.
    private func counted(_ lines: [[String]], _ table: VectorTable) -> [Int] {
        var counts = [Int](repeating: 0, count: table.count)
        for word in lines.joined() {
            if let row = table.row(of: word) { counts[row] += 1 }
        }
        return counts
    }

    private func text(_ vector: [Float]) -> String {
        let numbers = vector.lazy.map { "\($0)" }
        return format.json
            ? "[" + numbers.joined(separator: ",") + "]" : numbers.joined(separator: "\t")
    }
}
