import ArgumentParser
import Sesame

/// What the token vectors of a translation model's two sides begin with.
struct TranslationVectorArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin on both sides with the word vectors of a file (word2vec, GloVe, fastText .bin, safetensors); a Transformer must be as wide as they are.",
            valueName: "file"))
    var vectors: String?

    @Option(
        help: ArgumentHelp(
            "Begin with these word vectors in the source, where it has a tokenizer of its own (default: random).",
            valueName: "file"))
    var sourceVectors: String?

    @Option(
        help: ArgumentHelp(
            "Begin with these word vectors in the target, where the source has another tokenizer (default: random).",
            valueName: "file"))
    var targetVectors: String?

    @OptionGroup var freezing: FreezeEmbeddingsArguments

    /// Whether any file was given.
    var isUsed: Bool { vectors != nil || sourceVectors != nil || targetVectors != nil }

    /// Refuses files that exclude each other.
    ///
    /// - Parameter isShared: Whether both sides have one tokenizer.
    func check(isShared: Bool) throws {
        try freezing.validate(
            isUsed: isUsed, "--vectors, --source-vectors and --target-vectors")
        guard sourceVectors != nil || targetVectors != nil else { return }
        if vectors != nil {
            throw ValidationError(
                "--vectors is for both sides: give it alone, or --source-vectors and --target-vectors."
            )
        }
        if isShared {
            throw ValidationError(
                "With --tokenizer both sides share their vectors: name them with --vectors.")
        }
    }

    /// The vectors of the source and of the target.
    func initial(isShared: Bool) -> (source: InitialVectors?, target: InitialVectors?) {
        (
            freezing.vectors(isShared ? nil : sourceVectors ?? vectors),
            freezing.vectors(targetVectors ?? vectors)
        )
    }
}
