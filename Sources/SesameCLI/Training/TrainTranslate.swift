import ArgumentParser
import Sesame

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
              sesame train translate captions --tokenizer pieces --model transformer --sizes tiny
              sesame train translate captions --source-tokenizer german --target-tokenizer english \
            --source-vectors cc.de.300.bin --target-vectors cc.en.300.bin

            Every document of the corpus is a text and its translation. The model is an encoder and a \
            decoder with attention between them: recurrent ones, or a Transformer. Evaluations give the BLEU of greedy translations of the \
            validation sentences or, where there are none, of some training sentences that are held out. \
            Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = TranslationOptions()

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

    @OptionGroup var vectors: TranslationVectorArguments

    @Option(
        name: [.customLong("model"), .customLong("architecture")],
        help: "The kind of model: rnn is a recurrent encoder and decoder.")
    var architecture: TranslationArchitectureChoice = .rnn

    @Option(
        help: ArgumentHelp(
            "Layers of the encoder, and of the decoder (default: 1, transformer: 3).",
            valueName: "n"))
    var layers: Int?

    @Option(
        help: ArgumentHelp(
            "Size of the decoder's state, of which each direction of a recurrent encoder has half (default: 512, transformer: 256).",
            valueName: "n"))
    var width: Int?

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

    @OptionGroup(title: "Options of --model rnn")
    var recurrent: RecurrentTranslationArguments
    @OptionGroup(title: "Options of --model transformer")
    var transformer: TransformerArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<TranslationDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: TranslationOptions {
        var result = TranslationOptions()
        switch architecture {
        case .rnn:
            result.architecture = .recurrent(
                recurrent.sizes(layers: layers, width: width, isUntied: untied))
        case .transformer:
            result = .transformer(
                transformer.choices(layers: layers, width: width, isUntied: untied))
        }
        let (source, target) = vectors.initial(isShared: tokenizer != nil)
        (result.sourceVectors, result.targetVectors) = (source, target)
        result.dropoutProbability = dropout
        result.labelSmoothing = labelSmoothing
        result.maxLength = maxLength
        result.keepsBest = keep == .best
        result.training = training.options(over: result.training)
        return result
    }

    func validate() throws {
        let given = (tokenizer != nil, sourceTokenizer != nil, targetTokenizer != nil)
        guard given == (true, false, false) || given == (false, true, true) else {
            throw ValidationError(
                "Name either one tokenizer with --tokenizer, or two with --source-tokenizer and "
                    + "--target-tokenizer.")
        }
        try vectors.check(isShared: tokenizer != nil)
        if recurrent.embedding != nil, vectors.isUsed {
            throw ValidationError(
                "--embedding is for random vectors; those of a file have its size.")
        }
        if architecture == .rnn, transformer.isUsed {
            throw ValidationError(
                "--sizes, --decoder-layers, --heads, --feed-forward, --norm, --activation, "
                    + "--attention-dropout and --activation-dropout are for --model transformer."
            )
        }
        if architecture == .transformer, recurrent.isUsed {
            throw ValidationError(
                "--cell, --embedding, --attention and --input-feeding are for --model rnn.")
        }
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: NextCommand.evaluation(of: corpus, in: workspace)
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
