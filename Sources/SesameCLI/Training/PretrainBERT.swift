import ArgumentParser
import Sesame

struct PretrainBERT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert",
        abstract: "Train a BERT on masked tokens and next sentences.",
        discussion: """
            Examples:
              sesame pretrain bert articles --tokenizer articles
              sesame pretrain bert articles --tokenizer articles --minutes 30 --whole-words

            The tokenizer needs [PAD], [CLS], [SEP] and [MASK], as 'sesame vocab build' gives them to \
            WordPiece. Documents of several sentences give pairs for next-sentence prediction. \
            Validation is on the validation documents or, where there are none, on the last ones. \
            Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = BERTPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var tokenizer: TokenizerOptions

    @Option(help: ArgumentHelp("Transformer blocks.", valueName: "n"))
    var layers = Self.defaults.layerCount

    @Option(help: ArgumentHelp("Attention heads a block; they divide the width.", valueName: "n"))
    var heads = Self.defaults.headCount

    @Option(help: ArgumentHelp("Size of the hidden states.", valueName: "n"))
    var width = Self.defaults.hiddenSize

    @Option(
        help: ArgumentHelp("Tokens of the longest sequence, special ones included.", valueName: "n")
    )
    var context = Self.defaults.maxLength

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @Option(help: ArgumentHelp("Share of the tokens to predict.", valueName: "share"))
    var maskShare = Self.defaults.masking.selectedFraction

    @Flag(help: "Hide all pieces of a word together.")
    var wholeWords = false

    @Flag(help: "Leave out next-sentence prediction; sequences are then filled from one document.")
    var noNextSentence = false

    @OptionGroup(title: "Training options") var training: TrainingArguments<BERTDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: BERTPretrainingOptions {
        var result = BERTPretrainingOptions()
        result.layerCount = layers
        result.headCount = heads
        result.hiddenSize = width
        result.maxLength = context
        result.dropoutProbability = dropout
        result.masking.selectedFraction = maskShare
        result.masking.wholeWords = wholeWords
        result.nextSentence = !noNextSentence
        result.training = training.options
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["fill-mask"] + $0 + ["It was a [MASK] day."] }
        ) { display in
            try pretrainBERT(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: tokenizer.load(from: workspace),
                options: options,
                output: model.resolved(default: "\(corpus)-bert", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
