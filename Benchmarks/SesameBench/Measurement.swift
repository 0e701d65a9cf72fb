import ArgumentParser
import Sesame

/// Options of every benchmark.
struct MeasurementOptions: ParsableArguments {
    @Option(help: "How many threads kernels use (default: one for each core).")
    var threads: Int?

    @Option(help: "Seconds to measure, after the warm-up.")
    var seconds: Double = 5

    func validate() throws {
        if let threads, threads < 1 {
            throw ValidationError("--threads is \(threads), expected at least 1")
        }
        guard seconds > 0 else {
            throw ValidationError("--seconds is \(seconds), expected more than 0")
        }
    }

    /// Makes the thread count take effect.
    func apply() {
        if let threads { Threads.count = threads }
    }

    /// Times `body` until the time is up: two calls that do not count, then at least three that do.
    ///
    /// - Returns: Seconds of each counted call, sorted.
    func times(_ body: () throws -> Void) rethrows -> [Double] {
        let clock = ContinuousClock()
        for _ in 0..<2 { try body() }
        var times: [Double] = []
        let begin = clock.now
        while times.count < 3 || (clock.now - begin).inSeconds < seconds {
            let start = clock.now
            try body()
            times.append((clock.now - start).inSeconds)
        }
        return times.sorted()
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

/// A line of results: one JSON object.
struct MeasurementLine {
    private var members: [String] = []

    /// - Parameters:
    ///   - name: For example `lm.nano.train`.
    ///   - amount: What one call does, in the unit.
    ///   - unit: For example `tokens/s`.
    ///   - times: Seconds of each call, sorted.
    ///   - threads: How many threads took part; by default those of the kernels.
    init(
        name: String, amount: Double, unit: String, times: [Double], threads: Int = Threads.count
    ) {
        add("name", text: name)
        add("value", amount / times[times.count / 2])
        add("unit", text: unit)
        add("threads", Double(threads))
        add("runs", Double(times.count))
        add("min", amount / times[times.count - 1])
        add("max", amount / times[0])
    }

    mutating func add(_ key: String, text: String) { members.append("\"\(key)\": \"\(text)\"") }

    mutating func add(_ key: String, _ value: Double, decimals: Int = 3) {
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        let rounded = (value * scale).rounded() / scale
        members.append(
            "\"\(key)\": " + (rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"))
    }

    func printed() { print("{" + members.joined(separator: ", ") + "}") }
}

extension Precision: ExpressibleByArgument {}
