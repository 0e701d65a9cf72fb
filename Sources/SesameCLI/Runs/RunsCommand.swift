import ArgumentParser

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Look at training runs, compare them, and write reports.",
        discussion: """
            Examples:
              sesame runs list
              sesame runs show 3
              sesame runs compare 3 4
              sesame runs report 3
            """,
        subcommands: [RunsList.self, RunsShow.self, RunsCompare.self, RunsReport.self]
    )
}
