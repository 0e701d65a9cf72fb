#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One of the two axes of a ``LineChart``.
public struct ChartAxis: Sendable, Hashable {
    /// How values become places.
    public enum Scale: Sendable, Hashable {
        /// Equal differences take equal room.
        case linear
        /// Equal ratios take equal room; values of 0 and below cannot be shown.
        case logarithmic
        /// Logarithmic where all values are above 0 and the largest is 20 times the smallest.
        case automatic
    }

    /// How the labels of ticks are written.
    public enum Format: Sendable, Hashable {
        /// As short as it goes: "0.5", "2×10⁻⁵".
        case number
        /// Whole numbers: "1,500", "20k".
        case count
        /// Shares as percentages: "45 %".
        case percent
    }

    /// What the axis shows, with its unit: "nats a token".
    public var label: String
    /// How values become places.
    public var scale: Scale
    /// How the labels of ticks are written.
    public var format: Format
    /// Whether a linear axis begins at 0 although the data does not.
    public var includesZero: Bool
    /// What the axis covers at least, so that charts side by side agree; nil for the data alone.
    public var covers: ClosedRange<Double>?

    /// An axis; it finds its range from the data.
    public init(
        _ label: String, scale: Scale = .linear, format: Format = .number,
        includesZero: Bool = false, covers: ClosedRange<Double>? = nil
    ) {
        self.label = label
        self.scale = scale
        self.format = format
        self.includesZero = includesZero
        self.covers = covers
    }

    /// The labels of ticks.
    ///
    /// - Parameter isEven: Whether the distances between them are the same.
    func texts(_ values: [Double], isEven: Bool) -> [String] {
        let step = isEven && values.count > 1 ? values[1] - values[0] : nil
        let largest = values.map(abs).max() ?? 0
        return values.map { value in
            switch format {
            case .number:
                // Labels of one axis have the same decimals: 0.700 above 0.698.
                if let step, (1e-4..<1e4).contains(step), largest < 1e5, value != 0 {
                    NumberText.grouped(
                        value, decimals: max(0, -Int((log10(step) + 1e-9).rounded(.down))))
                } else {
                    NumberText.short(value)
                }
            case .percent:
                NumberText.percent(value, decimals: (step ?? 1) < 0.00999 ? 1 : 0)
            case .count:
                largest >= 10_000
                    ? NumberText.counted(value) : NumberText.grouped(value, decimals: 0)
            }
        }
    }
}

/// An axis with its range, ticks and place on the page.
struct PlacedAxis {
    let axis: ChartAxis
    let ticks: AxisTicks
    let isLogarithmic: Bool
    /// The coordinates of the range's ends.
    let start: Double
    let end: Double

    /// - Parameters:
    ///   - data: The finite values to cover; none gives an axis from 0 to 1.
    ///   - count: About how many steps there is room for.
    ///   - isTight: Whether the axis ends with the data.
    init(
        _ axis: ChartAxis, data: some Sequence<Double>, count: Int, isTight: Bool, start: Double,
        end: Double
    ) {
        self.axis = axis
        self.start = start
        self.end = end
        var low = Double.infinity
        var high = -Double.infinity
        func cover(_ value: Double) {
            guard value.isFinite, axis.scale != .logarithmic || value > 0 else { return }
            low = min(low, value)
            high = max(high, value)
        }
        for value in data { cover(value) }
        if let range = axis.covers {
            cover(range.lowerBound)
            cover(range.upperBound)
        }
        if low > high { (low, high) = axis.scale == .logarithmic ? (0.1, 1) : (0, 1) }
        isLogarithmic =
            switch axis.scale {
            case .linear: false
            case .logarithmic: true
            case .automatic: low > 0 && high >= 20 * low
            }
        if isLogarithmic {
            ticks = .logarithmic(low...high, count: count)
        } else {
            if axis.includesZero { (low, high) = (min(low, 0), max(high, 0)) }
            ticks = .linear(
                low...high, count: count, isTight: isTight && low < high,
                isWhole: axis.format == .count)
        }
    }

    /// Where a value lies; nil where the axis cannot show it.
    func place(_ value: Double) -> Double? {
        guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
        let (low, high) = (ticks.range.lowerBound, ticks.range.upperBound)
        let share =
            isLogarithmic
            ? (log(value) - log(low)) / (log(high) - log(low)) : (value - low) / (high - low)
        return start + (end - start) * share
    }

    /// Each tick's place and label.
    var labels: [(place: Double, text: String)] {
        zip(ticks.values, axis.texts(ticks.values, isEven: !isLogarithmic)).compactMap {
            value, text in place(value).map { ($0, text) }
        }
    }
}
