import ArgumentParser

struct VocabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocab",
        abstract: "Make vocabularies from corpora, and look at them.",
        discussion:
            "Example:  sesame vocab build novels --corpus novels --kind wordpiece --size 8000",
        subcommands: [VocabBuild.self, VocabList.self, VocabShow.self, VocabExport.self]
    )
}
