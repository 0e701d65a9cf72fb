/// Decoding single scalars from raw UTF-8, shared by everything that walks over bytes.
enum UTF8Decoding {
    /// What ``next(_:at:count:)`` returns for a maximal subpart of an ill-formed sequence.
    static let illFormed: UInt32 = 0xFFFF_FFFF

    /// The scalar that starts at `index`, which moves behind it.
    ///
    /// An ill-formed sequence counts as one per maximal subpart, as Unicode (chapter 3, table 3-8) and
    /// WHATWG's decoder have it, and comes back as ``illFormed``.
    @inline(__always)
    static func next(_ bytes: UnsafePointer<UInt8>, at index: inout Int, count: Int) -> UInt32 {
        let lead = bytes[index]
        index += 1
        if lead < 0x80 { return UInt32(lead) }
        var lower: UInt8 = 0x80
        var upper: UInt8 = 0xBF
        var scalar: UInt32
        var remaining: Int
        switch lead {
        case 0xC2...0xDF:
            scalar = UInt32(lead & 0x1F)
            remaining = 1
        case 0xE0...0xEF:
            scalar = UInt32(lead & 0x0F)
            remaining = 2
            if lead == 0xE0 { lower = 0xA0 }
            if lead == 0xED { upper = 0x9F }
        case 0xF0...0xF4:
            scalar = UInt32(lead & 0x07)
            remaining = 3
            if lead == 0xF0 { lower = 0x90 }
            if lead == 0xF4 { upper = 0x8F }
        default:
            return illFormed
        }
        while remaining > 0 {
            guard index < count else { return illFormed }
            let byte = bytes[index]
            guard byte >= lower && byte <= upper else { return illFormed }
            lower = 0x80
            upper = 0xBF
            scalar = scalar << 6 | UInt32(byte & 0x3F)
            index += 1
            remaining -= 1
        }
        return scalar
    }

    /// The same with U+FFFD for what is ill-formed.
    @inline(__always)
    static func nextReplacing(
        _ bytes: UnsafePointer<UInt8>, at index: inout Int, count: Int
    ) -> UInt32 {
        let scalar = next(bytes, at: &index, count: count)
        return scalar == illFormed ? 0xFFFD : scalar
    }

    /// How many bytes a scalar takes.
    @inline(__always)
    static func width(_ scalar: UInt32) -> Int {
        scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    }

    /// Appends the UTF-8 of a scalar.
    @inline(__always)
    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        if scalar < 0x80 {
            bytes.append(UInt8(scalar))
        } else if scalar < 0x800 {
            bytes.append(0xC0 | UInt8(scalar >> 6))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        } else if scalar < 0x10000 {
            bytes.append(0xE0 | UInt8(scalar >> 12))
            bytes.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        } else {
            bytes.append(0xF0 | UInt8(scalar >> 18))
            bytes.append(0x80 | UInt8(scalar >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        }
    }
}

/// Runs `body` over the UTF-8 of a string, without a copy where the string is stored so.
@inline(__always)
func withUTF8Bytes<Result>(
    of text: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
) rethrows -> Result {
    if let result = try text.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = text
    return try copy.withUTF8(body)
}
