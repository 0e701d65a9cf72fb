import ArgumentParser
import Sesame

struct PretrainRNN: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rnn",
        abstract: "Train a recurrent language model: RNN, GRU or LSTM.",
        discussion: """
            Examples:
              sesame pretrain rnn novels --tokenizer novels
              sesame pretrain rnn letters --tokenizer letters --cell gru --width 256 --context 100
              sesame pretrain rnn novels --tokenizer novels --tied --dropout 0.4 --variational \\
                --optimizer sgd --learning-rate 20 --clip 0.25 --schedule constant --plateau-decay 0.25

            The training documents are one stream of tokens, which the rows of a batch read from beginning to \
            end with the state carried on (--order sequential), or in windows at random places. Validation is on the \
            validation documents or, where there are none, on the last tenth of the stream. Ctrl-C leaves \
            a checkpoint.
            """
    )

    private static let defaults = RNNPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var tokenizer: TokenizerOptions

    @Option(help: "What a step of the network does.")
    var cell = Self.defaults.cell

    @Option(help: ArgumentHelp("Recurrent layers.", valueName: "n"))
    var layers = Self.defaults.layerCount

    @Option(help: ArgumentHelp("Size of the states.", valueName: "n"))
    var width = Self.defaults.hiddenSize

    @Option(
        help: ArgumentHelp(
            "Size of the token vectors (default: the output's).", valueName: "n"))
    var embedding: Int?

    @Option(
        help: ArgumentHelp("Size an LSTM's output is projected to (default: none).", valueName: "n")
    )
    var projection: Int?

    @Flag(help: "Add each layer's input to its output, from the second on.")
    var residual = false

    @Flag(help: "Let the output share the token vectors.")
    var tied = false

    @Option(
        help: ArgumentHelp(
            "Tokens a row of a batch: how far gradients go back.", valueName: "n"))
    var context = Self.defaults.contextLength

    @Option(help: "How the text is cut into batches.")
    var order = Self.defaults.order

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @Flag(help: "One dropout mask for all tokens of a row.")
    var variational = false

    @OptionGroup var vectors: TokenVectorArguments
    @OptionGroup var optimizer: OptimizerArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<RNNDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: RNNPretrainingOptions {
        var result = RNNPretrainingOptions()
        result.cell = cell
        result.layerCount = layers
        result.hiddenSize = width
        result.embeddingSize = embedding
        result.projectionSize = projection
        result.residual = residual
        result.tiesEmbeddings = tied
        result.contextLength = context
        result.order = order
        result.dropoutProbability = dropout
        result.variationalDropout = variational
        result.vectors = vectors.initial
        result.training = optimizer.applied(to: training.options)
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["generate"] + $0 + ["--prompt", "The ", "--tokens", "100"] }
        ) { display in
            try pretrainRNN(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: tokenizer.load(from: workspace),
                options: options,
                output: model.resolved(default: "\(corpus)-rnn", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}

/// The choice of optimizer, for the commands that have one.
struct OptimizerArguments: ParsableArguments {
    @Option(help: "What turns gradients into steps.")
    var optimizer: OptimizerChoice = .adamW

    @Option(help: ArgumentHelp("SGD's momentum.", valueName: "x"))
    var momentum: Float = 0

    @Option(
        help: ArgumentHelp(
            "Multiply the learning rate by this after an evaluation that is no better (default: never).",
            valueName: "x"))
    var plateauDecay: Float?

    /// The options with this choice.
    func applied(to options: TrainingOptions) -> TrainingOptions {
        var result = options
        if optimizer != .adamW { result.optimizer = optimizer }
        if momentum != 0 { result.momentum = momentum }
        result.plateauDecay = plateauDecay.map { PlateauDecay(factor: $0) }
        return result
    }
}
