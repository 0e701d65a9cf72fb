import ArgumentParser
import Sesame

/// The options of a tagger that begins from word vectors instead of an encoder.
struct RecurrentTaggerArguments: ParsableArguments {
    private static let defaults = TaggerOptions()

    @Option(
        help: ArgumentHelp(
            "Where the word vectors come from: 'random', a file of word vectors (word2vec, GloVe, fastText .bin, safetensors), or the folder of a model that gives vectors in context (default: random).",
            valueName: "random|file|folder"))
    var vectors: String?

    @Option(
        help: ArgumentHelp(
            "Size of random word vectors, 0 for none beside vectors in context (default: \(defaults.embeddingSize)).",
            valueName: "n"))
    var embeddingSize: Int?

    @Flag(help: "Do not read words by their characters.")
    var noCharacters = false

    @Option(
        help: ArgumentHelp(
            "Size of a direction's states (default: \(defaults.hiddenSize)).", valueName: "n"))
    var width: Int?

    @Option(
        help: ArgumentHelp("Layers of states (default: \(defaults.layerCount)).", valueName: "n"))
    var layers: Int?

    @Option(
        help: ArgumentHelp(
            "How often a word that is seen once is taken for an unknown one (default: \(defaults.rareDropout)).",
            valueName: "p"))
    var rareDropout: Double?

    @OptionGroup var changes: AugmentationArguments

    /// Whether any of these options was given.
    var isUsed: Bool {
        vectors != nil || embeddingSize != nil || noCharacters || width != nil || layers != nil
            || rareDropout != nil || !changes.augmentation.isNone
    }

    /// The library's options, where the common ones are still to be set.
    var options: TaggerOptions {
        var result = TaggerOptions()
        if let vectors { result.vectors = WordVectorSource(argument: vectors) }
        if let embeddingSize { result.embeddingSize = embeddingSize }
        result.usesCharacters = !noCharacters
        if let width { result.hiddenSize = width }
        if let layers { result.layerCount = layers }
        if let rareDropout { result.rareDropout = rareDropout }
        result.augmentation = changes.augmentation
        return result
    }
}
