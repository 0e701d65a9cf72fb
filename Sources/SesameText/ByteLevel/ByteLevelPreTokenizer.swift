import CSesameICU

/// GPT-2's splitting: words with the space before them, numbers, punctuation, and white space.
///
/// It finds what this expression finds, one match after the other, and drops nothing:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// so that the last space of a run belongs to the word behind it. Letters, numbers and white space are
/// what ICU's version of Unicode takes for them.
///
/// Source: Radford et al. 2019, encoder.py; Hugging Face tokenizers' `ByteLevel`.
public struct ByteLevelPreTokenizer: PreTokenizer, Equatable {
    /// Whether a text that does not start with a space gets one, so that its first word is like others.
    public let addsPrefixSpace: Bool

    /// Splits as GPT-2 does.
    public init(addsPrefixSpace: Bool = false) { self.addsPrefixSpace = addsPrefixSpace }

    /// See ``PreTokenizer``. The prefix space is not put in here but by ``Tokenizer``, before this.
    public func split(_ text: UnsafeBufferPointer<UInt8>, into ranges: inout [Range<Int>]) {
        ByteLevelScanner.forEachStretch(text) { ranges.append($0..<$1) }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "ByteLevel",
            [
                "add_prefix_space": .flag(addsPrefixSpace), "trim_offsets": .flag(true),
                "use_regex": .flag(true),
            ])
    }
}

/// GPT-2's expression, written out as a scanner.
enum ByteLevelScanner {
    /// The classes that the expression tells apart.
    enum Class: UInt8 {
        case other, letter, number, space
        /// Only in ``ascii``: the lead of a character that takes more than a byte.
        case multibyte
    }

    /// The class of each byte that is a character.
    static let ascii: [Class] = (UInt8(0)...0xFF).map { byte in
        switch byte {
        case 0x41...0x5A, 0x61...0x7A: .letter
        case 0x30...0x39: .number
        case 0x09...0x0D, 0x20: .space
        case 0x80...: .multibyte
        default: .other
        }
    }

    /// The class of a character beyond ASCII.
    @inline(never)
    static func category(of scalar: UInt32) -> Class {
        switch CharacterProperties.category(scalar) {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        default: sesame_icu_is_white_space(scalar) ? .space : .other
        }
    }

    /// Reports start and end of each stretch of `text`, in order and without gaps.
    @inline(__always)
    static func forEachStretch(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (_ start: Int, _ end: Int) -> Void
    ) {
        guard let base = text.baseAddress else { return }
        let count = text.count
        ascii.withUnsafeBufferPointer { ascii in
            var index = 0
            while index < count {
                let start = index
                let byte = base[index]
                if byte == 0x27 {
                    let length = contractionLength(base + index, count - index)
                    if length > 0 {
                        index += length
                        body(start, index)
                        continue
                    }
                }
                var kind = nextClass(ascii, base, at: &index, count: count)
                if byte == 0x20 && index < count {
                    var next = index
                    let following = nextClass(ascii, base, at: &next, count: count)
                    if following != .space {
                        kind = following
                        index = next
                    }
                }
                if kind == .space {
                    index = endOfSpace(ascii, base, from: start, next: index, count: count)
                } else {
                    skip(kind, ascii, base, at: &index, count: count)
                }
                body(start, index)
            }
        }
    }

    /// Moves behind all characters of a class.
    @inline(__always)
    private static func skip(
        _ kind: Class, _ ascii: UnsafeBufferPointer<Class>, _ base: UnsafePointer<UInt8>,
        at index: inout Int, count: Int
    ) {
        while index < count {
            let found = ascii[Int(base[index])]
            if found == kind {
                index += 1
            } else if found == .multibyte {
                var next = index
                let scalar = UTF8Decoding.nextReplacing(base, at: &next, count: count)
                guard category(of: scalar) == kind else { return }
                index = next
            } else {
                return
            }
        }
    }

    @inline(__always)
    private static func nextClass(
        _ ascii: UnsafeBufferPointer<Class>, _ base: UnsafePointer<UInt8>, at index: inout Int,
        count: Int
    ) -> Class {
        let found = ascii[Int(base[index])]
        if found != .multibyte {
            index += 1
            return found
        }
        return category(of: UTF8Decoding.nextReplacing(base, at: &index, count: count))
    }

    /// The end of a stretch of white space: all of it at the end of the text, else all but its last
    /// character, or that character where it is the only one.
    private static func endOfSpace(
        _ ascii: UnsafeBufferPointer<Class>, _ base: UnsafePointer<UInt8>, from start: Int,
        next: Int, count: Int
    ) -> Int {
        var end = next
        var last = start
        while end < count {
            var following = end
            guard nextClass(ascii, base, at: &following, count: count) == .space else {
                return last == start ? end : last
            }
            last = end
            end = following
        }
        return end
    }

    /// The length of a contraction's ending that starts with this apostrophe; 0 for none.
    @inline(__always)
    private static func contractionLength(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        guard count >= 2 else { return 0 }
        switch base[1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return count >= 3 && base[2] == UInt8(ascii: "e") ? 3 : 0
        case UInt8(ascii: "l"): return count >= 3 && base[2] == UInt8(ascii: "l") ? 3 : 0
        default: return 0
        }
    }
}
