/// A chart on a page, with its heading and, for those who cannot or will not read a picture, its values.
struct ReportFigure {
    let figure: ReportCurves.Figure
    let id: String

    /// The largest table of values; longer curves show every n-th value and the last.
    private static let rowLimit = 25

    func write(_ page: inout Markup) {
        let chart = figure.chart
        let isWide = chart.width > 600
        page.element("figure", ["class": isWide ? "wide" : ""]) { page in
            page.leaf("h3", figure.title)
            if isWide {
                // A wide picture on a telephone would have letters as small as sand.
                var narrow = chart
                (narrow.width, narrow.height) = (440, 300)
                page.element("div", ["class": "wide-only"]) { $0.raw(chart.svg(id: id)) }
                page.element("div", ["class": "narrow-only"]) {
                    $0.raw(narrow.svg(id: id + "-narrow"))
                }
            } else {
                page.raw(chart.svg(id: id))
            }
            let hidden = chart.hiddenCount
            let notes =
                [figure.note].compactMap { $0 }
                + (hidden > 0
                    ? ["Left out: \(hidden) value\(hidden == 1 ? "" : "s") that are not finite."]
                    : [])
            if !notes.isEmpty { page.leaf("figcaption", notes.joined(separator: " ")) }
            writeValues(&page)
        }
    }

    private func writeValues(_ page: inout Markup) {
        let series = figure.chart.series
        // The steps of the evaluations if there are any, else of the longest curve.
        let sparse = series.filter { $0.mark == .lineWithDots }
        let steps = Set((sparse.isEmpty ? series : sparse).flatMap { $0.points.map(\.x) }).sorted()
        let stride = max(1, (steps.count + Self.rowLimit - 1) / Self.rowLimit)
        let shown = steps.enumerated().filter {
            $0.offset.isMultiple(of: stride) || $0.offset == steps.count - 1
        }.map(\.element)
        page.element("details") { page in
            page.leaf("summary", "Values")
            page.element("div", ["class": "scroll"]) { page in
                page.element("table", ["class": "numbers"]) { page in
                    page.element("thead") { page in
                        page.element("tr") { page in
                            page.leaf("th", ["scope": "col"], figure.chart.x.label)
                            for one in series { page.leaf("th", ["scope": "col"], one.name) }
                        }
                    }
                    page.element("tbody") { page in
                        for step in shown {
                            page.element("tr") { page in
                                page.leaf(
                                    "th", ["scope": "row"], NumberText.grouped(Int(step)))
                                for one in series {
                                    let point = one.points.last { $0.x <= step }
                                    page.leaf("td", point.map { text($0.y) } ?? "")
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func text(_ value: Double) -> String {
        figure.chart.y.format == .percent ? NumberText.percent(value) : NumberText.short(value)
    }
}
