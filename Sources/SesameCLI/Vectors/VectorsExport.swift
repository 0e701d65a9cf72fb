import ArgumentParser
import Foundation
import Sesame

struct VectorsExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write word vectors in another format.",
        discussion: """
            Examples:
              sesame vectors export --vectors cc.en.300.bin --format safetensors --output english.safetensors
              sesame vectors export --vectors vectors.safetensors --format glove --limit 50000 --output small.txt

            Formats: word2vec (binary), word2vec-text, glove (text without a first line) and safetensors, which \
            alone keeps counts and n-grams, and is mapped rather than read.
            """
    )

    @OptionGroup var vectors: VectorsOption

    @Option(help: "The format to write: word2vec, word2vec-text, glove or safetensors.")
    var format: VectorFormat

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Write the first n words alone (default: all).", valueName: "n"))
    var limit: Int?

    @Flag(help: "Replace a file.")
    var force = false

    @OptionGroup var threads: ThreadsOption

    @Flag(help: "Print the result as JSON, for programs to read.")
    var json = false

    private struct Result: Encodable {
        let output: String
        let width: Int
        let words: Int
    }

    func validate() throws {
        if format == .fastText {
            throw ValidationError("fastText's format is read, not written; use safetensors.")
        }
        try atLeast(1, "--limit", limit)
    }

    func run() throws {
        threads.apply()
        let url = URL(fileURLWithPath: output)
        if !force, FileManager.default.fileExists(atPath: url.path) {
            throw CommandError(
                "\(output) exists: name another file with --output, or add --force")
        }
        var table = try vectors.load()
        if let limit { table = table.prefix(limit) }
        try table.save(to: url, as: format)
        if json {
            return try JSON.print(
                Result(output: output, width: table.width, words: table.count))
        }
        StandardOutput.line(
            "\(table.count.grouped) words of \(table.width) values: \(output).")
        VectorsCommand.suggestNearest(in: table, output)
    }
}
