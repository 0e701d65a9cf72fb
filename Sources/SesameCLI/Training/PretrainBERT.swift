import ArgumentParser
import Sesame

struct PretrainBERT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert",
        abstract: "Train a BERT on masked tokens and next sentences, or one further on new text.",
        discussion: """
            Examples:
              sesame pretrain bert articles --tokenizer articles
              sesame pretrain bert articles --tokenizer articles --minutes 30 --variant roberta
              sesame pretrain bert letters --from MiniLM --learning-rate 1e-4 --epochs 2

            Variants: 'bert' (Devlin et al. 2019), 'whole-word' hides all pieces of a word together (Cui et \
            al. 2019), 'roberta' leaves next sentences out and fills sequences (Liu et al. 2019), 'albert' \
            tells the order of sentences and shares one layer's weights among all (Lan et al. 2020). In \
            all of them masks are drawn anew each epoch. With --from, a BERT goes on with its own tokenizer \
            and sizes; heads that it lacks are made.

            The tokenizer needs [PAD], [CLS], [SEP] and [MASK], as 'sesame vocab build' gives them to \
            WordPiece. Documents of several sentences give pairs for next-sentence prediction. \
            Validation is on the validation documents or, where there are none, on the last ones. \
            Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = BERTPretrainingOptions()

    @Argument(help: "The corpus to train on.")
    var corpus: String

    @OptionGroup var beginning: BeginningArguments

    @Option(help: "What is learnt, after which paper; the options below change it further.")
    var variant: BERTVariant = .bert

    @OptionGroup var size: SizeArguments<BERTDefaults>

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @Option(help: ArgumentHelp("Share of the tokens to predict.", valueName: "share"))
    var maskShare = Self.defaults.masking.selectedFraction

    @Flag(help: "Hide all pieces of a word together.")
    var wholeWords = false

    @Flag(help: "Leave out next-sentence prediction; sequences are then filled from one document.")
    var noNextSentence = false

    @Flag(help: "Tell the order of sentences instead of whether they follow each other.")
    var sentenceOrder = false

    @Flag(help: "Share one layer's weights among all layers.")
    var shareLayers = false

    @OptionGroup var vectors: TokenVectorArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<BERTDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: BERTPretrainingOptions {
        var result = BERTPretrainingOptions(variant)
        let sizes = size.sizes
        result.layerCount = sizes.layers
        result.headCount = sizes.heads
        result.hiddenSize = sizes.width
        result.maxLength = sizes.context
        result.dropoutProbability = dropout
        result.masking.selectedFraction = maskShare
        if wholeWords { result.masking.wholeWords = true }
        if noNextSentence { result.sentences = .single }
        if sentenceOrder { result.sentences = .sentenceOrder }
        if shareLayers { result.sharesLayers = true }
        result.vectors = vectors.initial
        result.training = training.options
        return result
    }

    func validate() throws {
        if beginning.from != nil && (shareLayers || variant == .albert) {
            throw ValidationError(
                "With --from the model's layers stay as they are; --share-layers and --variant "
                    + "albert are for new models (say --sentence-order alone).")
        }
        if beginning.from != nil && vectors.vectors != nil {
            throw ValidationError(
                "--vectors is for a new model; with --from the model has vectors already.")
        }
        if noNextSentence && sentenceOrder {
            throw ValidationError("--no-next-sentence and --sentence-order exclude each other.")
        }
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["fill-mask"] + $0 + ["It was a [MASK] day."] }
        ) { display in
            try pretrainBERT(
                workspace: workspace.open(), corpus: corpus,
                tokenizer: beginning.loadTokenizer(from: workspace), from: beginning.base,
                options: options,
                output: model.resolved(default: "\(corpus)-bert", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
