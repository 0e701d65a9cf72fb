import ArgumentParser
import Sesame

struct RunsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the training runs of the workspace, the latest first.",
        discussion: "Example:  sesame runs list"
    )

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let runs = try workspace.open().runs()
        if format.json { return try JSON.print(runs.map(RunRecord.init)) }
        guard !runs.isEmpty else { return StandardOutput.line("No runs yet.") }
        var table = TextTable([
            ("run", .right), ("kind", .left), ("status", .left), ("started", .left),
            ("took", .right),
            ("steps", .right), ("validation", .left),
        ])
        for run in runs {
            table.add(
                "\(run.id)", run.kind, run.status.rawValue, run.startedAt.iso8601,
                run.seconds.map { spokenDuration(seconds: $0) } ?? "",
                run.lastStep?.grouped ?? "", MetricText.line(run.lastMetrics(of: "validation")))
        }
        table.print()
    }
}
