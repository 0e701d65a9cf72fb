import ArgumentParser
import Sesame

struct PretrainGPT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpt",
        abstract: "Train a GPT to predict the next token.",
        discussion: """
            Examples:
              sesame pretrain gpt novels --tokenizer novels
              sesame pretrain gpt novels --tokenizer novels --layers 6 --width 384 --context 256 --minutes 20

            The training documents are one stream of tokens; validation is on the validation documents \
            or, where there are none, on the last tenth of the stream. Ctrl-C leaves a checkpoint.
            """
    )

    enum BandedLayers: String, CaseIterable, ExpressibleByArgument { case alternating, all }

    private static let defaults = GPTPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var tokenizer: TokenizerOptions

    @OptionGroup var size: SizeArguments<GPTDefaults>

    @Option(
        help: ArgumentHelp(
            "Let layers look back over this many tokens only, which makes long contexts cheap (default: no limit).",
            valueName: "n"))
    var band: Int?

    @Option(
        help: "Which layers --band is for; alternating leaves the first, third and so on dense.")
    var bandedLayers: BandedLayers = .alternating

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @OptionGroup var vectors: TokenVectorArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<GPTDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: GPTPretrainingOptions {
        var result = GPTPretrainingOptions()
        let sizes = size.sizes
        result.layerCount = sizes.layers
        result.headCount = sizes.heads
        result.hiddenSize = sizes.width
        result.contextLength = sizes.context
        // More layers than these are refused, band or not.
        let count = min(max(0, sizes.layers), 1 << 12)
        result.band = band.map {
            bandedLayers == .all
                ? .everywhere(width: $0, layerCount: count)
                : .alternating(width: $0, layerCount: count)
        }
        result.dropoutProbability = dropout
        result.vectors = vectors.initial
        result.training = training.options
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["generate"] + $0 + ["--prompt", "The ", "--tokens", "200"] }
        ) { display in
            try pretrainGPT(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: tokenizer.load(from: workspace),
                options: options,
                output: model.resolved(default: "\(corpus)-gpt", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
