import ArgumentParser
import Sesame

struct PretrainNgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ngram",
        abstract: "Count n-grams with Kneser-Ney smoothing: the baseline of neural models.",
        discussion: """
            Examples:
              sesame pretrain ngram novels --tokenizer novels
              sesame pretrain ngram letters --tokenizer letters --order 8

            The training documents are counted; validation is on the validation documents or, where there are \
            none, on the last tenth of the text. 'sesame model export' writes such a model as an ARPA file.
            """
    )

    private static let defaults = NgramOptions()

    @Argument(help: "The corpus to count.")
    var corpus: String

    @OptionGroup var tokenizer: TokenizerOptions

    @Option(help: ArgumentHelp("Tokens of the longest n-gram, 1 to 16.", valueName: "n"))
    var order = Self.defaults.order

    @Option(help: "Three discounts an order (Chen and Goodman), or one (Kneser and Ney).")
    var smoothing = Self.defaults.smoothing

    @Option(
        help: ArgumentHelp(
            "One discount for all counts (default: estimated from the counts).", valueName: "x"))
    var discount: Double?

    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: NgramOptions {
        var result = NgramOptions()
        result.order = order
        result.smoothing = smoothing
        result.discount = discount
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["generate"] + $0 + ["--prompt", "The ", "--tokens", "50"] }
        ) { display in
            try trainNgram(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: tokenizer.load(from: workspace),
                options: options,
                output: model.resolved(default: "\(corpus)-ngram", workspace: workspace),
                onEvent: display.show)
        }
    }
}
