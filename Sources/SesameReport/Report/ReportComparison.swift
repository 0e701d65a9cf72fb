import SesameStore

/// What differs between runs, in settings and results.
struct ReportComparison {
    let comparison: RunComparison

    func write(_ page: inout Markup) {
        page.element("section") { page in
            page.leaf("h2", "Differences")
            table(
                ["Setting"] + comparison.runs.map { "Run \($0.id)" }, numbers: false, &page
            ) { page in
                row("kind", comparison.runs.map(\.kind), &page)
                row("status", comparison.runs.map(\.status.rawValue), &page)
                for difference in comparison.differences where difference.key != "kind" {
                    row(difference.key, difference.values.map { $0 ?? "–" }, &page)
                }
            }
            page.leaf("p", "\(comparison.equalCount) more settings are the same.")
        }
        guard !comparison.metrics.isEmpty else { return }
        page.element("section") { page in
            page.leaf("h2", "Results")
            table(
                ["Metric"] + comparison.runs.map { "Run \($0.id)" }, numbers: true, &page
            ) { page in
                for metric in comparison.metrics { write(metric, &page) }
            }
        }
    }

    private func write(_ metric: RunComparison.MetricRow, _ page: inout Markup) {
        let description = MetricDescription(named: metric.name)
        page.element("tr") { page in
            page.leaf(
                "th", ["scope": "row"],
                metric.split == "validation"
                    ? description.title : "\(description.title) (\(metric.split))")
            for (index, curve) in metric.curves.enumerated() {
                var text = curve.map { description.text($0.last.value) } ?? "–"
                if let curve, let best = curve.best, best.step != curve.last.step {
                    text +=
                        " (best \(description.text(best.value)) at "
                        + "\(NumberText.grouped(best.step)))"
                }
                page.leaf("td", ["class": metric.bestRun == index ? "best" : ""], text)
            }
        }
    }

    private func row(_ name: String, _ values: [String], _ page: inout Markup) {
        page.element("tr") { page in
            page.leaf("th", ["scope": "row"], name)
            for value in values { page.leaf("td", value) }
        }
    }

    private func table(
        _ titles: [String], numbers: Bool, _ page: inout Markup, rows: (inout Markup) -> Void
    ) {
        page.element("div", ["class": "scroll"]) { page in
            page.element("table", ["class": numbers ? "numbers" : ""]) { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        for title in titles { page.leaf("th", ["scope": "col"], title) }
                    }
                }
                page.element("tbody", [:], rows)
            }
        }
    }
}
