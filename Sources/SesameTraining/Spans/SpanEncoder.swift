import SesameModels
import SesameText

/// One window over a question's context, as a ``SpanPredictor`` reads it.
package struct SpanWindow: Sendable {
    /// `[CLS] question [SEP] context [SEP]`.
    package var ids: [Int32]
    /// 0 in the question, 1 in the context.
    package var typeIDs: [Int32]
    /// Which of the context's tokens it holds.
    package var tokens: Range<Int>
    /// The position of the first of them in ``ids``.
    package var firstPosition: Int
}

/// A question whose context lies in windows.
package struct SpanExample: Sendable {
    /// The windows, which cover the context.
    package var windows: [SpanWindow]
    /// Where each token of the context comes from, in its UTF-8 bytes.
    package var offsets: [Range<Int>]

    /// The answer's first and last position in each window; 0, that of `[CLS]`, in windows that do not hold all of it.
    ///
    /// - Parameter range: The answer's bytes in the context; nil where there is none.
    package func targets(_ range: Range<Int>?) -> [(start: Int32, end: Int32)] {
        // An answer may begin or end within a token, or in what no token stands for.
        let tokens = range.flatMap { range -> ClosedRange<Int>? in
            guard let first = offsets.firstIndex(where: { $0.upperBound > range.lowerBound }),
                let last = offsets.lastIndex(where: { $0.lowerBound < range.upperBound }),
                first <= last
            else { return nil }
            return first...last
        }
        return windows.map { window in
            guard let tokens, window.tokens.contains(tokens.lowerBound),
                window.tokens.contains(tokens.upperBound)
            else { return (0, 0) }
            let shift = window.firstPosition - window.tokens.lowerBound
            return (Int32(tokens.lowerBound + shift), Int32(tokens.upperBound + shift))
        }
    }
}

/// Turns questions and their contexts into windows.
package struct SpanEncoder: Sendable {
    let tokenizer: Tokenizer
    /// Tokens of a window, question and special tokens included.
    let maxLength: Int
    /// Tokens of the context that neighbouring windows share; half of what there is room for, if that is less.
    let overlap: Int
    /// The most tokens of a question; half of what there is room for, if that is less.
    let maxQuestionLength: Int
    /// Special tokens of a window.
    private let specialCount: Int

    /// - Throws: ``TrainingError`` with code `.invalidOption` where a window has no room for a question and a text.
    package init(
        tokenizer: Tokenizer, configuration: SpanPredictorConfig, maxLength: Int = .max
    ) throws {
        self.tokenizer = tokenizer
        self.maxLength = min(maxLength, configuration.backbone.maxSequenceLength)
        specialCount = tokenizer.encode("", pair: "").count
        let least = max(Self.shortestLength, specialCount + 2)
        guard self.maxLength >= least else {
            throw TrainingError(
                .invalidOption(
                    name: "the number of tokens that the model reads at once",
                    expected: "\(least) or more", found: "\(self.maxLength)"))
        }
        overlap = configuration.windowOverlap
        maxQuestionLength = configuration.maxQuestionLength
    }

    /// Tokens that leave room for special ones, a question and a context.
    static let shortestLength = 8

    /// Examples in the order of the questions.
    package func encode(_ questions: [Question]) -> [SpanExample] {
        let limit = min(maxQuestionLength, (maxLength - specialCount) / 2)
        // All at once, for all threads; contexts that several questions share only once.
        let texts = tokenizer.encodeBatch(questions.map(\.text), addSpecialTokens: false)
        var places: [String: Int] = [:]
        for question in questions where places[question.context] == nil {
            places[question.context] = places.count
        }
        let contexts = tokenizer.encodeBatch(
            places.sorted { $0.value < $1.value }.map(\.key), addSpecialTokens: false)
        return zip(questions, texts).map { question, encoding in
            let offsets = places[question.context].map { contexts[$0].offsets } ?? []
            let text = Self.cut(question.text, encoding, to: limit)
            let room = maxLength - specialCount - min(encoding.count, limit)
            let shared = min(overlap, room / 2)
            let first = tokenizer.encode(
                text, pair: question.context,
                truncation: Truncation(
                    maxLength: maxLength, strategy: .onlySecond, stride: shared))
            var end = 0
            let windows = ([first] + first.overflow).map { window in
                let positions = window.sequenceRanges[1]
                let start = end == 0 ? 0 : end - shared
                end = start + positions.count
                return SpanWindow(
                    ids: window.ids, typeIDs: window.typeIDs, tokens: start..<end,
                    firstPosition: positions.lowerBound)
            }
            return SpanExample(windows: windows, offsets: offsets)
        }
    }

    /// The beginning of a question, up to so many tokens.
    private static func cut(_ text: String, _ encoding: Encoding, to limit: Int) -> String {
        guard encoding.count > limit else { return text }
        let utf8 = text.utf8
        let end = utf8.index(utf8.startIndex, offsetBy: encoding.offsets[limit - 1].upperBound)
        return String(text[..<end])
    }
}
