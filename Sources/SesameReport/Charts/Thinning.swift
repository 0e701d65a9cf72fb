/// Points that draw the same line, or a calmer one.
public enum Thinning {
    /// Keeps the first, lowest, highest and last point of each column of pixels, in their order: a line
    /// through these covers the very pixels that the line through all points covers, so no peak is lost.
    ///
    /// Source: Jugel et al. 2014, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 7(10).
    /// - Parameters:
    ///   - points: Points whose x never falls.
    ///   - columns: How many columns the width has, 1 or more.
    public static func m4(_ points: [ChartPoint], columns: Int) -> [ChartPoint] {
        precondition(columns >= 1, "\(columns) columns")
        guard points.count > 4 * columns, let first = points.first, let last = points.last,
            last.x > first.x
        else { return points }
        let width = (last.x - first.x) / Double(columns)
        func column(_ point: ChartPoint) -> Int {
            min(columns - 1, Int((point.x - first.x) / width))
        }
        var result: [ChartPoint] = []
        result.reserveCapacity(4 * columns)
        var start = 0
        while start < points.count {
            let place = column(points[start])
            var (end, low, high) = (start, start, start)
            while end + 1 < points.count, column(points[end + 1]) == place {
                end += 1
                if points[end].y < points[low].y { low = end }
                if points[end].y > points[high].y { high = end }
            }
            var kept = -1
            for index in [start, min(low, high), max(low, high), end] where index > kept {
                result.append(points[index])
                kept = index
            }
            start = end + 1
        }
        return result
    }

    /// The mean of each point and its neighbours, `window` points in all and fewer at both ends, so that a
    /// noisy curve's course can be seen. Values that are not finite do not count.
    public static func smoothed(_ points: [ChartPoint], window: Int) -> [ChartPoint] {
        precondition(window >= 1, "a window of \(window) points")
        return points.indices.map { index in
            let reach = min((window - 1) / 2, index, points.count - 1 - index)
            let values = points[index - reach...index + reach].map(\.y).filter(\.isFinite)
            let mean = values.reduce(0, +) / Double(values.count)
            return ChartPoint(x: points[index].x, y: values.isEmpty ? .nan : mean)
        }
    }
}
