import ArgumentParser
import Foundation
import Sesame

struct VectorsAnalogy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analogy",
        abstract: "Answer: a is to b as c is to which word?",
        discussion: """
            Examples:
              sesame vectors analogy --vectors vectors.bin man king woman
              sesame vectors analogy --vectors vectors.bin paris france rome --method mul --json

            The answer is near to b and c and far from a: by the sum of the vectors (add: 3CosAdd), or by the \
            product and quotient of similarities (mul: 3CosMul).
            """
    )

    @OptionGroup var vectors: VectorsOption

    @Argument(help: "The word a.")
    var a: String

    @Argument(help: "The word b.")
    var b: String

    @Argument(help: "The word c.")
    var c: String

    @Option(help: "How vectors are put together.")
    var method = AnalogyMethod.addition

    @OptionGroup var search: SearchOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    func run() throws {
        threads.apply()
        let found = try vectors.search().analogy(
            a, isTo: b, as: c, by: method, count: search.count, limit: search.limit)
        if format.json { return try JSON.print(found.map(NeighbourRecord.init)) }
        NeighbourRecord.show(found, title: method == .addition ? "similarity" : "score")
    }
}
