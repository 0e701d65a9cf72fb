import ArgumentParser
import Foundation
import Sesame

struct RunsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a run's settings, its metrics and its checkpoints.",
        discussion: "Example:  sesame runs show 3"
    )

    @Argument(help: "The number of the run, as 'sesame runs list' shows it.")
    var number: Int64

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let workspace = try workspace.open()
        let summary = try workspace.run(id: number)
        let metrics = try workspace.metrics(run: number)
        let checkpoints = try workspace.checkpoints(run: number)
        if format.json {
            return try JSON.print(Record(summary, metrics: metrics, checkpoints: checkpoints))
        }
        StandardOutput.line(
            "Run \(number): \(summary.kind), \(summary.status.rawValue), started \(summary.startedAt.iso8601)"
                + (summary.seconds.map { ", took \(spokenDuration(seconds: $0))" } ?? "") + ".")
        if let message = summary.message { StandardOutput.line(message) }
        StandardOutput.line(
            "Settings: \(try JSON.line(Configuration(text: summary.configuration)))")
        show(metrics)
        if !checkpoints.isEmpty {
            StandardOutput.line()
            for checkpoint in checkpoints {
                StandardOutput.line(
                    "Checkpoint after step \(checkpoint.step.grouped): \(checkpoint.path)")
            }
        }
    }

    /// The evaluations, and the training loss at the steps nearest to them.
    private func show(_ metrics: [Metric]) {
        let evaluations = Dictionary(
            grouping: metrics.filter { $0.split == "validation" }, by: \.step)
        let losses = metrics.filter { $0.split == "train" && $0.name == MetricName.loss }
        guard !evaluations.isEmpty || !losses.isEmpty else { return }
        StandardOutput.line()
        var table = TextTable([("step", .right), ("training loss", .right), ("validation", .left)])
        let steps =
            evaluations.isEmpty ? losses.map(\.step).suffix(20) : evaluations.keys.sorted()[...]
        for step in steps {
            let loss = losses.last { $0.step <= step }
            table.add(
                step.grouped, loss.map { $0.value.fixed(4) } ?? "",
                Self.line(evaluations[step] ?? []))
        }
        let average = metrics.filter { $0.split == Metric.averageSplit }
        if !average.isEmpty { table.add("mean", "", Self.line(average)) }
        table.print()
    }

    private static func line(_ metrics: [Metric]) -> String {
        MetricText.line(
            Metrics(metrics.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
    }

    private struct Record: Encodable {
        let run: RunRecord
        let configuration: Configuration
        let metrics: [Value]
        let checkpoints: [Checkpoint]

        init(_ run: RunSummary, metrics: [Metric], checkpoints: [CheckpointRecord]) {
            self.run = RunRecord(run)
            configuration = Configuration(text: run.configuration)
            self.metrics = metrics.map(Value.init)
            self.checkpoints = checkpoints.map { Checkpoint(step: $0.step, path: $0.path) }
        }
    }

    private struct Value: Encodable {
        let step: Int
        let split: String
        let name: String
        let value: Double

        init(_ metric: Metric) {
            (step, split, name, value) = (metric.step, metric.split, metric.name, metric.value)
        }
    }

    private struct Checkpoint: Encodable {
        let step: Int
        let path: String
    }

    /// The settings, which are JSON already, as part of another object.
    private struct Configuration: Encodable {
        let text: String

        func encode(to encoder: any Encoder) throws {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            try value.encode(to: encoder)
        }
    }
}
