import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Picks the next token from logits.
///
/// In this order: logits are divided by the temperature; all but the ``topK`` largest are dropped; of the
/// rest, the likeliest whose probabilities together first reach ``topP`` are kept. One of those is drawn.
/// Of equal logits the lower id counts as the larger. The same seed gives the same tokens.
///
/// Source: Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, https://arxiv.org/abs/1904.09751 (top-p).
public struct Sampler: Sendable {
    /// Above 1 flattens, below 1 sharpens; 0 always takes the likeliest token.
    public let temperature: Float
    /// How many tokens are drawn from at most; nil for no limit.
    public let topK: Int?
    /// How much probability is drawn from, above 0 up to 1.
    public let topP: Float
    private var generator: RandomGenerator

    /// A sampler at the beginning of its seed's sequence.
    ///
    /// - Throws: ``ModelError`` with code `.input` if a value is out of range.
    public init(temperature: Float = 1, topK: Int? = nil, topP: Float = 1, seed: UInt64 = 0) throws
    {
        guard temperature >= 0 && temperature.isFinite else {
            throw ModelError(.input, "temperature is \(temperature), expected 0 or more")
        }
        if let topK, topK < 1 {
            throw ModelError(.input, "top-k is \(topK), expected at least 1")
        }
        guard topP > 0 && topP <= 1 else {
            throw ModelError(.input, "top-p is \(topP), expected above 0 up to 1")
        }
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        generator = RandomGenerator(
            key: RandomKey(seed: seed, stream: 0x5e5a_3e0d_0b0d_0002))
    }

    private init() {
        (temperature, topK, topP) = (0, nil, 1)
        generator = RandomGenerator(key: RandomKey(seed: 0, stream: 0))
    }

    /// Always the likeliest token.
    public static let greedy = Sampler()

    /// Draws a token.
    ///
    /// - Parameter logits: One a token of the vocabulary, at least one.
    public mutating func next(_ logits: [Float]) -> Int32 {
        logits.withUnsafeBufferPointer { next($0) }
    }

    /// Draws a token from logits in memory.
    public mutating func next(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        precondition(!logits.isEmpty, "a token is drawn from at least one logit")
        if temperature == 0 || topK == 1 { return Int32(largest(logits, count: 1)[0]) }
        let narrowed = topK.map { $0 < logits.count } ?? false || topP < 1
        let candidates =
            narrowed
            ? largest(logits, count: min(topK ?? logits.count, logits.count))
            : Array(logits.indices)
        let highest = narrowed ? logits[candidates[0]] : logits.max() ?? 0
        var weights = candidates.map {
            exp(Double(logits[$0] - highest) / Double(temperature))
        }
        if topP < 1 {
            let limit = Double(topP) * weights.reduce(0, +)
            var sum = 0.0
            let kept = weights.firstIndex { weight in
                sum += weight
                return sum >= limit
            }
            weights.removeLast(weights.count - 1 - (kept ?? weights.count - 1))
        }
        let total = weights.reduce(0, +)
        let uniform: Double = generator.nextUniform()
        var remaining = uniform * total
        for (i, weight) in weights.enumerated() {
            remaining -= weight
            if remaining < 0 { return Int32(candidates[i]) }
        }
        return Int32(candidates[weights.count - 1])
    }
}

/// The indices of the `count` largest values, the largest first; of equals the first. NaN counts as smallest.
package func largest(_ values: UnsafeBufferPointer<Float>, count: Int) -> [Int] {
    func above(_ a: Int, _ b: Int) -> Bool {
        let (x, y) = (values[a], values[b])
        if x.isNaN != y.isNaN { return y.isNaN }
        return x > y || (!(x < y) && a < b)
    }
    if count == 1 {
        var best = 0
        for i in values.indices.dropFirst() where above(i, best) { best = i }
        return [best]
    }
    // A sorted list of the best so far; most values fail the comparison with its last.
    guard count < values.count / 8 else {
        return Array(values.indices.sorted(by: above).prefix(count))
    }
    var best: [Int] = []
    best.reserveCapacity(count + 1)
    for i in values.indices {
        if best.count == count, let last = best.last, !above(i, last) { continue }
        var low = 0
        var high = best.count
        while low < high {
            let middle = (low + high) / 2
            if above(best[middle], i) { low = middle + 1 } else { high = middle }
        }
        best.insert(i, at: low)
        if best.count > count { best.removeLast() }
    }
    return best
}
