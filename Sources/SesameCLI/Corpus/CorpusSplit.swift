import ArgumentParser
import Sesame

struct CorpusSplit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Divide a corpus into training, validation and test documents.",
        discussion: """
            Examples:
              sesame corpus split reviews --validation 0.1 --test 0.1 --seed 7
              sesame corpus split novel --validation 0.1 --contiguous
              sesame corpus split squad --validation 0.2 --interleaved

            Documents are drawn at random, or, with --contiguous, the end of the corpus is held out: a \
            document that lies across the boundary is cut there, so that even a single long text can be \
            divided. With --interleaved they are spread evenly: for a share of 0.2, every fifth one.
            """
    )

    @Argument(help: "The name of the corpus.")
    var name: String

    @Option(
        help: ArgumentHelp("Share of the corpus for validation, from 0 to 1.", valueName: "share"))
    var validation = 0.1

    @Option(
        help: ArgumentHelp("Share of the corpus for the test, from 0 to 1.", valueName: "share"))
    var test = 0.0

    @Flag(
        help: "Hold out the end of the corpus, by characters, instead of documents drawn at random."
    )
    var contiguous = false

    @Flag(help: "With --contiguous: cut no document, let it go where it begins.")
    var wholeDocuments = false

    @Flag(help: "Hold out documents that are spread evenly over the corpus.")
    var interleaved = false

    @OptionGroup var seed: SeedOption
    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        for (option, share) in [("--validation", validation), ("--test", test)]
        where !(0..<1).contains(share) {
            throw ValidationError("\(option) must be at least 0 and below 1, not \(share).")
        }
        if validation + test >= 1 {
            throw ValidationError(
                "--validation and --test together must leave something to train on.")
        }
        if wholeDocuments && !contiguous {
            throw ValidationError("--whole-documents goes with --contiguous.")
        }
        if contiguous && interleaved {
            throw ValidationError("--contiguous and --interleaved exclude each other.")
        }
    }

    private var method: SplitMethod {
        if contiguous { return .contiguous(cutting: !wholeDocuments) }
        return interleaved ? .interleaved : .shuffled(seed: seed.seed)
    }

    func run() throws {
        let summary = try workspace.open().split(
            corpus: name, validation: validation, test: test, method: method)
        if format.json { return try JSON.print(CorpusRecord(summary)) }
        let splits = Split.allCases.map {
            "\((summary.splitCounts[$0] ?? 0).grouped) \($0.rawValue)"
        }
        StandardOutput.line("Corpus '\(name)': \(splits.joined(separator: ", ")) documents.")
        NextCommand.suggest("vocab", "build", name, "--corpus", name, workspace: workspace)
    }
}
