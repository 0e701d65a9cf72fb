import ArgumentParser

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Look at training runs.",
        discussion: "Example:  sesame runs list",
        subcommands: [RunsList.self, RunsShow.self]
    )
}
