import ArgumentParser
import Sesame

/// What the token vectors of a language model begin with.
struct TokenVectorArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin with the word vectors of a file (word2vec, GloVe, fastText .bin, safetensors), whose size the token vectors then have (default: random).",
            valueName: "file"))
    var vectors: String?

    @Flag(help: "With --vectors: leave the token vectors as they are.")
    var freezeEmbeddings = false

    func validate() throws {
        if freezeEmbeddings && vectors == nil {
            throw ValidationError("--freeze-embeddings is for --vectors.")
        }
    }

    func applied(to options: TrainingOptions) -> TrainingOptions {
        var result = options
        result.freezesEmbeddings = freezeEmbeddings
        return result
    }
}
