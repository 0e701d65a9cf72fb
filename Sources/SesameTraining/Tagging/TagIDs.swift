/// The numbers of a model's tags.
struct TagIDs: Sendable {
    private let ids: [String: Int32]

    init(_ tags: [String]) {
        ids = Dictionary(uniqueKeysWithValues: tags.enumerated().map { ($1, Int32($0)) })
    }

    /// The numbers of a sentence's tags, a word each; -1 where there are none.
    /// - Throws: ``TrainingError`` with code `.badLabel` for a tag that the model does not know.
    func callAsFunction(_ sentence: TaggedSentence) throws -> [Int32] {
        guard let tags = sentence.tags else { return sentence.words.map { _ in -1 } }
        return try tags.map { tag in
            guard let id = ids[tag] else {
                throw TrainingError(
                    .badLabel(
                        problem: "the tag '\(tag.prefix(40))'"
                            + (sentence.place.map { " (\($0))" } ?? "")
                            + " is not among the model's \(ids.count) tags",
                        remedy: "use sentences with the tags that the model was trained on"))
            }
            return id
        }
    }
}
