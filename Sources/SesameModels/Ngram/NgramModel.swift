/// An n-gram language model with interpolated Kneser-Ney smoothing.
///
/// For a token w after the tokens h, with h′ being h without its first token,
///
///     p(w | h) = max(c(h w) − D(c(h w)), 0) / c(h ·) + γ(h) · p(w | h′)
///     γ(h)     = Σ over w of min(D(c(h w)), c(h w)) / c(h ·)
///
/// and below the unigrams the uniform distribution over all ids, so that every probability is above 0 and all
/// together are 1. c is the number of occurrences for the longest n-grams, and for shorter ones the number
/// of different tokens before them; D takes one of three values, estimated for each order. A context that was
/// not seen leaves p(w | h′) as it is. A text begins after the end of the one before, as after a token.
///
/// The model is its counts: probabilities are computed from them when asked for, in `Double`.
///
/// Source: Chen and Goodman 1999, https://doi.org/10.1006/csla.1999.0128; the treatment of texts' beginnings
/// and of the uniform distribution is KenLM's (Heafield et al. 2013).
public struct NgramModel: StoredModel, TextContinuing {
    /// The sizes and discounts.
    public let configuration: NgramConfig
    let table: NgramTable
    /// For the contexts of each length from 0, the sum of their continuations' counts.
    let totals: [[Double]]
    /// For the same contexts γ: what is left to shorter ones.
    let backoffs: [[Double]]

    /// Counts a text.
    ///
    /// - Parameters:
    ///   - text: Ids below the vocabulary's size; texts follow each other with the end token behind each.
    ///   - configuration: The order and kind of smoothing; its discounts are used where it has any.
    /// - Throws: ``ModelError`` with code `.configuration`, or `.input` for an id that is out of range or a text
    ///   of more than two thousand million tokens.
    public init(counting text: [Int32], configuration: NgramConfig) throws {
        try configuration.validate()
        try InputCheck.ids(text, below: configuration.vocabularySize)
        guard text.count < Int(Int32.max) else {
            throw ModelError(
                .input, "the text has \(text.count) tokens, expected less than \(Int32.max)")
        }
        let table = NgramTable(
            counting: text, vocabularySize: configuration.vocabularySize,
            order: configuration.order, end: configuration.endTokenID.map { Int32($0) })
        var configuration = configuration
        if configuration.discounts.isEmpty {
            configuration.discounts = table.levels.map {
                KneserNey.discounts(for: $0.counts, smoothing: configuration.smoothing)
            }
        }
        try configuration.validateDiscounts()
        self.init(configuration, table: table)
    }

    /// - Precondition: The table fits the configuration.
    init(_ configuration: NgramConfig, table: NgramTable) {
        self.configuration = configuration
        self.table = table
        var totals: [[Double]] = []
        var backoffs: [[Double]] = []
        for (level, rows) in table.levels.enumerated() {
            let contexts = level == 0 ? 1 : table.levels[level - 1].words.count
            let discounts = configuration.discounts[level]
            var sums = [Double](repeating: 0, count: contexts)
            var shares = [Double](repeating: 1, count: contexts)
            for context in 0..<contexts {
                var (sum, taken) = (0.0, 0.0)
                for row in table.children(of: context, level: level) {
                    let count = rows.counts[row]
                    sum += Double(count)
                    taken += Self.discount(count, discounts)
                }
                sums[context] = sum
                if sum > 0 { shares[context] = taken / sum }
            }
            totals.append(sums)
            backoffs.append(shares)
        }
        self.totals = totals
        self.backoffs = backoffs
    }

    private static func discount(_ count: Int32, _ discounts: [Double]) -> Double {
        count == 0 ? 0 : min(Double(count), discounts[min(Int(count), 3) - 1])
    }

    /// `SesameNgram`.
    public var architecture: String { "SesameNgram" }

    /// The number of different n-grams of all lengths.
    public var parameterCount: Int { ngramCounts.reduce(0, +) }

    /// The number of different n-grams of each length; of one token, those that occur.
    public var ngramCounts: [Int] {
        [table.levels[0].counts.count { $0 > 0 }]
            + table.levels.dropFirst().map { $0.words.count }
    }

    // MARK: - Contexts

    /// The tokens that the next one is judged by.
    public struct Context: Sendable, Hashable {
        /// The rows of the last 0, 1, 2 … tokens, as far as they have been seen.
        var rows: [Int]
    }

    /// The beginning of a text.
    public var beginning: Context {
        var context = Context(rows: [0])
        if let end = configuration.endTokenID, configuration.order > 1 { context.rows.append(end) }
        return context
    }

    /// The context after some tokens.
    ///
    /// - Parameter tokens: Ids below the vocabulary's size.
    public func context(after tokens: some Collection<Int32>) -> Context {
        var context = beginning
        for token in tokens { _ = probability(of: token, advancing: &context) }
        return context
    }

    /// The probability of a token, after which it belongs to the context.
    ///
    /// - Parameters:
    ///   - token: An id below the vocabulary's size.
    ///   - context: What came before; the token is added to it.
    public func probability(of token: Int32, advancing context: inout Context) -> Double {
        require(token)
        var result = 1 / Double(configuration.vocabularySize)
        var next = [0]
        next.reserveCapacity(configuration.order)
        for (level, row) in context.rows.enumerated() {
            let child = table.child(of: row, level: level, word: token)
            let total = totals[level][row]
            if total > 0 {
                let count = child.map { table.levels[level].counts[$0] } ?? 0
                let kept = Double(count) - Self.discount(count, configuration.discounts[level])
                result = kept / total + backoffs[level][row] * result
            }
            if let child, next.count == level + 1, level + 1 < configuration.order {
                next.append(child)
            }
        }
        context = Int(token) == configuration.endTokenID ? beginning : Context(rows: next)
        return result
    }

    /// The probability of a token after others.
    public func probability(of token: Int32, after tokens: some Collection<Int32>) -> Double {
        var context = context(after: tokens)
        return probability(of: token, advancing: &context)
    }

    /// The probabilities of all tokens in a context.
    ///
    /// - Returns: One a token of the vocabulary; together they are 1 up to rounding.
    public func distribution(_ context: Context) -> [Double] {
        let size = configuration.vocabularySize
        var result = [Double](repeating: 1 / Double(size), count: size)
        for (level, row) in context.rows.enumerated() where totals[level][row] > 0 {
            let total = totals[level][row]
            let share = backoffs[level][row]
            for id in result.indices { result[id] *= share }
            for child in table.children(of: row, level: level) {
                let count = table.levels[level].counts[child]
                let kept = Double(count) - Self.discount(count, configuration.discounts[level])
                result[Int(table.levels[level].words[child])] += kept / total
            }
        }
        return result
    }

    private func require(_ token: Int32) {
        precondition(
            (0..<configuration.vocabularySize).contains(Int(token)),
            "token \(token) is outside 0..<\(configuration.vocabularySize)")
    }
}
