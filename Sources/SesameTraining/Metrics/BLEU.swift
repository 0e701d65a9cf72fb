#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// BLEU: how many n-grams of a translation occur in its references, 0...100.
///
///     score = 100 · BP · exp(Σₙ ln pₙ / N),  n = 1...N
///     BP = 1 where the translations are as long as the references, else e^(1 − references / translations)
///
/// pₙ is the share of the n-grams that occur in a reference, each counted at most as often as in the
/// reference that has it most often; sums are over all sentences before the division. With several
/// references the length is that of the one nearest in length, the shorter of two as near.
///
/// Scores are sacreBLEU's, version 2.6, for the same choices.
///
/// Source: Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine Translation; Post 2018,
/// A Call for Clarity in Reporting BLEU Scores, https://github.com/mjpost/sacrebleu
public struct BLEU: Sendable, Hashable {
    /// What is counted as a word.
    public enum Tokenization: String, Sendable, Hashable, Codable, CaseIterable {
        /// What stands between white space: for text that is tokenised already.
        case none
        /// As WMT's mteval-v13a.pl: punctuation apart from words, numbers whole.
        case mteval13a = "13a"
    }

    /// What an order without any match counts as, which would make the whole score 0.
    ///
    /// Source: Chen and Cherry 2014, A Systematic Comparison of Smoothing Techniques for Sentence-Level
    /// BLEU, methods 1 to 3.
    public enum Smoothing: Sendable, Hashable {
        /// Nothing.
        case none
        /// This many matches in place of none (0.1 in the paper).
        case floor(Double)
        /// So many are added to matches and n-grams of every order above 1 (1 in the paper).
        case addK(Double)
        /// Half a match for the first such order, a quarter for the next, and so on: NIST's.
        case exponential
    }

    /// What is counted as a word.
    public var tokenization: Tokenization
    /// What an order without any match counts as.
    public var smoothing: Smoothing
    /// Whether case is ignored.
    public var lowercase: Bool
    /// N, the length of the longest n-grams.
    public var maxOrder: Int

    /// sacreBLEU's choices, unless told otherwise.
    public init(
        tokenization: Tokenization = .mteval13a, smoothing: Smoothing = .exponential,
        lowercase: Bool = false, maxOrder: Int = 4
    ) {
        precondition(maxOrder >= 1, "BLEU counts n-grams of 1 word or more, not \(maxOrder)")
        self.tokenization = tokenization
        self.smoothing = smoothing
        self.lowercase = lowercase
        self.maxOrder = maxOrder
    }

    /// The score of a whole set of translations.
    /// - Parameters:
    ///   - translations: One a sentence.
    ///   - references: For each sentence, in the same order, one or more.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` where their numbers differ or a sentence has
    ///   no reference.
    public func score(_ translations: [String], references: [[String]]) throws -> BLEUScore {
        guard translations.count == references.count else {
            throw TrainingError(
                .notEnoughData(
                    what: "BLEU",
                    needed: "references for each of the \(translations.count) translations",
                    found: "those of \(references.count)",
                    remedy: "give both in the same order, one a sentence"))
        }
        var statistics = BLEUStatistics(maxOrder: maxOrder)
        for (index, (translation, references)) in zip(translations, references).enumerated() {
            guard !references.isEmpty else {
                throw TrainingError(
                    .notEnoughData(
                        what: "BLEU", needed: "one reference or more for each translation",
                        found: "none for number \(index + 1)", remedy: "leave that sentence out"))
            }
            statistics.add(self.statistics(of: translation, references: references))
        }
        return score(of: statistics)
    }

    /// The score of one sentence, over the orders that it is long enough for, as is usual for one.
    ///
    /// - Precondition: There is a reference.
    public func sentenceScore(_ translation: String, references: [String]) -> BLEUScore {
        score(of: statistics(of: translation, references: references), effectiveOrder: true)
    }

    /// What the score of one sentence, or of a set with this sentence in it, is computed from.
    ///
    /// - Precondition: There is a reference.
    public func statistics(of translation: String, references: [String]) -> BLEUStatistics {
        precondition(!references.isEmpty, "a translation is compared with one reference or more")
        // Words become numbers: byte by byte, since Swift's strings count canonically equal ones as one.
        var numbers: [[UInt8]: Int32] = [:]
        func words(_ text: String) -> [Int32] {
            BLEUTokenizer.words(text, tokenization: tokenization, lowercase: lowercase).map {
                word in
                if let number = numbers[word] { return number }
                numbers[word] = Int32(numbers.count)
                return Int32(numbers.count - 1)
            }
        }
        let sentence = words(translation)
        var allowed: [ArraySlice<Int32>: Int] = [:]
        var nearest: (distance: Int, length: Int)?
        for reference in references {
            let reference = words(reference)
            for (gram, count) in counts(of: reference) {
                allowed[gram] = max(allowed[gram] ?? 0, count)
            }
            let candidate = (abs(reference.count - sentence.count), reference.count)
            if nearest.map({ candidate < $0 }) ?? true { nearest = candidate }
        }
        var statistics = BLEUStatistics(maxOrder: maxOrder)
        statistics.length = sentence.count
        statistics.referenceLength = nearest?.length ?? 0
        for (gram, count) in counts(of: sentence) {
            statistics.totals[gram.count - 1] += count
            statistics.matches[gram.count - 1] += min(count, allowed[gram] ?? 0)
        }
        return statistics
    }

    private func counts(of words: [Int32]) -> [ArraySlice<Int32>: Int] {
        var counts: [ArraySlice<Int32>: Int] = [:]
        for order in 1...maxOrder where order <= words.count {
            for start in 0...(words.count - order) {
                counts[words[start..<start + order], default: 0] += 1
            }
        }
        return counts
    }

    /// The score of what was counted.
    /// - Parameters:
    ///   - statistics: What was counted.
    ///   - effectiveOrder: Leaves out the orders that the translations are too short for.
    public func score(
        of statistics: BLEUStatistics, effectiveOrder: Bool = false
    ) -> BLEUScore {
        let (length, referenceLength) = (statistics.length, statistics.referenceLength)
        var brevityPenalty = 1.0
        if length < referenceLength {
            brevityPenalty = length > 0 ? exp(1 - Double(referenceLength) / Double(length)) : 0
        }
        var result = BLEUScore(
            score: 0, precisions: [Double](repeating: 0, count: maxOrder),
            brevityPenalty: brevityPenalty, statistics: statistics)
        guard statistics.matches.contains(where: { $0 > 0 }) else { return result }
        var orders = maxOrder
        var halving = 1.0
        for n in 0..<maxOrder {
            var (matches, total) = (Double(statistics.matches[n]), Double(statistics.totals[n]))
            if case .addK(let k) = smoothing, n > 0 {
                matches += k
                total += k
            }
            if total == 0 { break }
            if effectiveOrder { orders = n + 1 }
            if matches == 0 {
                switch smoothing {
                case .exponential:
                    halving *= 2
                    result.precisions[n] = 100 / (halving * total)
                case .floor(let value): result.precisions[n] = 100 * value / total
                case .none, .addK: break
                }
            } else {
                result.precisions[n] = 100 * matches / total
            }
        }
        let logarithms = result.precisions[..<orders].reduce(0) { $0 + log($1) }
        result.score = brevityPenalty * exp(logarithms / Double(orders))
        return result
    }
}

/// Counts of n-grams, which add up over sentences.
public struct BLEUStatistics: Sendable, Hashable, Codable {
    /// n-grams that occur in a reference, by length from 1.
    public var matches: [Int]
    /// All n-grams of the translations, by length from 1.
    public var totals: [Int]
    /// Words of the translations.
    public var length = 0
    /// Words of the references nearest to them in length.
    public var referenceLength = 0

    /// Nothing counted, for n-grams of up to this many words.
    public init(maxOrder: Int) {
        matches = [Int](repeating: 0, count: maxOrder)
        totals = matches
    }

    /// Adds what was counted in other sentences.
    ///
    /// - Precondition: Counted for n-grams of the same lengths.
    public mutating func add(_ other: BLEUStatistics) {
        precondition(
            matches.count == other.matches.count,
            "counts up to order \(other.matches.count) do not add to \(matches.count)")
        for n in matches.indices {
            matches[n] += other.matches[n]
            totals[n] += other.totals[n]
        }
        length += other.length
        referenceLength += other.referenceLength
    }
}

/// A score and what it was computed from.
public struct BLEUScore: Sendable, Hashable, Codable {
    /// 0...100.
    public var score: Double
    /// In per cent by length of n-gram from 1, smoothed.
    public var precisions: [Double]
    /// What brevity costs, 0...1; 1 is nothing.
    public var brevityPenalty: Double
    /// The counts.
    public var statistics: BLEUStatistics
}
