import ArgumentParser
import Foundation
import Sesame

struct VectorsOdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "odd",
        abstract: "Find the word that goes least with the others.",
        discussion: """
            Example:
              sesame vectors odd --vectors vectors.bin breakfast lunch dinner street

            Prints it alone; with --json all words with their similarity to the middle, the odd one last.
            """
    )

    @OptionGroup var vectors: VectorsOption

    @Argument(help: "Three words at least.")
    var words: [String]

    @OptionGroup var format: FormatOptions

    private struct Rank: Encodable {
        let similarity: Double
        let word: String
    }

    func validate() throws {
        if words.count < 3 { throw ValidationError("Give at least three words.") }
    }

    func run() throws {
        let search = try vectors.search()
        guard format.json else { return StandardOutput.line(try search.oddOneOut(words)) }
        try JSON.print(
            try search.centrality(of: words).map { Rank(similarity: $0.similarity, word: $0.word) })
    }
}
