/// A table of weights as SVG: for each row, a translation's word, how much it looks at each column, a word of
/// the source.
///
/// The darker a square, the larger its weight; a tooltip has the figure. Colours follow the reader's light or
/// dark mode.
public struct AttentionChart: Sendable {
    /// What the chart shows, for screen readers and as a tooltip.
    public var title: String
    /// The names of the columns: the source's tokens.
    public var columns: [String]
    /// The names of the rows: the translation's tokens.
    public var rows: [String]
    /// A weight a column, 0...1, for each row.
    public var weights: [[Float]]
    /// Whether squares are as dark as the square roots of their weights, which shows what long texts share out.
    public var showsRoots = false
    /// Tells the chart from others of its page.
    var identifier = Self.usualIdentifier
    private static let usualIdentifier = "attention"
    /// What stands near the beginning of a chart in a file of its own, to know it by.
    package static let mark = "aria-labelledby=\"\(usualIdentifier)-title"

    /// A chart of weights.
    ///
    /// - Precondition: As many rows of weights as names of rows, each with a weight a column.
    public init(title: String, columns: [String], rows: [String], weights: [[Float]]) {
        precondition(
            weights.count == rows.count && weights.allSatisfy { $0.count == columns.count },
            "\(rows.count) rows and \(columns.count) columns, but weights of "
                + "\(weights.map(\.count))")
        self.title = title
        self.columns = columns
        self.rows = rows
        self.weights = weights
    }

    /// Side of a square.
    private static let side = 26.0
    private static let gap = 8.0

    /// The drawing.
    /// - Parameter standalone: Whether it brings its style sheet along, for a file of its own.
    public func svg(standalone: Bool) -> String {
        // Column names lean, so that the longest needs some of its length in height and in width.
        let longest = columns.map(ChartLayout.textWidth).max() ?? 0
        let left = (rows.map(ChartLayout.textWidth).max() ?? 0) + 2 * Self.gap
        let top = longest * 0.75 + 2 * Self.gap + 10
        let last = columns.last.map(ChartLayout.textWidth) ?? 0
        let width = left + Double(columns.count) * Self.side + last * 0.75 + 2 * Self.gap
        let height = top + Double(rows.count) * Self.side + Self.gap
        var svg = Markup()
        svg.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "chart",
                "viewBox": "0 0 \(number(width)) \(number(height))", "width": number(width),
                "role": "img",
                "aria-labelledby": "\(identifier)-title \(identifier)-desc",
            ]
        ) { svg in
            svg.leaf("title", ["id": "\(identifier)-title"], title)
            svg.leaf("desc", ["id": "\(identifier)-desc"], summary)
            if standalone {
                svg.raw("<style>\(ChartStyle.standalone).chart { width: auto; }</style>\n")
            }
            for (index, name) in columns.enumerated() {
                let x = left + (Double(index) + 0.5) * Self.side
                let y = top - Self.gap
                svg.leaf(
                    "text",
                    [
                        "transform":
                            "translate(\(number(x + 4)) \(number(y))) rotate(-45)"
                    ], name)
            }
            for (row, name) in rows.enumerated() { draw(row, name, left: left, top: top, &svg) }
        }
        return svg.text
    }

    private func draw(
        _ row: Int, _ name: String, left: Double, top: Double, _ svg: inout Markup
    ) {
        let y = top + Double(row) * Self.side
        svg.leaf(
            "text",
            [
                "x": number(left - Self.gap), "y": number(y + Self.side / 2 + 4.5),
                "class": "end",
            ], name)
        for (column, weight) in weights[row].enumerated() {
            let share = Double(max(0, min(1, weight)))
            let shade = showsRoots ? share.squareRoot() : share
            svg.element(
                "rect",
                [
                    "x": number(left + Double(column) * Self.side + 1), "y": number(y + 1),
                    "width": number(Self.side - 2), "height": number(Self.side - 2), "rx": "2",
                    "style":
                        "fill: var(--c0); stroke: var(--chart-grid); fill-opacity: \(NumberText.fixed(shade, 3))",
                ]
            ) { svg in
                svg.leaf(
                    "title", "\(name) ← \(columns[column]): \(NumberText.percent(share))")
            }
        }
    }

    /// For each row the column with the largest weight.
    private var summary: String {
        zip(rows, weights).map { name, weights in
            guard let best = weights.indices.max(by: { weights[$0] < weights[$1] }) else {
                return name
            }
            return "\(name) looks most at \(columns[best]) "
                + "(\(NumberText.percent(Double(max(0, min(1, weights[best]))), decimals: 0)))"
        }.joined(separator: "; ")
    }

    private func number(_ value: Double) -> String {
        NumberText.trimmed(NumberText.fixed(value, 1))
    }
}
