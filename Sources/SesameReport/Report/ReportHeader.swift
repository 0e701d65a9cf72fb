import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a run stands, and the figures that one looks for first.
struct ReportHeader {
    let run: RunDetails

    func write(_ page: inout Markup) {
        let summary = run.summary
        page.element("p", ["class": "lead"]) { page in
            page.leaf(
                "span", ["class": "status \(summary.status.rawValue)"], summary.status.rawValue)
            page.write(
                "started \(Self.moment(summary.startedAt)), "
                    + (summary.status == .running ? "running for " : "took ")
                    + NumberText.duration(seconds: run.seconds) + ".")
        }
        if let message = summary.message { page.leaf("p", ["class": "message"], message) }
        let figures = keyFigures
        guard !figures.isEmpty else { return }
        page.element("dl", ["class": "figures"]) { page in
            for figure in figures {
                page.element("div") { page in
                    page.leaf("dt", figure.name)
                    page.leaf("dd", figure.value)
                    if let note = figure.note { page.leaf("dd", ["class": "note"], note) }
                }
            }
        }
    }

    private struct KeyFigure {
        let name: String
        let value: String
        var note: String?
    }

    private var keyFigures: [KeyFigure] {
        var result: [KeyFigure] = []
        for name in run.metricNames("validation") {
            let description = MetricDescription(named: name)
            guard description.direction != .neither, result.count < 4,
                let figure = figure(description)
            else { continue }
            result.append(figure)
        }
        if let loss = run.curve("train", "loss").last {
            result.append(
                KeyFigure(
                    name: "Training loss", value: MetricDescription(named: "loss").text(loss.y)))
        }
        if let step = run.summary.lastStep {
            result.append(KeyFigure(name: "Steps", value: NumberText.grouped(step)))
        }
        if let parameters = run.facts?.sizes["parameters"] {
            result.append(
                KeyFigure(name: "Parameters", value: NumberText.counted(Double(parameters))))
        }
        let speeds = run.curve("train", "tokensPerSecond").map(\.y).filter(\.isFinite).sorted()
        if !speeds.isEmpty {
            result.append(
                KeyFigure(
                    name: "Tokens a second", value: NumberText.counted(speeds[speeds.count / 2]),
                    note: "median"))
        }
        return result
    }

    /// A validation metric at the end, with its best value where that was another.
    private func figure(_ description: MetricDescription) -> KeyFigure? {
        let points = run.curve("validation", description.name)
        guard let last = points.last else { return nil }
        let best = points.filter { $0.y.isFinite }.reduce(nil as ChartPoint?) { best, point in
            guard let best, !description.isBetter(point.y, than: best.y) else { return point }
            return best
        }
        var note = "validation"
        if let best, description.isBetter(best.y, than: last.y) {
            note = "best \(description.text(best.y)) at step \(NumberText.grouped(Int(best.x)))"
        }
        return KeyFigure(
            name: description.title, value: description.text(last.y), note: note)
    }

    /// "2026-05-01 12:00:00 UTC".
    static func moment(_ date: Date) -> String {
        let text = date.formatted(.iso8601)
        return text.replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}
