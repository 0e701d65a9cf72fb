import ArgumentParser

struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Import text, and look at what was imported.",
        discussion: "Example:  sesame corpus import novels novels/",
        subcommands: [
            CorpusImport.self, CorpusList.self, CorpusStats.self, CorpusSplit.self, CorpusShow.self,
        ]
    )
}
