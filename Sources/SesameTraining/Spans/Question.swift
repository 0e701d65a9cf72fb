import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A question about a text, with the answers where these are known.
public struct Question: Sendable, Hashable {
    /// What is asked.
    public var text: String
    /// What the answer is a part of.
    public var context: String
    /// The right answers; empty where the context does not tell, nil where they are not known.
    public var answers: [String]?
    /// Names the question in its set; nil where it has no name.
    public var id: String?
    /// Where the first answer stands in the context, in UTF-8 bytes; nil where there is none.
    var range: Range<Int>?

    /// A question; answers may be left out.
    public init(_ text: String, context: String, answers: [String]? = nil, id: String? = nil) {
        self.text = text
        self.context = context
        self.answers = answers
        self.id = id
    }

    /// A question and the first of its answers in the context.
    package init(_ question: SpanQuestion, context: String) {
        self.init(
            question.question, context: context, answers: question.answers.map(\.text),
            id: question.id)
        guard let answer = question.answers.first else { return }
        let scalars = context.unicodeScalars
        guard
            let start = scalars.index(
                scalars.startIndex, offsetBy: answer.start, limitedBy: scalars.endIndex)
        else { return }
        let lower = context.utf8.distance(from: context.utf8.startIndex, to: start)
        range = lower..<lower + answer.text.utf8.count
    }
}

extension Question {
    /// The questions of a document as an import of SQuAD's format leaves it.
    ///
    /// - Throws: ``TrainingError`` with code `.badLabel` where the document holds none.
    static func all(in document: Document) throws -> [Question] {
        let questions: [SpanQuestion]
        do {
            questions = try JSONDecoder().decode(
                [SpanQuestion].self, from: Data((document.pair ?? "").utf8))
        } catch {
            throw TrainingError(
                .badLabel(
                    problem: "\(LabelledText(document).place ?? "a document") holds no questions",
                    remedy: "import questions and answers with --format squad"))
        }
        return questions.map { Question($0, context: document.text) }
    }
}

extension CorpusReader {
    /// The questions of a split's paragraphs, paragraph by paragraph.
    func questions(_ split: Split) throws -> [[Question]] {
        var result: [[Question]] = []
        try forEachBatch(split) { documents in
            for document in documents { result.append(try Question.all(in: document)) }
        }
        return result
    }
}

extension [Question] {
    /// XXH64 of questions, contexts and answers, in hexadecimal.
    var contentHash: String {
        flatMap { question in
            [LabelledText(question.text, pair: question.context)]
                + (question.answers ?? []).map { LabelledText($0) }
        }.contentHash
    }
}
