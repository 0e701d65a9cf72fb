import ArgumentParser
import Foundation
import Sesame

struct VectorsSimilarity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similarity",
        abstract: "Print how alike two words are: the cosine of their vectors.",
        discussion: """
            Example:
              sesame vectors similarity --vectors vectors.bin coast shore
            """
    )

    @OptionGroup var vectors: VectorsOption

    @Argument(help: "One word.")
    var first: String

    @Argument(help: "The other word.")
    var second: String

    @OptionGroup var format: FormatOptions

    func run() throws {
        let similarity = try vectors.search().similarity(first, second)
        StandardOutput.line(
            format.json ? try JSON.line(["similarity": similarity]) : similarity.fixed(4))
    }
}
