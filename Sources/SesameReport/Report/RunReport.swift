import SesameStore

/// One HTML page about a run, or about several with their curves in the same charts.
///
///     let report = try RunReport(workspace: workspace, runs: [3])
///     try report.html().write(toFile: "run-3.html", atomically: true, encoding: .utf8)
///
/// The page is complete in itself: no network, no fonts, no scripts. It follows the reader's light or dark
/// mode, prints, and is well-formed XML as well as HTML. Everything that comes from data is escaped.
public struct RunReport: Sendable {
    /// What a page of this type has in its `generator` element, for telling it from other files.
    public static let generator = "sesame runs report"

    /// The runs, in the order they were asked for.
    public let runs: [RunSummary]

    let details: [RunDetails]
    let comparison: RunComparison?

    /// Reads what the workspace knows of the runs.
    ///
    /// - Throws: `StoreError` with code `.notFound`, which lists the runs there are.
    public init(workspace: Workspace, runs ids: [Int64]) throws {
        precondition(!ids.isEmpty, "a report of no run")
        details = try ids.map { try RunDetails(workspace: workspace, id: $0) }
        runs = details.map(\.summary)
        comparison = ids.count > 1 ? try RunComparison(workspace: workspace, runs: ids) : nil
    }

    /// "Run 3: pretrain gpt on english".
    public var title: String {
        guard let first = details.first, details.count == 1 else {
            let ids = runs.map { "\($0.id)" }
            return "Runs " + ids.dropLast().joined(separator: ", ") + " and " + (ids.last ?? "")
        }
        let corpus = first.facts?.corpus.name ?? first.settings["dependencies.corpus"]
        return "Run \(first.summary.id): \(first.summary.kind)" + (corpus.map { " on \($0)" } ?? "")
    }

    /// The charts of the page, the loss first, for use elsewhere.
    public var charts: [LineChart] { ReportCurves(runs: details).figures().map(\.chart) }

    /// The page.
    public func html() -> String {
        Markup.page(title: title, generator: Self.generator) { writeBody(&$0) }
    }

    private func writeBody(_ page: inout Markup) {
        page.element("header") { page in
            page.leaf("h1", title)
            if details.count == 1, let run = details.first { ReportHeader(run: run).write(&page) }
        }
        if let comparison {
            ReportComparison(comparison: comparison).write(&page)
        }
        writeCurves(&page)
        for run in details {
            if details.count > 1 {
                page.element("header", ["class": "run"]) { page in
                    page.leaf("h2", "Run \(run.summary.id): \(run.summary.kind)")
                    ReportHeader(run: run).write(&page)
                }
            }
            let level = details.count > 1 ? "h3" : "h2"
            ReportResults(run: run, heading: level).write(&page)
            ReportOrigins(run: run, heading: level).write(&page)
        }
    }

    private func writeCurves(_ page: inout Markup) {
        let figures = ReportCurves(runs: details).figures()
        guard !figures.isEmpty else { return }
        page.element("section", ["class": "curves"]) { page in
            page.leaf("h2", "Curves")
            for (index, figure) in figures.enumerated() {
                ReportFigure(figure: figure, id: "curve-\(index)").write(&page)
            }
        }
    }
}
