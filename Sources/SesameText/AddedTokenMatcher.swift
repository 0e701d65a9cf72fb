import CSesameICU

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds added tokens written out in a text, before it is normalized.
struct AddedTokenMatcher: Sendable {
    private struct Entry: Sendable {
        let bytes: [UInt8]
        let id: Int32
        let takesSpaceBefore: Bool
        let takesSpaceBehind: Bool
    }

    /// Longest first, so that of two that start at the same place the longer one wins.
    private let tokens: [Entry]
    private let firstBytes: [Bool]
    /// Set where all tokens start with the same byte, which memchr finds faster.
    private let onlyFirstByte: UInt8?

    init(_ tokens: [(token: AddedToken, id: Int32)]) {
        self.tokens = tokens.filter { !$0.token.content.isEmpty }.map {
            Entry(
                bytes: Array($0.token.content.utf8), id: $0.id,
                takesSpaceBefore: $0.token.takesSpaceBefore,
                takesSpaceBehind: $0.token.takesSpaceBehind)
        }.sorted { $0.bytes.count > $1.bytes.count }
        var firstBytes = [Bool](repeating: false, count: 256)
        for token in self.tokens { firstBytes[Int(token.bytes[0])] = true }
        self.firstBytes = firstBytes
        let distinct = Set(self.tokens.map { $0.bytes[0] })
        onlyFirstByte = distinct.count == 1 ? distinct.first : nil
    }

    /// The first match at or after `start`.
    func next(
        in text: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> (range: Range<Int>, id: Int32)? {
        guard !tokens.isEmpty, let base = text.baseAddress else { return nil }
        var index = start
        while index < text.count {
            if let byte = onlyFirstByte {
                guard let found = memchr(base + index, Int32(byte), text.count - index) else {
                    return nil
                }
                index = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            } else {
                while index < text.count && !firstBytes[Int(base[index])] { index += 1 }
                guard index < text.count else { return nil }
            }
            for token in tokens where token.bytes.count <= text.count - index {
                if memcmp(base + index, token.bytes, token.bytes.count) == 0 {
                    var range = index..<index + token.bytes.count
                    if token.takesSpaceBefore {
                        range = startOfSpace(base, start, index)..<range.upperBound
                    }
                    if token.takesSpaceBehind {
                        range = range.lowerBound..<endOfSpace(base, range.upperBound, text.count)
                    }
                    return (range, token.id)
                }
            }
            index += 1
        }
        return nil
    }

    /// Where the white space before `end` starts, not before `start`.
    private func startOfSpace(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var found = end
        while found > start {
            var lead = found - 1
            while lead > start && base[lead] & 0xC0 == 0x80 { lead -= 1 }
            var next = lead
            let scalar = UTF8Decoding.nextReplacing(base, at: &next, count: found)
            guard sesame_icu_is_white_space(scalar) else { break }
            found = lead
        }
        return found
    }

    private func endOfSpace(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var end = start
        while end < count {
            var next = end
            let scalar = UTF8Decoding.nextReplacing(base, at: &next, count: count)
            guard sesame_icu_is_white_space(scalar) else { break }
            end = next
        }
        return end
    }
}
