/// Cuts text into the words that ``BLEU`` counts, as sacreBLEU's tokenizers do.
package enum BLEUTokenizer {
    package static func words(
        _ text: String, tokenization: BLEU.Tokenization, lowercase: Bool
    ) -> [[UInt8]] {
        let text = lowercase ? text.lowercased() : text
        switch tokenization {
        case .none: return split(Array(text.utf8))
        case .mteval13a: return split(mteval13a(trimmingEnd(text)))
        }
    }

    /// The text with spaces around punctuation.
    ///
    /// Four rewritings one after the other, as the script has them. All that they look for is ASCII, so that
    /// bytes can stand for characters: those of longer ones are nowhere looked for.
    private static func mteval13a(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        bytes = replacing(Array("<skipped>".utf8), in: bytes, by: [])
        bytes = replacing(Array("-\n".utf8), in: bytes, by: [])
        bytes = replacing(Array("\n".utf8), in: bytes, by: [space])
        if bytes.contains(UInt8(ascii: "&")) {
            for (name, character) in [("quot", "\""), ("amp", "&"), ("lt", "<"), ("gt", ">")] {
                bytes = replacing(
                    Array("&\(name);".utf8), in: bytes, by: Array(character.utf8))
            }
        }
        bytes = [space] + bytes + [space]
        var spaced: [UInt8] = []
        for byte in bytes {
            if isSymbol(byte) { spaced += [space, byte, space] } else { spaced.append(byte) }
        }
        // A full stop or comma, unless a digit is before it; one, unless a digit is behind it; a hyphen
        // behind a digit.
        spaced = pairs(in: spaced, where: { !isDigit($0) && isStop($1) }) {
            [$0, space, $1, space]
        }
        spaced = pairs(in: spaced, where: { isStop($0) && !isDigit($1) }) {
            [space, $0, space, $1]
        }
        return pairs(in: spaced, where: { isDigit($0) && $1 == UInt8(ascii: "-") }) {
            [$0, space, $1, space]
        }
    }

    private static let space = UInt8(ascii: " ")

    /// ASCII punctuation but for the apostrophe, comma, hyphen and full stop.
    private static func isSymbol(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20...0x26, 0x28...0x2B, 0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isStop(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    /// Rewrites neighbours from left to right; none is part of two pairs.
    private static func pairs(
        in bytes: [UInt8], where matches: (UInt8, UInt8) -> Bool,
        by replacement: (UInt8, UInt8) -> [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 4)
        var index = 0
        while index < bytes.count {
            if index + 1 < bytes.count, matches(bytes[index], bytes[index + 1]) {
                result += replacement(bytes[index], bytes[index + 1])
                index += 2
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func replacing(
        _ pattern: [UInt8], in bytes: [UInt8], by replacement: [UInt8]
    ) -> [UInt8] {
        guard let first = pattern.first, bytes.contains(first) else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == first, bytes[index...].starts(with: pattern) {
                result += replacement
                index += pattern.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func trimmingEnd(_ text: String) -> String {
        var scalars = text.unicodeScalars
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        return String(scalars)
    }

    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.split(whereSeparator: isSpace)
            .map { Array(String($0).utf8) }
    }

    /// What Python's `str.split` takes for white space: Unicode's, and four control characters.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        (0x1C...0x1F).contains(scalar.value) || scalar.properties.isWhitespace
    }
}
