/// Where the parts of a chart lie.
struct ChartLayout {
    /// The room between the axes.
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
    let x: PlacedAxis
    let y: PlacedAxis
    /// The legend's entries: indices of series with their places.
    let legend: [(series: Int, x: Double, y: Double)]

    static let fontSize = 13.0
    /// About the width of a character, as a share of the font size: a little more than most have.
    private static let characterWidth = 0.56

    static func textWidth(_ text: String) -> Double {
        Double(text.count) * fontSize * characterWidth
    }

    init(_ chart: LineChart) {
        var row = 14.0
        // The legend wraps; a chart of one series needs none.
        var legend: [(series: Int, x: Double, y: Double)] = []
        if chart.series.count > 1 {
            var place = 4.0
            for (index, series) in chart.series.enumerated() {
                let width = 30 + Self.textWidth(series.name) + 16
                if place > 4, place + width > chart.width {
                    place = 4
                    row += 20
                }
                legend.append((index, place, row))
                place += width
            }
            row += 24
        }
        self.legend = legend
        // The vertical axis's label stands above it, where it can be read without turning one's head.
        top = row + 12
        bottom = chart.height - 40
        let points = chart.series.flatMap(\.points)
        let placedY = PlacedAxis(
            chart.y, data: points.map(\.y), count: max(2, Int((bottom - top) / 42)),
            isTight: false, start: bottom, end: top)
        y = placedY
        left = 14 + (placedY.labels.map { Self.textWidth($0.text) }.max() ?? 0)
        right = chart.width - 18
        let isScatter = chart.series.contains { $0.mark == .dots }
        x = PlacedAxis(
            chart.x, data: points.lazy.filter { $0.y.isFinite }.map(\.x),
            count: max(2, Int((right - left) / 80)), isTight: !isScatter, start: left, end: right)
    }

    /// Where a point lies; nil where the axes cannot show it.
    func place(_ point: ChartPoint) -> ChartPoint? {
        guard let x = x.place(point.x), let y = y.place(point.y) else { return nil }
        return ChartPoint(x: x, y: y)
    }

    /// A series as stretches between gaps, thinned to what the width can show.
    func stretches(of points: [ChartPoint]) -> [[ChartPoint]] {
        var result: [[ChartPoint]] = []
        var current: [ChartPoint] = []
        for point in points {
            if let place = place(point) {
                current.append(place)
            } else if !current.isEmpty {
                result.append(current)
                current = []
            }
        }
        if !current.isEmpty { result.append(current) }
        return result.map { stretch in
            let span = (stretch.last?.x ?? 0) - (stretch.first?.x ?? 0)
            return Thinning.m4(stretch, columns: max(1, Int(span.rounded(.up))))
        }
    }
}
