import SesameText

/// Every place where the store leans on ``SesameText`` for text that it imports.
enum TextBridge {
    /// Turns ill-formed UTF-8 into U+FFFD, or refuses it.
    ///
    /// - Parameter position: Where `bytes` begin in the file; the message counts from there.
    /// - Returns: How many repairs were made.
    static func repair(
        _ bytes: inout [UInt8], strict: Bool, path: String, position: LineReader.Position
    ) throws -> Int {
        guard let offset = UTF8Repair.firstInvalidOffset(in: bytes) else { return 0 }
        if strict {
            let breaks = bytes[..<offset].count { $0 == 0x0A }
            throw StoreError(
                .invalidUTF8(
                    path: path, line: position.number + breaks,
                    byteOffset: position.byteOffset + offset))
        }
        let repaired = UTF8Repair.repair(bytes)
        bytes = Array(repaired.text.utf8)
        return repaired.repairCount
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

    /// ICU's rules for sentences, read once.
    private static let segmenter = Result { try Segmenter() }

    /// Byte ranges of the sentences of `text`, without the white space around them.
    ///
    /// A line break alone counts as a space, since prose is often wrapped at a width; an empty line
    /// ends a sentence.
    /// - Throws: `TextError` where ICU has no data.
    static func sentences(of text: [UInt8]) throws -> [Range<Int>] {
        let segmenter = try Self.segmenter.get()
        let unwrapped = Self.unwrapped(text)
        var result: [Range<Int>] = []
        unwrapped.withUnsafeBufferPointer { bytes in
            segmenter.forEach(.sentence, in: bytes) { range, _ in
                if let trimmed = trimmed(range, in: bytes) { result.append(trimmed) }
            }
        }
        return result
    }

    /// The text with each single line break turned into a space; every offset stays.
    private static func unwrapped(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(0x0A) else { return text }
        var result = text
        for index in text.indices where text[index] == 0x0A {
            let next = text[(index + 1)...].first { $0 != 0x20 && $0 != 0x09 }
            let previous = text[..<index].last { $0 != 0x20 && $0 != 0x09 }
            if next != 0x0A, previous != 0x0A { result[index] = 0x20 }
        }
        return result
    }

    private static func trimmed(
        _ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>
    ) -> Range<Int>? {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, text[lower] <= 0x20 { lower += 1 }
        while upper > lower, text[upper - 1] <= 0x20 { upper -= 1 }
        return lower < upper ? lower..<upper : nil
    }
}
