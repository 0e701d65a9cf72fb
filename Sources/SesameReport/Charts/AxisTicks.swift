#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where the lines of an axis go, and from where to where it reaches.
///
/// Source: Heckbert 1990, "Nice numbers for graph labels", Graphics Gems: steps are 1, 2 or 5 times a
/// power of ten.
public struct AxisTicks: Sendable, Hashable {
    /// The values that get a line and a label, rising.
    public let values: [Double]
    /// The values at both ends of the axis.
    public let range: ClosedRange<Double>

    /// Evenly spaced ticks.
    ///
    /// - Parameters:
    ///   - data: The values to be covered. Of a single value, a stretch around it.
    ///   - count: About how many steps there shall be, 1 or more.
    ///   - isTight: Whether the axis ends with the data rather than at a tick.
    ///   - isWhole: Whether only whole numbers make sense.
    public static func linear(
        _ data: ClosedRange<Double>, count: Int, isTight: Bool = false, isWhole: Bool = false
    ) -> AxisTicks {
        var (low, high) = (data.lowerBound, data.upperBound)
        if low == high {
            // A flat line lies in the middle.
            let room = low == 0 ? 1 : abs(low) * 0.1
            (low, high) = (low - room, high + room)
        }
        var step = niceStep((high - low) / Double(max(1, count)))
        if isWhole { step = max(1, step) }
        let first = isTight ? (low / step - 1e-9).rounded(.up) : (low / step + 1e-9).rounded(.down)
        let last = isTight ? (high / step + 1e-9).rounded(.down) : (high / step - 1e-9).rounded(.up)
        let values =
            last >= first
            ? (0...Int(last - first)).map { clean((first + Double($0)) * step, step: step) } : []
        let range = isTight || values.isEmpty ? low...high : values[0]...values[values.count - 1]
        return AxisTicks(values: values, range: range)
    }

    /// Ticks at powers of ten; where those are few, at 2 and 5 times them too, or at every digit.
    ///
    /// - Parameters:
    ///   - data: The values to be covered, above 0.
    ///   - count: About how many ticks there should be.
    public static func logarithmic(_ data: ClosedRange<Double>, count: Int) -> AxisTicks {
        precondition(data.lowerBound > 0, "a logarithmic axis from \(data.lowerBound)")
        var (low, high) = (data.lowerBound, data.upperBound)
        if low == high { (low, high) = (low / 2, high * 2) }
        let decades = log10(high / low)
        let digits: [Double] =
            switch decades {
            case ..<0.7: [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]
            case ..<1.5: [1, 2, 3, 5, 7]
            case ..<3: [1, 2, 5]
            default: [1]
            }
        let skip = max(1, Int((decades / Double(max(1, count))).rounded(.up)))
        var values: [Double] = []
        let firstPower = Int(log10(low).rounded(.down))
        let lastPower = Int(log10(high).rounded(.up))
        for power in firstPower...lastPower where power.isMultiple(of: skip) {
            values += digits.map {
                clean($0 * pow(10, Double(power)), step: pow(10, Double(power - 1)))
            }
        }
        // From the tick below the data to the one above, but no more than the data needs by much.
        let below = values.last { $0 <= low * (1 + 1e-9) } ?? low
        let above = values.first { $0 >= high * (1 - 1e-9) } ?? high
        let range =
            max(below, low / 1.6)...min(above, high * 1.6)
        return AxisTicks(values: values.filter { range.contains($0) }, range: range)
    }

    /// 1, 2 or 5 times a power of ten: the smallest that is at least `rough`.
    static func niceStep(_ rough: Double) -> Double {
        let power = pow(10, log10(rough).rounded(.down))
        let digit = rough / power
        let nice: Double = digit <= 1.0001 ? 1 : digit <= 2.0001 ? 2 : digit <= 5.0001 ? 5 : 10
        return nice * power
    }

    /// The multiple of the step without the noise of its last bits.
    private static func clean(_ value: Double, step: Double) -> Double {
        let decimals = max(0, Int((-log10(step)).rounded(.up)) + 1)
        guard decimals < 16 else { return value }
        let scale = pow(10, Double(decimals))
        let result = (value * scale).rounded() / scale
        return result == 0 ? 0 : result
    }
}
