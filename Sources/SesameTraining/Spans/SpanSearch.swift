import SesameModels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A part of a text as an answer.
public struct SpanAnswer: Sendable, Hashable {
    /// What it says.
    public var text: String
    /// Where it stands in the context, in UTF-8 bytes.
    public var range: Range<Int>
    /// The sum of its scores to begin and to end there.
    public var score: Double
    /// Its share among the answers that were considered, and that of no answer where there may be none.
    public var probability: Double
}

/// What was found for a question.
public struct FoundAnswer: Sendable, Hashable {
    /// The answer; nil where there is none, or none was found.
    public var answer: SpanAnswer?
    /// The best answers, the best first, whether or not one of them was given.
    public var best: [SpanAnswer]
    /// The score of there being no answer, less that of the best one; above the model's threshold none is given.
    public var noAnswerScore: Double
    /// The probability that there is no answer; nil for a model that always answers.
    public var noAnswerProbability: Double?
}

/// Finds the best answers from the scores of each token to begin and to end one.
///
/// In each window the `bestCount` likeliest tokens to begin and to end are combined. Both have to be the context's, the last
/// not before the first, the length at most `maxLength` tokens, and the first seen best in this window
/// (``Windows/best(of:at:)``). What says the same as a better answer is passed over. No answer has the score of `[CLS]`,
/// in the window where that is least.
///
/// Source: google-research/bert, run_squad.py, `write_predictions`.
package struct SpanSearch: Sendable {
    /// How many answers are kept, and how many tokens of a window are looked at.
    package var bestCount: Int
    /// The most tokens of an answer.
    package var maxLength: Int
    /// Above it no answer is given; nil for always one.
    package var threshold: Double?

    package init(bestCount: Int = 20, maxLength: Int = 30, threshold: Double? = nil) {
        self.bestCount = bestCount
        self.maxLength = maxLength
        self.threshold = threshold
    }

    private struct Candidate {
        let tokens: ClosedRange<Int>
        let score: Double
    }

    /// The answer to a question.
    ///
    /// - Parameters:
    ///   - example: The question's windows.
    ///   - scores: Of each window, for all of its positions.
    ///   - context: What the windows are of.
    package func answer(
        _ example: SpanExample, scores: [(starts: [Float], ends: [Float])], in context: String
    ) -> FoundAnswer {
        let windows = example.windows.map(\.tokens)
        var candidates: [Candidate] = []
        var noAnswer = Double.infinity
        for (index, window) in example.windows.enumerated() {
            let (starts, ends) = scores[index]
            noAnswer = min(noAnswer, Double(starts[0]) + Double(ends[0]))
            let positions =
                window.firstPosition..<window.firstPosition + window.tokens.count
            let lasts = Self.best(ends, bestCount).filter { positions.contains($0) }
            for first in Self.best(starts, bestCount) where positions.contains(first) {
                let token = window.tokens.lowerBound + first - positions.lowerBound
                guard Windows.best(of: windows, at: token) == index else { continue }
                for last in lasts where last >= first && last - first < maxLength {
                    candidates.append(
                        Candidate(
                            tokens: token...token + last - first,
                            score: Double(starts[first]) + Double(ends[last])))
                }
            }
        }
        candidates.sort {
            ($1.score, $0.tokens.lowerBound, $0.tokens.upperBound)
                < ($0.score, $1.tokens.lowerBound, $1.tokens.upperBound)
        }
        var best: [SpanAnswer] = []
        var seen: Set<String> = []
        let utf8 = context.utf8
        for candidate in candidates where best.count < bestCount {
            let range =
                example.offsets[candidate.tokens.lowerBound]
                .lowerBound..<example.offsets[candidate.tokens.upperBound].upperBound
            let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
            let text = String(context[start..<utf8.index(start, offsetBy: range.count)])
            guard seen.insert(text).inserted else { continue }
            best.append(
                SpanAnswer(text: text, range: range, score: candidate.score, probability: 0))
        }
        return found(best, noAnswer: noAnswer)
    }

    /// Adds probabilities, and decides whether to answer.
    private func found(_ best: [SpanAnswer], noAnswer: Double) -> FoundAnswer {
        var best = best
        let difference = best.first.map { noAnswer - $0.score } ?? 0
        let scores = best.map(\.score) + (threshold == nil ? [] : [noAnswer])
        let highest = scores.max() ?? 0
        let weights = scores.map { exp($0 - highest) }
        let sum = weights.reduce(0, +)
        for index in best.indices { best[index].probability = weights[index] / sum }
        let isGiven = threshold.map { difference <= $0 } ?? true
        return FoundAnswer(
            answer: isGiven ? best.first : nil, best: best, noAnswerScore: difference,
            noAnswerProbability: threshold == nil ? nil : weights[weights.count - 1] / sum)
    }

    /// The places of the largest values, the largest first; of equal ones the first.
    private static func best(_ values: [Float], _ count: Int) -> [Int] {
        values.withUnsafeBufferPointer { largest($0, count: count) }
    }
}
