import ArgumentParser
import Sesame

struct VocabBuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make a vocabulary from a corpus.",
        discussion: """
            Examples:
              sesame vocab build novels --corpus novels --kind wordpiece --size 8000 --lowercase
              sesame vocab build letters --corpus novels --kind character --special none
              sesame vocab build german --corpus captions --side text --pre-tokenized

            The special tokens come first, then the rest by how often they were seen. The same documents \
            give the same vocabulary on every machine.
            """
    )

    @Argument(help: "The name of the vocabulary.")
    var name: String

    @Option(help: ArgumentHelp("The corpus to count.", valueName: "name"))
    var corpus: String

    @Option(help: "What a token is.")
    var kind: VocabularyKind = .wordpiece

    @Option(
        help: ArgumentHelp(
            "The most tokens, special ones included (default: \(VocabularyRecipe.defaultWordPieceSize) for wordpiece, otherwise no limit).",
            valueName: "n"))
    var size: Int?

    @Option(
        help: ArgumentHelp(
            "Leave out what was seen less often; for wordpiece, pairs to merge (default: 2 for wordpiece, otherwise 1).",
            valueName: "n"))
    var minCount: Int?

    @Flag(help: "Lower case first; for wordpiece accents go too, as in BERT's uncased models.")
    var lowercase = false

    @Flag(
        help:
            "Words are what stands between spaces: for text whose punctuation is set apart already."
    )
    var preTokenized = false

    @Option(help: "Of documents with two texts, such as translations, which to count.")
    var side: VocabularySide = .both

    @Option(help: "For characters: what a reader sees as one, or single code points.")
    var unit: CharacterUnitChoice = .grapheme

    @Option(
        help: "The special tokens (default: bert for wordpiece, otherwise language-model).")
    var special: SpecialTokenChoice?

    @Option(help: "Only documents of this split (default: train; see --all-splits).")
    var split: Split = .train

    @Flag(help: "Count all documents, validation and test included.")
    var allSplits = false

    @Flag(help: "Replace a vocabulary of that name.")
    var force = false

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try atLeast(1, "--size", size)
        try atLeast(1, "--min-count", minCount)
        if preTokenized && kind == .character {
            throw ValidationError("Characters are not words; leave out --pre-tokenized.")
        }
        if kind == .wordpiece && special == SpecialTokenChoice.none {
            throw ValidationError(
                "A wordpiece vocabulary needs an unknown token; leave out --special none.")
        }
    }

    private var recipe: VocabularyRecipe {
        VocabularyRecipe(
            kind: kind, maximumSize: size,
            minimumCount: minCount ?? VocabularyRecipe.defaultMinimumCount(for: kind),
            lowercase: lowercase, unit: unit,
            special: special ?? VocabularyRecipe.defaultSpecial(for: kind),
            split: allSplits ? nil : split, preTokenized: preTokenized, side: side)
    }

    func run() throws {
        let progress = Progress(quiet: output.quiet)
        let workspace = try workspace.open()
        let summary = try VocabularyMaker(workspace: workspace, progress: progress)
            .make(name: name, corpus: corpus, recipe: recipe, replacing: force)
        progress.finish()
        if output.json { return try JSON.print(VocabularyRecord(summary)) }
        StandardOutput.line(
            "Vocabulary '\(name)': \(summary.tokenCount.counted("token")), \(kind.rawValue), from '\(corpus)'."
        )
        let use = recipe.special == .bert ? ["pretrain", "bert"] : ["pretrain", "gpt"]
        NextCommand.suggest(
            (try isOfTranslations(workspace) ? ["train", "translate"] : use)
                + [corpus, "--tokenizer", name],
            workspace: self.workspace)
    }

    /// Whether what was counted is both sides of translations, for a model that begins and ends its sentences.
    private func isOfTranslations(_ workspace: Workspace) throws -> Bool {
        guard recipe.special == .languageModel, side == .both else { return false }
        let documents = try workspace.documents(corpus: corpus, ordinals: 0..<1)
        return try documents.next().map { $0.pair != nil && $0.label == nil } ?? false
    }
}
