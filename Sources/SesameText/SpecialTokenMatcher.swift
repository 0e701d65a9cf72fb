#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds special tokens written out in a text, before it is normalized.
struct SpecialTokenMatcher: Sendable {
    /// Longest first, so that of two that start at the same place the longer one wins.
    private let tokens: [(bytes: [UInt8], id: Int32)]
    private let firstBytes: [Bool]
    /// Set where all tokens start with the same byte, which memchr finds faster.
    private let onlyFirstByte: UInt8?

    init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
        self.tokens = tokens.filter { !$0.bytes.isEmpty }.sorted { $0.bytes.count > $1.bytes.count }
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
                    return (index..<index + token.bytes.count, token.id)
                }
            }
            index += 1
        }
        return nil
    }
}
