import ArgumentParser
import Sesame

struct FinetuneTag: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Teach a tagger to tag the words of sentences, such as names.",
        discussion: """
            Examples:
              sesame finetune tag names
              sesame finetune tag names --vectors glove.6B.100d.txt
              sesame finetune tag names --vectors models/novels-elmo --output models/names-elmo

            The corpus holds tagged sentences ('corpus import' of a .conll file). Words are read by vectors \
            of their own, by their characters and, where --vectors is a model's folder, by its vectors in \
            context, whose layers are mixed in learnt shares; LSTMs of both directions and a conditional \
            random field give the tags. The weights of the best evaluation are kept, by the F1 of \
            entities. Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = TaggerOptions()

    @Argument(help: "A corpus of tagged sentences.")
    var corpus: String

    @Option(
        help: ArgumentHelp(
            "Where the word vectors come from: 'random', a file of word2vec's (text or binary) or GloVe's format, or the folder of a model that gives vectors in context.",
            valueName: "random|file|folder"))
    var vectors = "random"

    @Option(
        help: ArgumentHelp(
            "Size of random word vectors; 0 for none, beside vectors in context.", valueName: "n"))
    var embeddingSize = Self.defaults.embeddingSize

    @Flag(help: "Do not read words by their characters.")
    var noCharacters = false

    @Option(help: ArgumentHelp("Size of a direction's states.", valueName: "n"))
    var width = Self.defaults.hiddenSize

    @Option(help: ArgumentHelp("Layers of states.", valueName: "n"))
    var layers = Self.defaults.layerCount

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability

    @Flag(help: "Score each word's tag by itself instead of the sequence of tags.")
    var noCRF = false

    @Option(help: "How entities are tagged while learning; predictions are in BIO either way.")
    var scheme = Self.defaults.scheme

    @Option(
        help: ArgumentHelp(
            "How often a word that is seen once is taken for an unknown one.", valueName: "p"))
    var rareDropout = Self.defaults.rareDropout

    @Flag(help: "Leave the word vectors as they are.")
    var freezeEmbeddings = false

    @Option(help: "Which weights to keep: of the best evaluation, or of the last step.")
    var keep: KeptWeights = .best

    @OptionGroup(title: "Augmentation of the training sentences") var changes: AugmentationArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<TaggerDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: TaggerOptions {
        var result = TaggerOptions()
        result.vectors = WordVectorSource(argument: vectors)
        result.embeddingSize = embeddingSize
        result.usesCharacters = !noCharacters
        result.hiddenSize = width
        result.layerCount = layers
        result.dropoutProbability = dropout
        result.usesCRF = !noCRF
        result.scheme = scheme
        result.rareDropout = rareDropout
        result.keepsBest = keep == .best
        result.augmentation = changes.augmentation
        result.training = training.options
        result.training.freezesEmbeddings = freezeEmbeddings
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: { ["evaluate"] + $0 + ["--corpus", corpus, "--split", "test"] }
        ) { display in
            try finetuneTagger(
                workspace: workspace.open(), corpus: corpus, options: options,
                output: model.resolved(default: "\(corpus)-tagger", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}
