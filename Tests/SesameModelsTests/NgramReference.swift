import SesameModels

/// Interpolated Kneser-Ney straight from its formulas, over dictionaries of token lists.
struct NgramReference {
    typealias Ngram = [Int32]
    var counts: [Int: [Ngram: Int]] = [:]
    var discounts: [[Double]] = []
    let order: Int
    let vocabularySize: Int

    /// - Parameter end: Behind each text, and before it.
    init(_ texts: [[Int32]], order: Int, vocabularySize: Int, end: Int32?, modified: Bool) {
        self.order = order
        self.vocabularySize = vocabularySize
        var raw: [Int: [Ngram: Int]] = [:]
        for text in texts {
            let tokens = end.map { [$0] + text + [$0] } ?? text
            for length in 1...order {
                guard tokens.count >= length else { continue }
                for start in 0...(tokens.count - length) {
                    // The end before a text is no occurrence of the token.
                    if length == 1 && start == 0 && end != nil { continue }
                    raw[length, default: [:]][Array(tokens[start..<start + length]), default: 0] +=
                        1
                }
            }
        }
        counts[order] = raw[order] ?? [:]
        for length in stride(from: order - 1, to: 0, by: -1) {
            var before: [Ngram: Set<Int32>] = [:]
            for ngram in (raw[length + 1] ?? [:]).keys {
                before[Array(ngram.dropFirst()), default: []].insert(ngram[0])
            }
            var result = before.mapValues(\.count)
            for (ngram, count) in raw[length] ?? [:] where length > 1 && ngram[0] == end {
                result[ngram] = count
            }
            counts[length] = result
        }
        for length in 1...order {
            let values = Array((counts[length] ?? [:]).values)
            func number(_ r: Int) -> Double { Double(values.count { $0 == r }) }
            let y = number(1) / (number(1) + 2 * number(2))
            let found = (1...3).map { r in
                modified ? Double(r) - Double(r + 1) * y * number(r + 1) / number(r) : y
            }
            let isGood = found.enumerated().allSatisfy { (0...Double($0 + 1)).contains($1) }
            let isKnown = number(1) > 0 && number(2) > 0
            discounts.append(
                isKnown && isGood ? found : modified ? [0.5, 1, 1.5] : [0.5, 0.5, 0.5])
        }
    }

    /// p(token | context), the context at most `order - 1` tokens long.
    func probability(_ token: Int32, _ context: [Int32]) -> Double {
        let lower =
            context.isEmpty
            ? 1 / Double(vocabularySize) : probability(token, Array(context.dropFirst()))
        let length = context.count + 1
        let continuations = (counts[length] ?? [:]).filter {
            Array($0.key.dropLast()) == context && $0.value > 0
        }
        let total = Double(continuations.values.reduce(0, +))
        guard total > 0 else { return lower }
        func discount(_ count: Int) -> Double { discounts[length - 1][min(count, 3) - 1] }
        let count = continuations[context + [token]] ?? 0
        let kept = count > 0 ? max(Double(count) - discount(count), 0) : 0
        let taken = continuations.values.reduce(0.0) { $0 + min(discount($1), Double($1)) }
        return kept / total + taken / total * lower
    }
}
