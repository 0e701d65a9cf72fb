/// GPT-2's spelling of bytes: each of the 256 bytes as a character that can be seen.
///
/// Printable bytes of Latin-1 stand for themselves; the others, space and line feed among them, are the
/// characters from U+0100 on, in order. So a space is Ġ, a line feed is Ċ, and every token of a byte-level
/// vocabulary is text that a file can hold, though it may be but a part of a character.
///
/// Source: Radford et al. 2019, encoder.py, `bytes_to_unicode`.
enum ByteAlphabet {
    /// The scalar of each byte.
    static let scalars: [UInt32] = {
        var result = [UInt32](repeating: 0, count: 256)
        var next: UInt32 = 0x100
        for byte in UInt32(0)...0xFF {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: result[Int(byte)] = byte
            default:
                result[Int(byte)] = next
                next += 1
            }
        }
        return result
    }()

    /// The byte of each scalar below ``end``; -1 for one that stands for none.
    static let bytes: [Int16] = {
        var result = [Int16](repeating: -1, count: end)
        for (byte, scalar) in scalars.enumerated() { result[Int(scalar)] = Int16(byte) }
        return result
    }()

    /// One above the highest scalar of the alphabet.
    static let end = 0x144

    /// The UTF-8 of what stands for a byte.
    static func spelling(of byte: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        UTF8Decoding.append(scalars[Int(byte)], to: &result)
        return result
    }

    /// Appends the bytes that a token spells.
    ///
    /// - Returns: False, with nothing appended, where a character of it is not of the alphabet.
    static func append(
        bytesOf token: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]
    ) -> Bool {
        guard let base = token.baseAddress else { return true }
        let before = result.count
        var index = 0
        while index < token.count {
            let scalar = UTF8Decoding.next(base, at: &index, count: token.count)
            guard scalar < end, bytes[Int(scalar)] >= 0 else {
                result.removeSubrange(before...)
                return false
            }
            result.append(UInt8(bytes[Int(scalar)]))
        }
        return true
    }

    /// How many bytes a token spells; nil where a character of it is not of the alphabet.
    static func byteCount(of token: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = token.baseAddress else { return 0 }
        var count = 0
        var index = 0
        while index < token.count {
            let scalar = UTF8Decoding.next(base, at: &index, count: token.count)
            guard scalar < end, bytes[Int(scalar)] >= 0 else { return nil }
            count += 1
        }
        return count
    }
}
