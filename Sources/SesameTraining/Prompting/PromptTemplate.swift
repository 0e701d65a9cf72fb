/// How a text becomes a question to a language model, and an example with its answer.
///
/// `{text}`, `{pair}` and `{answer}` stand for a text, its second text and the answer's words:
/// `Review: {text}\nSentiment: {answer}`. A template without `{answer}` has it at its end, behind a space unless there
/// is one. A question ends where the answer begins; the spaces before it belong to the answer, as vocabularies of
/// subwords have them (GPT-2's ` good` is one token).
public struct PromptTemplate: Sendable, Hashable, CustomStringConvertible {
    private enum Piece: Hashable {
        case words(String)
        case text
        case pair
    }

    /// The template as it was written.
    public let description: String
    private let question: [Piece]
    /// The spaces between question and answer, which belong to the answer.
    public let separation: String
    private let rest: [Piece]

    private static let places: [(name: String, piece: Piece?)] = [
        ("{text}", .text), ("{pair}", .pair), ("{answer}", nil),
    ]

    /// Reads a template.
    /// - Throws: ``TrainingError`` with code `.invalidOption` if there is no `{text}` before the answer, or more
    ///   than one `{answer}`.
    public init(_ description: String) throws {
        self.description = description
        var parts: [[Piece]] = [[]]
        var words = ""
        var remaining = Substring(description)
        func close() {
            if !words.isEmpty { parts[parts.count - 1].append(.words(words)) }
            words = ""
        }
        while let first = remaining.first {
            if let place = Self.places.first(where: { remaining.hasPrefix($0.name) }) {
                close()
                if let piece = place.piece {
                    parts[parts.count - 1].append(piece)
                } else {
                    parts.append([])
                }
                remaining = remaining.dropFirst(place.name.count)
            } else {
                words.append(first)
                remaining = remaining.dropFirst()
            }
        }
        close()
        guard parts.count <= 2, parts[0].contains(.text) else {
            throw TrainingError(
                .invalidOption(
                    name: "template", expected: "a text with {text} and one {answer} behind it",
                    found: "'\(description)'"))
        }
        if parts.count == 1, description.last?.isWhitespace == false {
            parts[0].append(.words(" "))
        }
        var separation = ""
        if case .words(var last) = parts[0].last {
            while last.last == " " { separation.append(last.removeLast()) }
            parts[0].removeLast()
            if !last.isEmpty { parts[0].append(.words(last)) }
        }
        question = parts[0]
        self.separation = separation
        rest = parts.count == 1 ? [] : parts[1]
    }

    /// Whether the template has a place for a second text.
    public var takesPair: Bool { (question + rest).contains(.pair) }

    /// The question about a text, up to the answer.
    public func question(_ text: LabelledText) -> String { Self.filled(question, with: text) }

    /// A text with its answer.
    public func example(_ text: LabelledText, answer: String) -> String {
        question(text) + separation + answer + Self.filled(rest, with: text)
    }

    private static func filled(_ pieces: [Piece], with text: LabelledText) -> String {
        pieces.map { piece in
            switch piece {
            case .words(let words): words
            case .text: text.text
            case .pair: text.pair ?? ""
            }
        }.joined()
    }
}
