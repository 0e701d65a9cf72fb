/// Checks documents' bytes as they are imported, and repairs them.
enum UTF8Check {
    /// The offset of the first byte that is not part of well-formed UTF-8, or nil.
    static func firstInvalidOffset(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            var index = 0
            let count = buffer.count
            while index < count {
                // Eight ASCII bytes at a time: most text, and all of the rest's markup.
                while index + 8 <= count,
                    UnsafeRawBufferPointer(buffer).loadUnaligned(
                        fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                { index += 8 }
                guard index < count else { break }
                let length = sequenceLength(buffer, at: index)
                if length == 0 { return index }
                index += length
            }
            return nil
        }
    }

    /// The bytes with every ill-formed sequence turned into U+FFFD, one for each maximal part, as
    /// Unicode's chapter 3.9 and the web's standard have it; and how many there were.
    static func repaired(_ bytes: [UInt8]) -> (bytes: [UInt8], count: Int) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        var count = 0
        bytes.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let length = sequenceLength(buffer, at: index)
                if length > 0 {
                    result.append(contentsOf: buffer[index..<index + length])
                    index += length
                } else {
                    result.append(contentsOf: [0xEF, 0xBF, 0xBD])
                    count += 1
                    index += maximalPart(buffer, at: index)
                }
            }
        }
        return (result, count)
    }

    /// How many code points well-formed UTF-8 holds.
    static func characterCount(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            var count = 0
            // A continuation byte is 10xxxxxx, which is below -64 as a signed byte.
            for byte in buffer where Int8(bitPattern: byte) >= -64 { count += 1 }
            return count
        }
    }

    /// The range that the second byte may have after `lead` (Unicode table 3-7), and the length;
    /// nil for a byte that cannot lead.
    private static func shape(_ lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch lead {
        case 0x00...0x7F: (1, 0x80...0xBF)
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }

    /// The length of the well-formed sequence that begins at `index`, or 0.
    private static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        guard let (length, _) = shape(bytes[index]) else { return 0 }
        return maximalPart(bytes, at: index) == length ? length : 0
    }

    /// How many bytes from `index` on begin a well-formed sequence; at least 1.
    private static func maximalPart(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        guard let (length, second) = shape(bytes[index]), length > 1 else { return 1 }
        guard index + 1 < bytes.count, second.contains(bytes[index + 1]) else { return 1 }
        var taken = 2
        while taken < length, index + taken < bytes.count, bytes[index + taken] & 0xC0 == 0x80 {
            taken += 1
        }
        return taken
    }
}
