import ArgumentParser
import Sesame

struct CorpusList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the corpora of the workspace.",
        discussion: "Example:  sesame corpus list"
    )

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let corpora = try workspace.open().corpora()
        if format.json { return try JSON.print(corpora.map(CorpusRecord.init)) }
        guard !corpora.isEmpty else {
            StandardOutput.line("No corpora yet.")
            return NextCommand.suggest("corpus", "import", "NAME", "PATH", workspace: workspace)
        }
        var table = TextTable([
            ("name", .left), ("documents", .right), ("train", .right), ("validation", .right),
            ("test", .right), ("characters", .right), ("format", .left),
        ])
        for corpus in corpora {
            let counts = Split.allCases.map { (corpus.splitCounts[$0] ?? 0).grouped }
            table.add(
                corpus.name, corpus.documentCount.grouped, counts[0], counts[1], counts[2],
                corpus.characterCount.grouped, corpus.format)
        }
        table.print()
    }
}
