/// Writes a chart's SVG.
struct ChartDrawing {
    let chart: LineChart
    let layout: ChartLayout
    let id: String

    func svg(standalone: Bool) -> String {
        var svg = Markup()
        let size = "0 0 \(number(chart.width)) \(number(chart.height))"
        svg.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "chart", "viewBox": size,
                "role": "img", "aria-labelledby": "\(id)-title \(id)-desc",
            ]
        ) { svg in
            svg.leaf("title", ["id": "\(id)-title"], chart.title)
            svg.leaf("desc", ["id": "\(id)-desc"], chart.summary)
            if standalone { svg.raw("<style>\(ChartStyle.standalone)</style>\n") }
            drawAxes(&svg)
            for series in chart.series { draw(series, &svg) }
            drawLegend(&svg)
        }
        return svg.text
    }

    private func drawAxes(_ svg: inout Markup) {
        let (left, right) = (number(layout.left), number(layout.right))
        var lines = ""
        for label in layout.y.labels { lines += "M\(left) \(number(label.place))H\(right)" }
        if !lines.isEmpty { svg.empty("path", ["class": "grid", "d": lines]) }
        for label in layout.y.labels {
            svg.leaf(
                "text",
                [
                    "x": number(layout.left - 7), "y": number(label.place + 4.5),
                    "class": "end",
                ], label.text)
        }
        svg.leaf("text", ["x": "4", "y": number(layout.top - 14)], chart.y.label + note(layout.y))

        let bottom = number(layout.bottom)
        lines = "M\(left) \(bottom)H\(right)"
        for label in layout.x.labels { lines += "M\(number(label.place)) \(bottom)v5" }
        svg.empty("path", ["class": "axis", "d": lines])
        for label in layout.x.labels {
            // A label at the right edge ends there.
            let half = ChartLayout.textWidth(label.text) / 2
            let place = min(label.place, chart.width - 2 - half)
            svg.leaf(
                "text",
                ["x": number(place), "y": number(layout.bottom + 18), "class": "middle"],
                label.text)
        }
        svg.leaf(
            "text",
            [
                "x": number((layout.left + layout.right) / 2), "y": number(chart.height - 5),
                "class": "middle",
            ], chart.x.label + note(layout.x))
    }

    private func note(_ axis: PlacedAxis) -> String {
        axis.isLogarithmic ? " (logarithmic)" : ""
    }

    private func draw(_ series: LineChart.Series, _ svg: inout Markup) {
        let color = "c\(series.color)"
        if series.mark == .dots {
            drawDots(of: series, radius: 2.5, extra: " scatter", &svg)
            return
        }
        let stretches = layout.stretches(of: series.points)
        let path = stretches.filter { $0.count > 1 }.map(Self.path).joined()
        let style =
            switch series.mark {
            case .faintLine: " faint"
            case .dashedLine: " dashed"
            default: ""
            }
        if !path.isEmpty { svg.empty("path", ["class": "line \(color)\(style)", "d": path]) }
        if series.mark == .lineWithDots, series.points.count <= 60 {
            drawDots(of: series, radius: 3, extra: "", &svg)
        } else {
            // A point between gaps would be no line at all.
            for stretch in stretches where stretch.count == 1 {
                svg.empty(
                    "circle",
                    [
                        "class": "dot \(color)", "cx": number(stretch[0].x),
                        "cy": number(stretch[0].y), "r": "3",
                    ])
            }
        }
    }

    private func drawDots(
        of series: LineChart.Series, radius: Double, extra: String, _ svg: inout Markup
    ) {
        for point in series.points {
            guard let place = layout.place(point) else { continue }
            let value =
                chart.y.format == .percent
                ? NumberText.percent(point.y) : NumberText.short(point.y)
            svg.element(
                "circle",
                [
                    "class": "dot c\(series.color)\(extra)", "cx": number(place.x),
                    "cy": number(place.y), "r": number(radius),
                ]
            ) { svg in
                svg.leaf(
                    "title",
                    "\(series.name): \(value) at \(chart.x.label) \(NumberText.short(point.x))")
            }
        }
    }

    private func drawLegend(_ svg: inout Markup) {
        for entry in layout.legend {
            let series = chart.series[entry.series]
            let (x, y) = (entry.x, entry.y - 4.5)
            if series.mark != .dots {
                let style =
                    series.mark == .faintLine
                    ? " faint" : series.mark == .dashedLine ? " dashed" : ""
                svg.empty(
                    "path",
                    [
                        "class": "line c\(series.color)\(style)",
                        "d": "M\(number(x)) \(number(y))h24",
                    ])
            }
            if [.dots, .lineWithDots].contains(series.mark) {
                svg.empty(
                    "circle",
                    [
                        "class": "dot c\(series.color)", "cx": number(x + 12), "cy": number(y),
                        "r": "3",
                    ])
            }
            svg.leaf("text", ["x": number(x + 30), "y": number(entry.y)], series.name)
        }
    }

    /// "M10 20L11 19.5…" for places on the page.
    static func path(_ points: [ChartPoint]) -> String {
        var result = ""
        for (index, point) in points.enumerated() {
            result += "\(index == 0 ? "M" : "L")\(number(point.x)) \(number(point.y))"
        }
        return result
    }

    private func number(_ value: Double) -> String { Self.number(value) }

    /// A coordinate to a hundredth of a unit.
    static func number(_ value: Double) -> String {
        NumberText.trimmed(NumberText.fixed(value, 2))
    }
}
