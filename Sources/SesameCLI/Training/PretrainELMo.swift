import ArgumentParser
import Sesame

struct PretrainELMo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "elmo",
        abstract: "Train an ELMo: language models of both directions that read words as bytes.",
        discussion: """
            Examples:
              sesame vocab build words --corpus wiki --kind word
              sesame pretrain elmo wiki --tokenizer words --minutes 60
              sesame pretrain elmo letters --from models/wiki-elmo --epochs 2

            The tokenizer's words are what the models predict, in both directions; what they read are the words' bytes, \
            so that every word has a vector. Documents are split into sentences; validation is on the \
            validation documents or, where there are none, on the last sentences. Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = ELMoPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var beginning: BeginningArguments

    @Option(help: ArgumentHelp("LSTM layers of each direction.", valueName: "n"))
    var layers = Self.defaults.layerCount

    @Option(help: ArgumentHelp("Size of the LSTMs' cells.", valueName: "n"))
    var width = Self.defaults.hiddenSize

    @Option(
        help: ArgumentHelp(
            "Size of a direction's states; a word's vector has twice as many numbers.",
            valueName: "n"))
    var projection = Self.defaults.projectionSize

    @Option(help: ArgumentHelp("Most words of a sentence.", valueName: "n"))
    var context = Self.defaults.maxLength

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @Option(
        help: ArgumentHelp(
            "Words drawn to stand for the whole vocabulary in a training step; 0 for all of it.",
            valueName: "n"))
    var samples = Self.defaults.sampleCount

    @OptionGroup(title: "Training options") var training: TrainingArguments<ELMoDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: ELMoPretrainingOptions {
        var result = ELMoPretrainingOptions()
        result.layerCount = layers
        result.hiddenSize = width
        result.projectionSize = projection
        result.maxLength = context
        result.dropoutProbability = dropout
        result.sampleCount = samples
        result.training = training.options
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output, next: { ["embed", "--words"] + $0 }
        ) { display in
            try pretrainELMo(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: beginning.loadTokenizer(from: workspace), from: beginning.base,
                options: options,
                output: model.resolved(default: "\(corpus)-elmo", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
