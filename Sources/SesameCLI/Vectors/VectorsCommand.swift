import ArgumentParser
import Foundation
import Sesame

struct VectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Word vectors: train, ask, evaluate, map and convert them; find phrases.",
        discussion: """
            Examples:
              sesame vectors train sentences.txt --lowercase --output vectors.safetensors
              sesame vectors nearest --vectors vectors.safetensors lisbon
            """,
        subcommands: [
            VectorsTrain.self, VectorsNearest.self, VectorsAnalogy.self, VectorsSimilarity.self,
            VectorsOdd.self,
            VectorsEvaluate.self, VectorsPhrases.self, VectorsMap.self, VectorsExport.self,
            VectorsSentences.self,
        ]
    )

    /// Suggests to look at a file of vectors, by a word of it that is neither very frequent nor an option's name.
    static func suggestNearest(in table: VectorTable, _ file: String) {
        let rows = min(100, table.count / 2)..<min(1000, table.count)
        let words = rows.lazy.map(table.word)
        let word = words.first { $0.allSatisfy(\.isLetter) } ?? words.first { $0.first != "-" }
        guard let word else { return }
        NextCommand.suggest("vectors", "nearest", "--vectors", file, word)
    }
}

extension VectorFormat: ExpressibleByArgument {}

extension AnalogyMethod: ExpressibleByArgument {}

extension PhraseOptions.Score: ExpressibleByArgument {}

/// Which file of word vectors to use.
struct VectorsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file of word vectors: word2vec text or binary, GloVe text, fastText .bin, or safetensors.",
            valueName: "file"))
    var vectors: String

    @Option(help: "The file's format (default: as its first bytes show).")
    var vectorsFormat: VectorFormat?

    func load() throws -> VectorTable {
        let table = try VectorTable.load(URL(fileURLWithPath: vectors), format: vectorsFormat)
        if table.repeatedRowCount > 0 {
            StandardError.write(
                "\(vectors): \(table.repeatedRowCount.counted("row")) left out: an earlier row has the same word.\n"
            )
        }
        return table
    }

    func search() throws -> VectorSearch { VectorSearch(try load()) }
}

/// How much of a table to go through, and how many words to find.
struct SearchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many words to find.", valueName: "n"))
    var count = 10

    @Option(
        help: ArgumentHelp(
            "Search the first n words of the file alone, which are the most frequent by custom (default: all).",
            valueName: "n"))
    var limit: Int?

    func validate() throws {
        try atLeast(1, "--count", count)
        try atLeast(1, "--limit", limit)
    }
}

/// A word found, as it is printed.
struct NeighbourRecord: Encodable {
    let similarity: Float
    let word: String

    init(_ neighbour: WordNeighbour) {
        similarity = neighbour.similarity
        word = neighbour.word
    }

    static func show(_ neighbours: [WordNeighbour], title: String) {
        var table = TextTable([("word", .left), (title, .right)])
        for neighbour in neighbours {
            table.add(neighbour.word, Double(neighbour.similarity).fixed(4))
        }
        table.print()
    }
}
