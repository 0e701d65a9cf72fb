import ArgumentParser
import Sesame

struct PretrainNNLM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nnlm",
        abstract: "Train Bengio's neural language model, a network over the last few tokens.",
        discussion: """
            Examples:
              sesame pretrain nnlm novels --tokenizer novels
              sesame pretrain nnlm letters --tokenizer letters --context 8 --embedding 24 --direct

            Validation is on the validation documents or, where there are none, on the last tenth of the text. \
            A batch is so many windows of 64 tokens. Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = NNLMPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var tokenizer: TokenizerOptions

    @Option(help: ArgumentHelp("Tokens that are looked back at.", valueName: "n"))
    var context = Self.defaults.contextLength

    @Option(
        help: ArgumentHelp(
            "Size of random token vectors (default: \(Self.defaults.embeddingSize)).",
            valueName: "n"))
    var embedding: Int?

    @Option(help: ArgumentHelp("Size of the hidden layer.", valueName: "n"))
    var width = Self.defaults.hiddenSize

    @Flag(help: "Connect token vectors to the output directly too.")
    var direct = false

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @OptionGroup var vectors: TokenVectorArguments
    @OptionGroup var optimizer: OptimizerArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<NNLMDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: NNLMPretrainingOptions {
        var result = NNLMPretrainingOptions()
        result.contextLength = context
        if let embedding { result.embeddingSize = embedding }
        result.hiddenSize = width
        result.directConnections = direct
        result.dropoutProbability = dropout
        result.vectors = vectors.initial
        result.training = optimizer.applied(to: training.options)
        return result
    }

    func validate() throws {
        if embedding != nil && vectors.vectors != nil {
            throw ValidationError(
                "--embedding is for random vectors; those of a file have its size.")
        }
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["generate"] + $0 + ["--prompt", "The ", "--tokens", "100"] }
        ) { display in
            try pretrainNNLM(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: tokenizer.load(from: workspace),
                options: options,
                output: model.resolved(default: "\(corpus)-nnlm", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
