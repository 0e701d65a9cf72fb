/// Splits normalized text into the stretches that a token model sees one at a time.
public protocol PreTokenizer: TokenizerStage {
    /// Appends the pre-tokens of `text` as byte ranges, in order, without overlap; what lies between
    /// them (white space, as a rule) is left out.
    func split(_ text: UnsafeBufferPointer<UInt8>, into ranges: inout [Range<Int>])
}

/// BERT's splitting: at white space, which is dropped, and around each punctuation character.
public struct BERTPreTokenizer: PreTokenizer, Equatable {
    /// Splits as BERT does.
    public init() {}

    /// See ``PreTokenizer``.
    public func split(_ text: UnsafeBufferPointer<UInt8>, into ranges: inout [Range<Int>]) {
        guard let base = text.baseAddress else { return }
        var wordStart: Int?
        var index = 0
        while index < text.count {
            let start = index
            let scalar = UTF8Decoding.nextReplacing(base, at: &index, count: text.count)
            let isSpace = BERTCharacters.isSpace(scalar)
            let isPunctuation = !isSpace && BERTCharacters.isPunctuation(scalar)
            if isSpace || isPunctuation {
                if let begin = wordStart { ranges.append(begin..<start) }
                wordStart = nil
                if isPunctuation { ranges.append(start..<index) }
            } else if wordStart == nil {
                wordStart = start
            }
        }
        if let begin = wordStart { ranges.append(begin..<text.count) }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration { .init("BertPreTokenizer") }
}

/// Splits at white space, which is dropped, and nowhere else: for text that is tokenised already, with
/// spaces around its punctuation, as many corpora for translation and language models are.
public struct WhiteSpacePreTokenizer: PreTokenizer, Equatable {
    /// Splits at white space.
    public init() {}

    /// See ``PreTokenizer``.
    public func split(_ text: UnsafeBufferPointer<UInt8>, into ranges: inout [Range<Int>]) {
        guard let base = text.baseAddress else { return }
        var wordStart: Int?
        var index = 0
        while index < text.count {
            let start = index
            let scalar = UTF8Decoding.nextReplacing(base, at: &index, count: text.count)
            if !BERTCharacters.isSpace(scalar) {
                wordStart = wordStart ?? start
            } else if let begin = wordStart {
                ranges.append(begin..<start)
                wordStart = nil
            }
        }
        if let begin = wordStart { ranges.append(begin..<text.count) }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration { .init("WhitespaceSplit") }
}

/// Splits into words as ICU finds them, punctuation included.
public struct WordPreTokenizer: PreTokenizer {
    /// Whether white space is kept as pre-tokens, so that joining the tokens gives the text back.
    public let keepsWhiteSpace: Bool
    private let segmenter: Segmenter

    /// Splits at ICU's word boundaries.
    ///
    /// - Parameters:
    ///   - keepsWhiteSpace: Whether runs of white space are pre-tokens too.
    ///   - locale: The locale whose rules apply; empty for the root locale.
    /// - Throws: ``TextError`` with code `unicodeUnavailable` if ICU has no data.
    public init(keepsWhiteSpace: Bool = false, locale: String = "") throws {
        self.keepsWhiteSpace = keepsWhiteSpace
        segmenter = try Segmenter(locale: locale)
    }

    /// See ``PreTokenizer``.
    public func split(_ text: UnsafeBufferPointer<UInt8>, into ranges: inout [Range<Int>]) {
        guard let base = text.baseAddress else { return }
        segmenter.forEach(.word, in: text) { range, kind in
            if keepsWhiteSpace || kind != .none || !isWhiteSpace(base, range) {
                ranges.append(range)
            }
        }
    }

    private func isWhiteSpace(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let scalar = UTF8Decoding.nextReplacing(base, at: &index, count: range.upperBound)
            if !BERTCharacters.isSpace(scalar) { return false }
        }
        return true
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "Sesame.Words",
            ["keep_white_space": .flag(keepsWhiteSpace), "locale": .text(segmenter.locale)])
    }
}

/// What a character tokenizer takes for a character.
public enum CharacterUnit: String, Codable, Sendable, CaseIterable {
    /// What a reader sees as one: an extended grapheme cluster. "e" with a combining accent is one.
    case grapheme
    /// A Unicode scalar.
    case codePoint

    /// The regular expression that finds one, as tokenizer.json has it.
    var pattern: String { self == .grapheme ? "\\X" : "[\\s\\S]" }
}

/// Splits into characters; nothing is dropped.
public struct CharacterPreTokenizer: PreTokenizer {
    /// What counts as a character.
    public let unit: CharacterUnit
    private let segmenter: Segmenter

    /// Splits into characters.
    ///
    /// - Throws: ``TextError`` with code `unicodeUnavailable` if ICU has no data.
    public init(unit: CharacterUnit) throws {
        self.unit = unit
        segmenter = try Segmenter()
    }

    /// See ``PreTokenizer``.
    public func split(_ text: UnsafeBufferPointer<UInt8>, into ranges: inout [Range<Int>]) {
        guard let base = text.baseAddress else { return }
        ranges.reserveCapacity(ranges.count + text.count)
        if unit == .grapheme && !isPlain(text) {
            segmenter.forEach(.grapheme, in: text) { range, _ in ranges.append(range) }
            return
        }
        var index = 0
        while index < text.count {
            let start = index
            _ = UTF8Decoding.next(base, at: &index, count: text.count)
            ranges.append(start..<index)
        }
    }

    /// ASCII without CR, where every byte is a grapheme (only CR LF joins two).
    private func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.allSatisfy { $0 < 0x80 && $0 != 0x0D }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "Split",
            [
                "pattern": .object([.init("Regex", .text(unit.pattern))]),
                "behavior": .text("Isolated"), "invert": .flag(false),
            ])
    }
}

/// The stage a configuration describes.
func makePreTokenizer(_ configuration: StageConfiguration) throws -> any PreTokenizer {
    switch configuration.type {
    case "BertPreTokenizer": return BERTPreTokenizer()
    case "WhitespaceSplit": return WhiteSpacePreTokenizer()
    case "ByteLevel":
        try configuration.require("use_regex", [.flag(true)], or: "true, for GPT-2's splitting")
        return ByteLevelPreTokenizer(
            addsPrefixSpace: try configuration.flag("add_prefix_space", default: true))
    case "Split":
        let expected =
            "\"\(CharacterUnit.grapheme.pattern)\" or "
            + "\"\(CharacterUnit.codePoint.pattern)\", for splitting into characters"
        try configuration.require("behavior", [.text("Isolated")], or: "\"Isolated\"")
        guard case .text(let pattern)? = configuration.options["pattern"]?["Regex"],
            let unit = CharacterUnit.allCases.first(where: { $0.pattern == pattern })
        else { throw configuration.invalid("pattern", expected) }
        return try CharacterPreTokenizer(unit: unit)
    case "Sesame.Words":
        return try WordPreTokenizer(
            keepsWhiteSpace: configuration.flag("keep_white_space", default: false),
            locale: configuration.text("locale", default: ""))
    default:
        throw TextError(
            .unknownStage(
                role: "pre-tokenizer", type: configuration.type,
                supported: "BertPreTokenizer, ByteLevel, WhitespaceSplit, Split into characters, "
                    + "Sesame.Words"))
    }
}
