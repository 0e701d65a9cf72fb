/// A named part of a sentence: a type and the words it covers.
public struct EntitySpan: Sendable, Hashable, Codable {
    /// The type, as `PER`.
    public var type: String
    /// The words' places.
    public var words: Range<Int>

    /// A span from its parts.
    public init(type: String, words: Range<Int>) {
        self.type = type
        self.words = words
    }
}

extension EntitySpan {
    /// The spans that tags mean, by the rules of conlleval, whatever scheme the tags are in.
    ///
    /// A span begins at `B-` and `S-`; at `I-` or `E-` after `O`, `E-` or `S-`, or after another type. It ends
    /// before `O`, `B-` and `S-`, after `E-` and `S-`, and before another type. So `I-PER` after `O` begins a span, and
    /// `I-LOC` after `B-PER` another: no tag of a broken sequence is lost. Tags without such a prefix count as `O`.
    ///
    /// Source: the CoNLL-2000 shared task's conlleval (Tjong Kim Sang and Buchholz 2000).
    public static func spans(of tags: some Sequence<String>) -> [EntitySpan] {
        var result: [EntitySpan] = []
        var open: (type: String, start: Int)?
        var previous: EntityTag?
        var count = 0
        for (place, text) in tags.enumerated() {
            let tag = EntityTag(text)
            count = place + 1
            if let current = open {
                let ends =
                    previous?.ends == true
                    || tag.map { $0.starts || $0.type != current.type } ?? true
                if ends {
                    result.append(EntitySpan(type: current.type, words: current.start..<place))
                    open = nil
                }
            }
            if open == nil, let tag { open = (tag.type, place) }
            previous = tag
        }
        if let current = open {
            result.append(EntitySpan(type: current.type, words: current.start..<count))
        }
        return result
    }
}

/// A tag that is part of an entity: its prefix and type.
public struct EntityTag: Sendable, Hashable {
    /// Where in a span a word stands.
    public enum Prefix: Character, Sendable, Hashable {
        /// The first of several (or, without E and S, of any).
        case beginning = "B"
        /// One within.
        case inside = "I"
        /// The last of several.
        case end = "E"
        /// The only one.
        case single = "S"
    }

    /// Where in a span the word stands.
    public let prefix: Prefix
    /// The span's type.
    public let type: String

    /// A tag such as `B-PER`; nil for `O` and for what has another form.
    ///
    /// `L-` and `U-` (of BILOU) are read as `E-` and `S-`, `M-` (of BMES) as `I-`.
    public init?(_ tag: String) {
        guard tag.utf8.count > 2, tag.dropFirst().first == "-", let letter = tag.first else {
            return nil
        }
        let names: [Character: Prefix] = ["L": .end, "U": .single, "M": .inside]
        guard let prefix = Prefix(rawValue: letter) ?? names[letter] else { return nil }
        self.prefix = prefix
        type = String(tag.dropFirst(2))
    }

    /// A tag from its parts.
    public init(_ prefix: Prefix, _ type: String) {
        self.prefix = prefix
        self.type = type
    }

    /// As it is written: `B-PER`.
    public var text: String { "\(prefix.rawValue)-\(type)" }

    fileprivate var starts: Bool { prefix == .beginning || prefix == .single }
    fileprivate var ends: Bool { prefix == .end || prefix == .single }
}
