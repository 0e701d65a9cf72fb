/// A point of a chart's series, in the units of the axes.
public struct ChartPoint: Sendable, Hashable {
    /// Along the horizontal axis.
    public var x: Double
    /// Along the vertical axis. A value that is not finite leaves a gap.
    public var y: Double

    /// A point.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// A line chart, or a scatter plot, as SVG.
///
///     var chart = LineChart(title: "Loss", x: ChartAxis("step", format: .count), y: ChartAxis("nats"))
///     chart.add("training", points: losses)
///     try chart.svg(standalone: true).write(to: url, atomically: true, encoding: .utf8)
///
/// Ticks are nice numbers; the horizontal axis ends with the data and the vertical one at ticks. Points
/// beyond four a pixel are thinned so that the picture stays the same (``Thinning``). Colours come
/// from ``ChartStyle`` and follow the reader's light or dark mode. Screen readers get a title and a
/// description with the figures.
public struct LineChart: Sendable {
    /// How a series is drawn.
    public enum Mark: Sendable, Hashable {
        /// A line.
        case line
        /// A thin, paler line: for noise behind something else.
        case faintLine
        /// A dashed line: for baselines.
        case dashedLine
        /// A line with a dot at each point; the dots go where there are more than 60.
        case lineWithDots
        /// Dots alone.
        case dots
    }

    /// Points with a name.
    public struct Series: Sendable {
        /// What the legend calls it.
        public var name: String
        /// The points; for lines, in the order of x.
        public var points: [ChartPoint]
        /// How it is drawn.
        public var mark: Mark
        /// Which of ``ChartStyle``'s eight colours it has, modulo eight.
        public var color: Int
    }

    /// What the chart shows, for screen readers and as a tooltip.
    public var title: String
    /// The horizontal axis.
    public var x: ChartAxis
    /// The vertical axis.
    public var y: ChartAxis
    /// Width in SVG units, of which text is 13 high.
    public var width: Double
    /// Height in SVG units.
    public var height: Double
    /// What is drawn, the first at the back.
    public private(set) var series: [Series] = []

    /// An empty chart.
    public init(
        title: String, x: ChartAxis, y: ChartAxis, width: Double = 440, height: Double = 270
    ) {
        self.title = title
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// Adds a series; without a colour it gets the next one.
    public mutating func add(
        _ name: String, points: [ChartPoint], mark: Mark = .line, color: Int? = nil
    ) {
        series.append(
            Series(name: name, points: points, mark: mark, color: (color ?? series.count) % 8))
    }

    /// How many points have no place in the chart, as they are not finite.
    public var hiddenCount: Int {
        let layout = ChartLayout(self)
        return series.reduce(0) { sum, series in
            sum + series.points.count { layout.place($0) == nil }
        }
    }

    /// The chart as an `svg` element.
    ///
    /// - Parameters:
    ///   - id: Begins the ids of elements; must be unique on a page.
    ///   - standalone: Whether the element is a file by itself, with its own style.
    public func svg(id: String = "chart", standalone: Bool = false) -> String {
        ChartDrawing(chart: self, layout: ChartLayout(self), id: id).svg(standalone: standalone)
    }

    /// What a screen reader says of the chart: each series' first, lowest, highest and last value.
    public var summary: String {
        let texts = series.compactMap { series -> String? in
            let shown = series.points.filter { $0.y.isFinite }
            guard let first = shown.first, let last = shown.last,
                let low = shown.min(by: { $0.y < $1.y }), let high = shown.max(by: { $0.y < $1.y })
            else { return nil }
            func text(_ value: Double) -> String {
                y.format == .percent ? NumberText.percent(value) : NumberText.short(value)
            }
            if series.mark == .dots { return "\(series.name): \(shown.count) points" }
            return "\(series.name): from \(text(first.y)) at \(NumberText.short(first.x)) to "
                + "\(text(last.y)) at \(NumberText.short(last.x)), lowest \(text(low.y)), "
                + "highest \(text(high.y))"
        }
        return "\(y.label) by \(x.label). " + texts.joined(separator: "; ") + "."
    }
}
