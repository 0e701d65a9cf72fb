#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Questions of the form a is to b as c is to what, in sections, such as Google's questions-words.txt.
public struct AnalogySet: Sendable, Hashable {
    /// Four words, the last one the answer.
    public struct Question: Sendable, Hashable {
        /// The words a, b, c and d of "a is to b as c is to d".
        public let words: [String]

        /// A question and its answer.
        public init(_ a: String, _ b: String, _ c: String, _ d: String) { words = [a, b, c, d] }
    }

    /// Questions of one kind.
    public struct Section: Sendable, Hashable {
        /// Its heading.
        public let name: String
        /// The questions, in the file's order.
        public var questions: [Question]

        /// A section.
        public init(name: String, questions: [Question]) {
            self.name = name
            self.questions = questions
        }
    }

    /// The sections, in the file's order.
    public let sections: [Section]
    /// How many lines were no question of four words.
    public let skippedLineCount: Int

    /// A set in memory.
    public init(sections: [Section]) {
        self.sections = sections
        skippedLineCount = 0
    }

    /// Reads a file whose lines are four words, or the heading of a section after a colon and a space.
    ///
    /// - Throws: ``VectorError`` with code `.file` or `.malformedFile`, the latter for a question before
    ///   the first section, or no questions at all.
    public init(_ url: URL) throws {
        let file = try EvaluationLines(url)
        var sections: [Section] = []
        var skipped = 0
        for (number, line) in file.lines.enumerated() {
            if line.hasPrefix(": ") {
                let name = line.drop { $0 == ":" || $0 == " " }
                sections.append(
                    Section(name: Self.trimmed(name), questions: []))
                continue
            }
            let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
            if fields.isEmpty { continue }
            guard !sections.isEmpty else {
                throw VectorError(
                    .malformed(
                        path: url.path, place: "line \(number + 1)",
                        expected: "the heading of a section, as in ': capitals', before questions",
                        found: "\(fields.count) words"))
            }
            guard fields.count == 4 else {
                skipped += 1
                continue
            }
            sections[sections.count - 1].questions.append(
                Question(fields[0], fields[1], fields[2], fields[3]))
        }
        guard sections.contains(where: { !$0.questions.isEmpty }) else {
            throw VectorError(
                .malformed(
                    path: url.path, place: nil, expected: "questions of four words", found: "none"))
        }
        self.sections = sections
        skippedLineCount = skipped
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// How many questions of a set were answered right.
public struct AnalogyResult: Sendable, Hashable {
    /// The result of one section.
    public struct Section: Sendable, Hashable {
        /// The section's heading.
        public let name: String
        /// Questions answered right.
        public internal(set) var correctCount = 0
        /// Questions answered at all; those with unknown words are among them only where these count as wrong.
        public internal(set) var answeredCount = 0
        /// Questions that hold an unknown word.
        public internal(set) var unknownCount = 0

        /// The share of answers that are right, 0...1; 0 where nothing was answered.
        public var accuracy: Double {
            answeredCount > 0 ? Double(correctCount) / Double(answeredCount) : 0
        }
    }

    /// By section, in the set's order.
    public let sections: [Section]

    /// All sections together.
    public var total: Section {
        sections.reduce(into: Section(name: "total")) { total, section in
            total.correctCount += section.correctCount
            total.answeredCount += section.answeredCount
            total.unknownCount += section.unknownCount
        }
    }
}

extension VectorSearch {
    /// Answers a set's questions: a right answer is the word nearest to b - a + c that is none of the three.
    ///
    /// Counts as gensim's `evaluate_word_analogies` does: of the five nearest rows other than those of a, b and c, the first
    /// whose word, in upper case, is none of theirs; questions with unknown words are left out.
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public func evaluate(
        _ set: AnalogySet, options: EvaluationOptions = EvaluationOptions()
    ) throws -> AnalogyResult {
        let rows = try options.rows(of: table)
        var results: [AnalogyResult.Section] = []
        for section in set.sections {
            var result = AnalogyResult.Section(name: section.name)
            var known: [[String]] = []
            for question in section.questions {
                let words = question.words.map(options.folded)
                if words.allSatisfy({ rows[$0] != nil }) {
                    known.append(words)
                } else {
                    result.unknownCount += 1
                    if options.countsUnknown { result.answeredCount += 1 }
                }
            }
            for start in stride(from: 0, to: known.count, by: 128) {
                let questions = known[start..<min(start + 128, known.count)]
                let queries = questions.map { words -> Query in
                    let ids = words.prefix(3).compactMap { rows[$0] }
                    let query = Query(
                        terms: [1, 2, 0].flatMap { Self.unit(table[ids[$0]]) }, added: 2,
                        subtracted: 1, excluding: ids)
                    return options.method == .addition ? summed(query) : query
                }
                let found = try found(queries, count: 5, limit: options.limit, options.method)
                for (words, found) in zip(questions, found) {
                    result.answeredCount += 1
                    if answer(found, to: words, rows, options) == words[3] {
                        result.correctCount += 1
                    }
                }
            }
            results.append(result)
        }
        return AnalogyResult(sections: results)
    }

    /// The first word found that is none of the question's; where all are, the last one.
    private func answer(
        _ found: [Found], to words: [String], _ rows: [String: Int], _ options: EvaluationOptions
    ) -> String? {
        let answers = found.map { options.folded(table.word($0.row)) }
        return answers.first { rows[$0] != nil && !words.prefix(3).contains($0) } ?? answers.last
    }
}
