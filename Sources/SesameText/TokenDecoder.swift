import CSesameICU

/// Turns tokens back into text: the stage that other libraries call decoder, a name which in Swift
/// belongs to `Codable`.
public protocol TokenDecoder: TokenizerStage {
    /// The text of `tokens`.
    func decode(_ tokens: [String]) -> String
}

/// Puts tokens one after the other; gives back the very text for character tokenizers, and for word
/// tokenizers that keep white space.
public struct ConcatenatingDecoder: TokenDecoder, Equatable {
    /// What comes between two tokens.
    public let separator: String

    /// Joins tokens, by default without anything between them.
    public init(separator: String = "") { self.separator = separator }

    /// See ``TokenDecoder``.
    public func decode(_ tokens: [String]) -> String { tokens.joined(separator: separator) }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        separator.isEmpty ? .init("Fuse") : .init("Sesame.Join", ["separator": .text(separator)])
    }
}

/// Joins WordPiece tokens: a space before each token that starts a word, none before one that
/// continues it, and by choice none where English has none.
public struct WordPieceDecoder: TokenDecoder, Equatable {
    /// What marks tokens that continue a word.
    public let continuationPrefix: String
    /// Whether spaces before . ? ! , and in contractions are taken out, as Hugging Face does.
    public let cleansUp: Bool

    /// Joins tokens with this prefix.
    public init(continuationPrefix: String = "##", cleansUp: Bool = true) {
        self.continuationPrefix = continuationPrefix
        self.cleansUp = cleansUp
    }

    /// See ``TokenDecoder``.
    public func decode(_ tokens: [String]) -> String {
        let prefix = Array(continuationPrefix.utf8)
        var bytes: [UInt8] = []
        for (position, token) in tokens.enumerated() {
            if position > 0 && token.utf8.count > prefix.count && token.utf8.starts(with: prefix) {
                bytes.append(contentsOf: token.utf8.dropFirst(prefix.count))
            } else {
                if position > 0 { bytes.append(0x20) }
                bytes.append(contentsOf: token.utf8)
            }
        }
        return String(decoding: cleansUp ? SpaceCleanup.applied(to: bytes) : bytes, as: UTF8.self)
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "WordPiece", ["prefix": .text(continuationPrefix), "cleanup": .flag(cleansUp)])
    }
}

/// The clean-up of decoded text that Hugging Face's libraries do for English: no space before . ? ! , and
/// in contractions.
enum SpaceCleanup {
    private static let replacements: [(String, String)] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
        (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]

    static func applied(to text: String) -> String {
        String(decoding: applied(to: Array(text.utf8)), as: UTF8.self)
    }

    static func applied(to bytes: [UInt8]) -> [UInt8] {
        replacements.reduce(bytes) { bytes, replacement in
            replacing(Array(replacement.0.utf8), by: Array(replacement.1.utf8), in: bytes)
        }
    }

    /// Replaces from left to right, over bytes: `String` would compare by canonical equivalence.
    private static func replacing(_ old: [UInt8], by new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == old[0] && bytes[index...].starts(with: old) {
                result.append(contentsOf: new)
                index += old.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}

/// Joins words with single spaces where the script and the punctuation call for one.
///
/// There is no space
/// - before closing brackets and quotes (Pe, Pf) and before . , ; : ! ? % and their like (Po, but for
///   quotes, @ # & * / \);
/// - behind opening brackets and quotes (Ps, Pi);
/// - where one side is a character of a script written without spaces (Han, kana, Thai, Lao, Khmer,
///   Burmese) or punctuation of its width;
/// - beside white space, and around a hyphen, slash or underscore.
///
/// Line breaks and runs of spaces are not in the tokens and do not come back; a word tokenizer that
/// keeps white space uses ``ConcatenatingDecoder`` and loses nothing.
public struct WordDecoder: TokenDecoder, Equatable {
    /// Joins words.
    public init() {}

    /// See ``TokenDecoder``.
    public func decode(_ tokens: [String]) -> String {
        var result = ""
        var previous: Unicode.Scalar?
        for token in tokens {
            guard let first = token.unicodeScalars.first, let last = token.unicodeScalars.last
            else {
                continue
            }
            if let previous, Self.needsSpace(previous, first) { result.append(" ") }
            result.append(token)
            previous = last
        }
        return result
    }

    private static func needsSpace(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool {
        if CharacterProperties.isWhiteSpace(left) || CharacterProperties.isWhiteSpace(right) {
            return false
        }
        if isUnspaced(left) || isUnspaced(right) { return false }
        let tight = "-/_‐‑\\".unicodeScalars
        if tight.contains(left) || tight.contains(right) { return false }
        switch CharacterProperties.generalCategory(of: left) {
        case .openPunctuation, .initialPunctuation: return false
        default: break
        }
        switch CharacterProperties.generalCategory(of: right) {
        case .closePunctuation, .finalPunctuation: return false
        case .otherPunctuation: return "\"'@#&*".unicodeScalars.contains(right)
        default: return true
        }
    }

    private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x0E00: return false
        case 0x3000...0x303F, 0xFF00...0xFF65: return true  // CJK and full-width punctuation
        default: break
        }
        let unspaced = ["Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Bopo"]
        return unspaced.contains(CharacterProperties.script(of: scalar).code)
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration { .init("Sesame.Words") }
}

/// The stage a configuration describes.
func makeTokenDecoder(_ configuration: StageConfiguration) throws -> any TokenDecoder {
    switch configuration.type {
    case "Fuse": return ConcatenatingDecoder()
    case "WordPiece":
        return WordPieceDecoder(
            continuationPrefix: try configuration.text("prefix", default: "##"),
            cleansUp: try configuration.flag("cleanup", default: true))
    case "ByteLevel": return ByteLevelDecoder()
    case "Sesame.Join":
        return ConcatenatingDecoder(separator: try configuration.text("separator", default: ""))
    case "Sesame.Words": return WordDecoder()
    default:
        throw TextError(
            .unknownStage(
                role: "decoder", type: configuration.type,
                supported: "WordPiece, ByteLevel, Fuse, Sesame.Words, Sesame.Join"))
    }
}
