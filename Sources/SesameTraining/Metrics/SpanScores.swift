/// How well answers agree with those of the data: exact match and F1 by the official evaluation of SQuAD.
///
/// Answers are compared after ``normalized(_:)``, each with the most similar one of the data. A question that the paragraph
/// does not answer has one right answer, none.
///
/// Source: Rajpurkar et al. 2016 and 2018; the evaluation programs of SQuAD 1.1 and 2.0. The two differ only for answers
/// of which normalization leaves nothing; here they are 2.0's.
public struct SpanScores: Sendable, Hashable {
    /// What was said to one question.
    private struct Result: Sendable, Hashable {
        let isAnswerable: Bool
        /// Scores of what was said.
        let (exact, f1): (Double, Double)
        /// Scores of the best answer, had one been given in any case.
        let (exactIfAnswered, f1IfAnswered): (Double, Double)
        /// By how much there being no answer outscored the best one.
        let noAnswerScore: Double
        /// Whether there was a best answer at all.
        let hasBest: Bool
    }

    private var results: [Result] = []

    /// No questions.
    public init() {}

    /// How many questions there are.
    public var count: Int { results.count }

    /// Adds a question.
    ///
    /// - Parameters:
    ///   - answer: What was said; nil or empty for no answer.
    ///   - best: The best answer there is, whether or not it was given; nil where that is `answer`.
    ///   - noAnswerScore: The score of there being none, less that of the best.
    ///   - golds: The right answers; empty where there is none.
    public mutating func add(
        answer: String?, best: String? = nil, noAnswerScore: Double = 0, golds: [String]
    ) {
        let (said, best) = (answer ?? "", best ?? answer ?? "")
        results.append(
            Result(
                isAnswerable: !golds.isEmpty, exact: Self.exactMatch(said, golds),
                f1: Self.f1(said, golds), exactIfAnswered: Self.exactMatch(best, golds),
                f1IfAnswered: Self.f1(best, golds), noAnswerScore: noAnswerScore,
                hasBest: !best.isEmpty))
    }

    /// The figures by name. Where some questions have no answer, also those of either kind, and the best F1 that a
    /// threshold would give.
    public var metrics: Metrics {
        guard !results.isEmpty else { return [:] }
        func mean(_ results: [Result], _ value: (Result) -> Double) -> Double {
            results.reduce(0) { $0 + value($1) } / Double(results.count)
        }
        var metrics = [
            MetricName.exactMatch: mean(results, \.exact), MetricName.spanF1: mean(results, \.f1),
            MetricName.count: Double(results.count),
        ]
        let (with, without) = (
            results.filter(\.isAnswerable), results.filter { !$0.isAnswerable }
        )
        guard !without.isEmpty else { return metrics }
        metrics[MetricName.noAnswerAccuracy] = mean(without, \.exact)
        if !with.isEmpty {
            metrics[MetricName.answerableExactMatch] = mean(with, \.exact)
            metrics[MetricName.answerableF1] = mean(with, \.f1)
        }
        let best = bestThreshold
        metrics[MetricName.bestSpanF1] = best.f1
        metrics[MetricName.bestNoAnswerThreshold] = best.threshold
        return metrics
    }

    /// The threshold on the score of there being no answer that gives the best F1, and that F1.
    ///
    /// Questions whose score is not above the threshold are answered. As in the official program it is the score of the
    /// last question to be answered, the lowest of equally good ones, and 0 where none should be.
    public var bestThreshold: (threshold: Double, f1: Double) {
        var sum = Double(results.count { !$0.isAnswerable })
        var best = (threshold: 0.0, sum: sum)
        let order = results.indices.sorted {
            (results[$0].noAnswerScore, $0) < (results[$1].noAnswerScore, $1)
        }
        for index in order {
            let result = results[index]
            sum += result.isAnswerable ? result.f1IfAnswered : result.hasBest ? -1 : 0
            if sum > best.sum { best = (result.noAnswerScore, sum) }
        }
        return (best.threshold, results.isEmpty ? 0 : best.sum / Double(results.count))
    }
}

extension SpanScores {
    /// Lower case, without ASCII punctuation and the words a, an and the, with single spaces between words.
    public static func normalized(_ text: String) -> String {
        words(of: text).joined(separator: " ")
    }

    /// The words of a normalized text.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        /// Where the present run of letters and digits began in `word`.
        var run = 0
        func endRun() {
            // Articles stand between characters that are no letters or digits, not only between spaces.
            let last = String(word.dropFirst(run))
            if ["a", "an", "the"].contains(last) { breakWord(at: run) }
            run = word.count
        }
        func breakWord(at end: Int) {
            if end > 0 { words.append(String(word.prefix(end))) }
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            for scalar in scalar.properties.lowercaseMapping.unicodeScalars {
                if isPunctuation(scalar) { continue }
                if isSpace(scalar) {
                    endRun()
                    breakWord(at: word.count)
                    run = 0
                } else if isWordCharacter(scalar) {
                    word.append(scalar)
                } else {
                    endRun()
                    word.append(scalar)
                    run = word.count
                }
            }
        }
        endRun()
        breakWord(at: word.count)
        return words
    }

    /// ASCII's punctuation, as Python's `string.punctuation`.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// White space as Python's `str.split` has it.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    /// Letters and numbers, as `\w` of Python's regular expressions; the underscore is punctuation here.
    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            true
        default: false
        }
    }

    /// 1 where an answer is one of the right ones, both normalized, else 0; without right answers, 1 where there is none.
    public static func exactMatch(_ answer: String, _ golds: [String]) -> Double {
        let found = normalized(answer)
        return right(golds).contains { normalized($0) == found } ? 1 : 0
    }

    /// The F1 of an answer's words beside those of the most similar right one, each counted as often as it occurs.
    public static func f1(_ answer: String, _ golds: [String]) -> Double {
        let found = words(of: answer)
        return right(golds).map { f1(found, words(of: $0)) }.max() ?? 0
    }

    /// What counts as right: the answers that say something, or nothing where none does.
    private static func right(_ golds: [String]) -> [String] {
        let golds = golds.filter { !words(of: $0).isEmpty }
        return golds.isEmpty ? [""] : golds
    }

    private static func f1(_ found: [String], _ gold: [String]) -> Double {
        guard !found.isEmpty, !gold.isEmpty else { return found.isEmpty && gold.isEmpty ? 1 : 0 }
        var left: [String: Int] = [:]
        for word in gold { left[word, default: 0] += 1 }
        var common = 0
        for word in found where left[word, default: 0] > 0 {
            left[word, default: 0] -= 1
            common += 1
        }
        return common == 0 ? 0 : 2 * Double(common) / Double(found.count + gold.count)
    }
}
