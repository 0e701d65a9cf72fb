/// How the words of entities are tagged.
public enum TaggingScheme: String, Sendable, Hashable, Codable, CaseIterable {
    /// `I-` for every word: neighbours of one type run together.
    case io
    /// `B-` for the first word, `I-` for the others (IOB2).
    case bio
    /// `B-`, `I-`, `E-` for the last, and `S-` for a single word.
    case bioes

    /// The tag of a word outside.
    public static let outside = "O"

    /// The tags of spans, which do not overlap.
    ///
    /// - Parameters:
    ///   - spans: The spans, within the sentence.
    ///   - count: How many words the sentence has.
    public func tags(for spans: [EntitySpan], count: Int) -> [String] {
        var result = Array(repeating: Self.outside, count: count)
        for span in spans {
            for place in span.words {
                result[place] = EntityTag(prefix(at: place, in: span.words), span.type).text
            }
        }
        return result
    }

    /// The same spans in this scheme.
    ///
    /// What the tags mean is ``EntitySpan/spans(of:)``'s reading, which knows IO, IOB1, BIO and BIOES.
    public func converted(_ tags: [String]) -> [String] {
        self.tags(for: EntitySpan.spans(of: tags), count: tags.count)
    }

    private func prefix(at place: Int, in words: Range<Int>) -> EntityTag.Prefix {
        let isFirst = place == words.lowerBound
        switch self {
        case .io: return .inside
        case .bio: return isFirst ? .beginning : .inside
        case .bioes:
            if words.count == 1 { return .single }
            return isFirst ? .beginning : place == words.upperBound - 1 ? .end : .inside
        }
    }

    /// Whether a tag may follow another: nil stands for the sentence's beginning or end.
    ///
    /// Tags that are no entity's may stand anywhere.
    public func allows(_ next: String?, after previous: String?) -> Bool {
        let (before, after) = (previous.flatMap(EntityTag.init), next.flatMap(EntityTag.init))
        switch self {
        case .io: return true
        case .bio:
            guard let after, after.prefix == .inside else { return true }
            return before?.type == after.type
        case .bioes:
            let isOpen = before.map { $0.prefix == .beginning || $0.prefix == .inside } ?? false
            let goesOn = after.map { $0.prefix == .inside || $0.prefix == .end } ?? false
            return isOpen == goesOn && (!isOpen || before?.type == after?.type)
        }
    }
}
