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

    private static let defaults = GPTPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var tokenizer: TokenizerOptions

    @Option(help: ArgumentHelp("Transformer blocks.", valueName: "n"))
    var layers = Self.defaults.layerCount

    @Option(help: ArgumentHelp("Attention heads a block; they divide the width.", valueName: "n"))
    var heads = Self.defaults.headCount

    @Option(help: ArgumentHelp("Size of the hidden states.", valueName: "n"))
    var width = Self.defaults.hiddenSize

    @Option(help: ArgumentHelp("Tokens the model looks at.", valueName: "n"))
    var context = Self.defaults.contextLength

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @OptionGroup(title: "Training options") var training: TrainingArguments<GPTDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: GPTPretrainingOptions {
        var result = GPTPretrainingOptions()
        result.layerCount = layers
        result.headCount = heads
        result.hiddenSize = width
        result.contextLength = context
        result.dropoutProbability = dropout
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
