import ArgumentParser
import Sesame

struct RunsCompare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare runs: the settings that differ, and the results side by side.",
        discussion: """
            Examples:
              sesame runs compare 3 4
              sesame runs compare 3 4 5 --json

            Of each metric, the last value and the best one with its step; a star marks the best run. The \
            small curves go over each run's own steps, all to the same scale.
            """
    )

    @Argument(help: "The numbers of two or more runs, as 'sesame runs list' shows them.")
    var numbers: [Int64]

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        if numbers.count < 2 { throw ValidationError("Name two runs or more to compare.") }
        if Set(numbers).count < numbers.count {
            throw ValidationError("A run cannot be compared with itself: name different ones.")
        }
    }

    func run() throws {
        let workspace = try workspace.open()
        let comparison = try RunComparison(workspace: workspace, runs: numbers)
        if format.json { return try JSON.print(Record(comparison)) }
        let names = comparison.runs.map { "run \($0.id)" }

        var settings = TextTable([("setting", .left)] + names.map { ($0, .left) })
        settings.add(["kind"] + comparison.runs.map(\.kind))
        settings.add(["status"] + comparison.runs.map(\.status.rawValue))
        settings.add(
            ["took"] + comparison.runs.map { $0.seconds.map { spokenDuration(seconds: $0) } ?? "" })
        for difference in comparison.differences where difference.key != "kind" {
            settings.add([difference.key] + difference.values.map { $0 ?? "-" })
        }
        settings.print()
        StandardOutput.line(
            "\(comparison.equalCount.counted("more setting")) "
                + (comparison.equalCount == 1 ? "is the same." : "are the same."))
        guard !comparison.metrics.isEmpty else { return }

        StandardOutput.line()
        var results = TextTable([("metric", .left)] + names.map { ($0, .left) })
        for row in comparison.metrics {
            let description = MetricDescription(named: row.name)
            results.add(
                ["\(row.split) \(row.name)"]
                    + row.curves.enumerated().map { index, curve in
                        guard let curve else { return "-" }
                        return Self.text(curve, description) + (row.bestRun == index ? " *" : "")
                    })
        }
        results.print()

        StandardOutput.line()
        var curves = TextTable([("curve", .left)] + names.map { ($0, .left) })
        for row in comparison.metrics
        where row.curves.contains(where: { $0?.best != nil && ($0?.count ?? 0) > 2 }) {
            let lines = try numbers.map {
                try workspace.metrics(run: $0, name: row.name, split: row.split).map(\.value)
            }
            curves.add(["\(row.split) \(row.name)"] + Sparkline.lines(lines, width: 24))
        }
        curves.print()
    }

    private static func text(
        _ curve: RunComparison.Curve, _ description: MetricDescription
    ) -> String {
        let last = description.text(curve.last.value)
        guard let best = curve.best, best.step != curve.last.step else { return last }
        return "\(last) (best \(description.text(best.value)) at \(best.step.grouped))"
    }

    private struct Record: Encodable {
        let runs: [RunRecord]
        let differences: [RunComparison.Difference]
        let equalSettings: Int
        let metrics: [RunComparison.MetricRow]

        init(_ comparison: RunComparison) {
            runs = comparison.runs.map(RunRecord.init)
            differences = comparison.differences
            equalSettings = comparison.equalCount
            metrics = comparison.metrics
        }
    }
}

/// Curves in a line of text: "▇▅▃▂▂▁".
enum Sparkline {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// Curves of the same scale, each `width` characters at most; a value that is not finite is a "×".
    static func lines(_ curves: [[Double]], width: Int) -> [String] {
        let finite = curves.joined().filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else {
            return curves.map { $0.isEmpty ? "" : "×" }
        }
        return curves.map { values in
            let count = min(width, values.count)
            return String(
                (0..<count).map { place -> Character in
                    let part = values[
                        place * values.count / count..<(place + 1) * values.count / count]
                    let mean = part.reduce(0, +) / Double(part.count)
                    guard mean.isFinite else { return "×" }
                    let share = high > low ? (mean - low) / (high - low) : 0
                    return levels[min(levels.count - 1, Int(share * Double(levels.count)))]
                })
        }
    }
}
