import ArgumentParser
import Sesame

struct VocabList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the vocabularies of the workspace.",
        discussion: "Example:  sesame vocab list"
    )

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let vocabularies = try workspace.open().vocabularies()
        if format.json { return try JSON.print(vocabularies.map(VocabularyRecord.init)) }
        guard !vocabularies.isEmpty else {
            StandardOutput.line("No vocabularies yet.")
            return NextCommand.suggest(
                "vocab", "build", "NAME", "--corpus", "CORPUS", workspace: workspace)
        }
        var table = TextTable([
            ("name", .left), ("kind", .left), ("tokens", .right), ("corpus", .left),
        ])
        for vocabulary in vocabularies {
            table.add(
                vocabulary.name, vocabulary.kind, vocabulary.tokenCount.grouped,
                vocabulary.corpus ?? "")
        }
        table.print()
    }
}
