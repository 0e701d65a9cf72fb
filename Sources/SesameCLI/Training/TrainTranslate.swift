import ArgumentParser
import Sesame

/// The kinds of translation model, as they are typed.
enum TranslationArchitectureChoice: String, CaseIterable, ExpressibleByArgument {
    case rnn
}

/// How a recurrent decoder looks at the source, as it is typed.
enum AttentionChoice: String, CaseIterable, ExpressibleByArgument {
    case bilinear, dot, additive, none

    var kind: StateAttention.Kind? { StateAttention.Kind(rawValue: rawValue) }
}

struct TrainTranslate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate",
        abstract: "Train a model to translate sentences.",
        discussion: """
            Examples:
              sesame corpus import captions --train train.de --train-target train.en
              sesame vocab build pieces --corpus captions --special language-model
              sesame train translate captions --tokenizer pieces
              sesame train translate captions --source-tokenizer german --target-tokenizer english \
            --attention additive --minutes 30

            Every document of the corpus is a text and its translation. The model is an encoder and a \
            decoder with attention between them. Evaluations give the BLEU of greedy translations of the \
            validation sentences or, where there are none, of some training sentences that are held out. \
            Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = TranslationOptions()
    private static let sizes = TranslationOptions.RecurrentSizes()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @Option(
        help: ArgumentHelp(
            "One tokenizer for both sides, which then share their vectors: a tokenizer.json, or the name of a vocabulary in the workspace.",
            valueName: "path|name"))
    var tokenizer: String?

    @Option(
        help: ArgumentHelp("The tokenizer of the texts to translate.", valueName: "path|name"))
    var sourceTokenizer: String?

    @Option(help: ArgumentHelp("The tokenizer of the translations.", valueName: "path|name"))
    var targetTokenizer: String?

    @Option(help: "The kind of model: rnn is a recurrent encoder and decoder.")
    var architecture: TranslationArchitectureChoice = .rnn

    @Option(help: "What a step of a recurrent network does.")
    var cell: RecurrentCell = Self.sizes.cell

    @Option(help: ArgumentHelp("Layers of the encoder, and of the decoder.", valueName: "n"))
    var layers = Self.sizes.layerCount

    @Option(
        help: ArgumentHelp(
            "Size of the decoder's state; each direction of the encoder has half of it.",
            valueName: "n"))
    var width = Self.sizes.hiddenSize

    @Option(help: ArgumentHelp("Size of the tokens' vectors.", valueName: "n"))
    var embedding = Self.sizes.embeddingSize

    @Option(help: "How the decoder scores the source's states, to look at them.")
    var attention: AttentionChoice = .bilinear

    @Flag(
        help:
            "Let the decoder read what it made of the last token; several times slower to train.")
    var inputFeeding = false

    @Flag(help: "Give the output vectors of its own, rather than the target tokens'.")
    var untied = false

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @Option(
        help: ArgumentHelp(
            "Share of a token's probability that goes to all tokens alike.", valueName: "x"))
    var labelSmoothing = Self.defaults.labelSmoothing

    @Option(
        help: ArgumentHelp(
            "Leave out sentences of more tokens than this on either side.", valueName: "n"))
    var maxLength = Self.defaults.maxLength

    @Option(
        help: "Which weights to keep: of the evaluation with the best BLEU, or of the last step.")
    var keep: KeptWeights = .best

    @OptionGroup(title: "Training options") var training: TrainingArguments<TranslationDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: TranslationOptions {
        var result = TranslationOptions()
        switch architecture {
        case .rnn:
            var sizes = TranslationOptions.RecurrentSizes()
            sizes.cell = cell
            sizes.layerCount = layers
            sizes.hiddenSize = width
            sizes.embeddingSize = embedding
            sizes.attention = attention.kind
            sizes.inputFeeding = inputFeeding
            sizes.tiesEmbeddings = !untied
            result.architecture = .recurrent(sizes)
        }
        result.dropoutProbability = dropout
        result.labelSmoothing = labelSmoothing
        result.maxLength = maxLength
        result.keepsBest = keep == .best
        result.training = training.options
        return result
    }

    func validate() throws {
        let given = (tokenizer != nil, sourceTokenizer != nil, targetTokenizer != nil)
        guard given == (true, false, false) || given == (false, true, true) else {
            throw ValidationError(
                "Name either one tokenizer with --tokenizer, or two with --source-tokenizer and "
                    + "--target-tokenizer.")
        }
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["evaluate"] + $0 + ["--corpus", corpus, "--split", "test"] }
        ) { display in
            func load(_ name: String?) throws -> Tokenizer {
                try TokenizerOptions.load(
                    name ?? tokenizer ?? "", lowercase: false, from: workspace)
            }
            return try trainTranslation(
                workspace: workspace.open(), corpus: corpus, source: load(sourceTokenizer),
                target: load(targetTokenizer), options: options,
                output: model.resolved(default: "\(corpus)-translation", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
