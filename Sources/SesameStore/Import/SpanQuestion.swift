#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A question about a paragraph, whose answers are parts of it: one element of SQuAD's `qas`.
///
/// A document of such a corpus is a paragraph: its text the paragraph, its pair the questions, as a JSON array of these.
///
/// Source: Rajpurkar et al. 2016 and 2018, SQuAD, https://arxiv.org/abs/1606.05250 and https://arxiv.org/abs/1806.03822.
public struct SpanQuestion: Sendable, Hashable, Codable {
    /// A part of the paragraph that answers the question.
    public struct Answer: Sendable, Hashable, Codable {
        /// What it says.
        public var text: String
        /// Where it begins in the paragraph, in code points from 0 (`answer_start`).
        public var start: Int

        /// An answer from its parts.
        public init(text: String, start: Int) {
            self.text = text
            self.start = start
        }

        enum CodingKeys: String, CodingKey {
            case text
            case start = "answer_start"
        }
    }

    /// Names the question in its set.
    public var id: String
    /// What is asked.
    public var question: String
    /// The answers, any of which is right; none where the paragraph does not tell (`is_impossible`).
    public var answers: [Answer]

    /// A question from its parts.
    public init(id: String, question: String, answers: [Answer]) {
        self.id = id
        self.question = question
        self.answers = answers
    }

    enum CodingKeys: String, CodingKey {
        case id, question, answers
        case isImpossible = "is_impossible"
    }

    /// Reads SQuAD's keys; the answers of an impossible question, which are only plausible, are left aside.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        question = try values.decode(String.self, forKey: .question)
        let isImpossible = try values.decodeIfPresent(Bool.self, forKey: .isImpossible) ?? false
        answers =
            isImpossible ? [] : try values.decodeIfPresent([Answer].self, forKey: .answers) ?? []
    }

    /// Writes SQuAD's keys.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(question, forKey: .question)
        try values.encode(answers, forKey: .answers)
        try values.encode(answers.isEmpty, forKey: .isImpossible)
    }
}

extension SpanQuestion {
    /// Whether an answer stands in the paragraph where it says it does.
    static func holds(_ answer: Answer, in scalars: [Unicode.Scalar]) -> Bool {
        let text = Array(answer.text.unicodeScalars)
        // Compared this way round, no start can overflow.
        guard !text.isEmpty, answer.start >= 0, text.count <= scalars.count,
            answer.start <= scalars.count - text.count
        else { return false }
        return scalars[answer.start..<answer.start + text.count].elementsEqual(text)
    }
}

/// SQuAD's JSON, version 1.1 or 2.0: articles of paragraphs with questions. A document is a paragraph.
struct SQuADReader: RecordReader {
    private let lines: LineReader
    private let strictUTF8: Bool
    private var paragraphs: [RawDocument]?

    init(lines: LineReader, strictUTF8: Bool) {
        self.lines = lines
        self.strictUTF8 = strictUTF8
    }

    mutating func next() throws -> RawDocument? {
        // One object from beginning to end: it is read whole, once; then its paragraphs, from the last.
        var rest = try paragraphs ?? read().reversed()
        let document = rest.popLast()
        paragraphs = rest
        return document
    }

    private struct File: Decodable {
        struct Article: Decodable {
            let paragraphs: [Paragraph]
        }
        struct Paragraph: Decodable {
            let context: String
            let qas: [SpanQuestion]
        }
        let data: [Article]
    }

    private func read() throws -> [RawDocument] {
        var bytes: [UInt8] = []
        var first: LineReader.Position?
        while let position = try lines.next(appendingTo: &bytes, limit: documentByteLimit) {
            first = first ?? position
            bytes.append(0x0A)
        }
        guard let first else { return [] }
        let repairs = try TextBridge.repair(
            &bytes, strict: strictUTF8, path: lines.path, position: first)
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw malformed(
                "SQuAD's JSON: data, paragraphs, context, qas, question, answers (import JSON of "
                    + "other kinds with the format jsonl, or as text)", Self.explain(error))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var result: [RawDocument] = []
        for paragraph in file.data.flatMap(\.paragraphs) {
            let scalars = Array(paragraph.context.unicodeScalars)
            for question in paragraph.qas {
                for answer in question.answers where !SpanQuestion.holds(answer, in: scalars) {
                    throw malformed(
                        "every answer at its answer_start, in code points of the context",
                        "another text at \(answer.start) for question '\(question.id.prefix(40))'")
                }
            }
            result.append(
                RawDocument(
                    text: Array(paragraph.context.utf8),
                    pair: Array(try encoder.encode(paragraph.qas)), position: first,
                    repairedCount: result.isEmpty ? repairs : 0))
        }
        return result
    }

    private func malformed(_ expected: String, _ found: String) -> StoreError {
        StoreError(.malformed(path: lines.path, line: 1, expected: expected, found: found))
    }

    /// What the file lacks, without any of its text.
    private static func explain(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
                .joined(separator: ".")
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context):
            let path = place(context)
            return "no '\(key.stringValue)'" + (path.isEmpty ? "" : " in \(path)")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            let path = place(context)
            return path.isEmpty
                ? "something that is not one JSON object" : "another type at \(path)"
        default: return "something that is not one JSON object"
        }
    }
}
