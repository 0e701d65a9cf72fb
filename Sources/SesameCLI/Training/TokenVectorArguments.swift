import ArgumentParser
import Sesame

/// What the token vectors of a model begin with.
struct TokenVectorArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin with the word vectors of a file (word2vec, GloVe, fastText .bin, safetensors), which are as wide as the model's token vectors; pieces of words and words that the file lacks begin at random (default: all do).",
            valueName: "file"))
    var vectors: String?

    @OptionGroup var freezing: FreezeEmbeddingsArguments

    func validate() throws {
        try freezing.validate(isUsed: vectors != nil, "--vectors")
    }

    /// The vectors, if a file was given.
    var initial: InitialVectors? { freezing.vectors(vectors) }
}

/// Whether vectors that came from a file are trained further.
struct FreezeEmbeddingsArguments: ParsableArguments {
    @Flag(
        help:
            "Leave the token vectors of a file as they are, and so the weights of an output that shares them."
    )
    var freezeEmbeddings = false

    func validate(isUsed: Bool, _ options: String) throws {
        if freezeEmbeddings && !isUsed {
            throw ValidationError("--freeze-embeddings is for \(options).")
        }
    }

    func vectors(_ file: String?) -> InitialVectors? {
        file.map { InitialVectors($0, isFrozen: freezeEmbeddings) }
    }
}
