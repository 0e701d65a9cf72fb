/// Tokens a second over the last seconds.
struct SpeedMeter: Sendable {
    private var marks: [(tokens: Int, seconds: Double)] = []
    private var total = 0

    /// Speed over the last 20 steps or so.
    mutating func add(tokens: Int, seconds: Double) -> Double {
        total += tokens
        marks.append((total, seconds))
        if marks.count > 20 { marks.removeFirst(marks.count - 20) }
        guard let first = marks.first, seconds > first.seconds else { return 0 }
        return Double(total - first.tokens) / (seconds - first.seconds)
    }

    /// Forgets the time spent on something else.
    mutating func restart(at seconds: Double) { marks = [(total, seconds)] }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
