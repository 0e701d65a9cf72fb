import Sesame

/// Counts a corpus and puts the vocabulary into the workspace.
struct VocabularyMaker {
    let workspace: Workspace
    let progress: Progress

    func make(
        name: String, corpus: String, recipe: VocabularyRecipe, replacing: Bool
    ) throws -> VocabularySummary {
        let total = try workspace.documentCount(corpus: corpus, split: recipe.split)
        guard total > 0 else {
            throw CommandError(
                "corpus '\(corpus)' has no \(recipe.split?.rawValue ?? "") documents to count: "
                    + "choose another --split, or --all-splits")
        }
        // A taken name is found before the work, not after it.
        if !replacing, try workspace.vocabularies().contains(where: { $0.name == name }) {
            throw CommandError(
                "a vocabulary '\(name)' already exists: choose another name, or replace it with --force"
            )
        }
        var trainer = try recipe.makeTrainer()
        progress.begin("vocabulary \(name)")
        let documents = try workspace.documents(corpus: corpus, split: recipe.split)
        var count = 0
        while let document = try documents.next() {
            if recipe.side != .pair { trainer.add(document.text) }
            if recipe.side != .text, let pair = document.pair { trainer.add(pair) }
            count += 1
            progress.update(fraction: Double(count) / Double(total)) {
                "\(count.grouped) of \(total.counted("document")) counted"
            }
        }
        let tokenizer = try trainer.makeTokenizer()
        return try workspace.saveVocabulary(
            tokenizer, name: name, corpus: corpus, options: JSON.line(recipe), replacing: replacing)
    }
}
