import SesameStore
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A text with several endings, or a question with several answers, of which one is right.
public struct MultipleChoice: Sendable, Hashable {
    /// What comes first.
    public var text: String
    /// What may follow.
    public var endings: [String]
    /// The place of the right ending, from 0; nil where it is not known.
    public var answer: Int?
    /// Where it comes from, as "swag.csv line 12", for messages.
    public var place: String?

    /// A choice; the answer may be left out.
    public init(_ text: String, endings: [String], answer: Int? = nil, place: String? = nil) {
        self.text = text
        self.endings = endings
        self.answer = answer
        self.place = place
    }

    /// A document as an import of endings leaves it: the text, the endings as a JSON array, and the right one's place as
    /// the label, a number from 0 or a letter from A.
    ///
    /// - Throws: ``TrainingError`` with code `.badLabel` for another document, or a label that is no ending's place.
    public init(_ document: Document) throws {
        let labelled = LabelledText(document)
        let place = labelled.place ?? "a document"
        guard
            let endings = try? JSONDecoder().decode(
                [String].self, from: Data((document.pair ?? "").utf8)), endings.count >= 2
        else {
            throw TrainingError(
                .badLabel(
                    problem: "\(place) has no endings, expected two or more",
                    remedy: "import with the columns of the endings"))
        }
        var answer: Int?
        if let label = document.label, !label.isEmpty {
            guard let index = Self.index(label), endings.indices.contains(index) else {
                throw TrainingError(
                    .badLabel(
                        problem: "\(place) has the label '\(label.prefix(40))' for "
                            + "\(endings.count) endings, expected a number from 0 or a letter from A",
                        remedy: "give the column of the right ending's place"))
            }
            answer = index
        }
        self.init(document.text, endings: endings, answer: answer, place: labelled.place)
    }

    /// The place that a label names.
    private static func index(_ label: String) -> Int? {
        if let number = Int(label) { return number }
        let scalars = label.unicodeScalars
        guard scalars.count == 1, let letter = scalars.first, ("A"..."Z").contains(letter) else {
            return nil
        }
        return Int(letter.value) - 0x41
    }
}

extension CorpusReader {
    /// The choices of a split whose answers are known.
    func choices(_ split: Split) throws -> [MultipleChoice] {
        var result: [MultipleChoice] = []
        try forEachBatch(split) { documents in
            for document in documents {
                let choice = try MultipleChoice(document)
                if choice.answer != nil { result.append(choice) }
            }
        }
        return result
    }
}

extension [MultipleChoice] {
    /// XXH64 of texts, endings and answers, in hexadecimal.
    var contentHash: String {
        flatMap { choice in
            [LabelledText(choice.text, label: choice.answer.map(String.init))]
                + choice.endings.map { LabelledText($0) }
        }.contentHash
    }
}
