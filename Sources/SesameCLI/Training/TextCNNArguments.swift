import ArgumentParser
import Sesame

/// What model a fine-tuning command trains.
enum Architecture: String, CaseIterable, ExpressibleByArgument {
    /// The model of --model.
    case pretrained
    /// A convolutional network over word vectors.
    case textcnn
}

/// The options of `--architecture textcnn`.
struct TextCNNArguments: ParsableArguments {
    private static let defaults = TextCNNOptions()

    @Option(
        help: ArgumentHelp(
            "Makes the words: a tokenizer.json, a vocab.txt, a folder with one of them, or the name of a vocabulary in the workspace.",
            valueName: "path|name"))
    var tokenizer: String?

    @Option(
        help: ArgumentHelp(
            "Where the word vectors come from: 'random', a file of word vectors (word2vec, GloVe, fastText .bin, safetensors), or the folder of a model that gives vectors in context.",
            valueName: "random|file|folder"))
    var vectors: String?

    @Option(
        help: ArgumentHelp(
            "Size of random word vectors, 0 for none beside vectors in context (default: \(defaults.embeddingSize)).",
            valueName: "n"))
    var embeddingSize: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "How many words the filters see (default: \(defaults.widths.map(String.init).joined(separator: " "))).",
            valueName: "n"))
    var widths: [Int] = []

    @Option(
        help: ArgumentHelp(
            "Filters of each width (default: \(defaults.filterCount)).", valueName: "n"))
    var filters: Int?

    @Flag(help: "Normalise the filters' outputs over the batch.")
    var batchNorm = false

    @Option(
        help: ArgumentHelp(
            "Greatest length of each output's weights, 0 for no limit (default: \(defaults.maxNorm ?? 0)).",
            valueName: "x"))
    var maxNorm: Float?

    /// Whether any of these options was given.
    var isUsed: Bool {
        tokenizer != nil || vectors != nil || embeddingSize != nil || !widths.isEmpty
            || filters != nil || batchNorm || maxNorm != nil
    }

    /// The library's options, where the common ones are still to be set.
    var options: TextCNNOptions {
        var result = TextCNNOptions()
        if let vectors { result.vectors = WordVectorSource(argument: vectors) }
        if let embeddingSize { result.embeddingSize = embeddingSize }
        if !widths.isEmpty { result.widths = widths }
        if let filters { result.filterCount = filters }
        result.usesBatchNorm = batchNorm
        if let maxNorm { result.maxNorm = maxNorm == 0 ? nil : maxNorm }
        return result
    }
}

/// Small changes to training texts, as they are typed.
struct AugmentationArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Probability of each token to become the unknown token in training (default: 0).",
            valueName: "p"))
    var tokenDropout: Double?

    @Option(
        help: ArgumentHelp(
            "Probability of each token to change places with the next (default: 0).",
            valueName: "p"))
    var tokenSwap: Double?

    @Option(
        help: ArgumentHelp(
            "Probability of each token to become a near neighbour by word vectors (default: 0).",
            valueName: "p"))
    var tokenSynonym: Double?

    @Option(
        help: ArgumentHelp(
            "The file of word vectors that tells neighbours (default: that of --vectors).",
            valueName: "file"))
    var synonymVectors: String?

    var augmentation: TextAugmentation {
        var result = TextAugmentation()
        result.tokenDropout = tokenDropout ?? 0
        result.swap = tokenSwap ?? 0
        result.synonym = tokenSynonym ?? 0
        result.synonymVectors = synonymVectors
        return result
    }
}
