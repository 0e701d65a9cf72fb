/// Text from bytes that may not be UTF-8: repaired and counted, or refused.
///
/// A repair puts one U+FFFD in place of each maximal subpart of an ill-formed sequence, as the Unicode
/// Standard (section 3.9, "U+FFFD substitution of maximal subparts") and WHATWG's decoder do, so the
/// result is the same as a browser's or Python's `errors="replace"`.
public enum UTF8Repair {
    /// Text made from bytes, and how often a repair was needed.
    public struct Result: Sendable, Equatable {
        /// The text, with U+FFFD where the bytes were ill-formed.
        public let text: String
        /// How many times U+FFFD was put in; 0 for valid UTF-8.
        public let repairCount: Int
    }

    /// The text of `bytes`, repaired where needed.
    public static func repair(_ bytes: some Sequence<UInt8>) -> Result {
        withBuffer(bytes) { buffer in
            guard firstInvalidOffset(buffer) != nil else {
                return Result(text: String(decoding: buffer, as: UTF8.self), repairCount: 0)
            }
            let (repaired, count) = repairedBytes(buffer)
            return Result(text: String(decoding: repaired, as: UTF8.self), repairCount: count)
        }
    }

    /// The text of `bytes`, unchanged.
    ///
    /// - Throws: ``TextError`` with code `invalidUTF8` and the byte offset of the first ill-formed
    ///   sequence.
    public static func validate(_ bytes: some Sequence<UInt8>) throws -> String {
        try withBuffer(bytes) { buffer in
            if let offset = firstInvalidOffset(buffer) {
                throw TextError(.invalidUTF8(offset: offset, path: nil))
            }
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    /// Where the first ill-formed sequence starts, in bytes; nil for valid UTF-8.
    public static func firstInvalidOffset(in bytes: some Sequence<UInt8>) -> Int? {
        withBuffer(bytes) { firstInvalidOffset($0) }
    }

    static func firstInvalidOffset(_ buffer: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = buffer.baseAddress else { return nil }
        let count = buffer.count
        let raw = UnsafeRawPointer(base)
        var index = 0
        while index < count {
            // Eight ASCII bytes at a time.
            while index + 8 <= count,
                raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080
                    == 0
            {
                index += 8
            }
            guard index < count else { break }
            let start = index
            if UTF8Decoding.next(base, at: &index, count: count) == UTF8Decoding.illFormed {
                return start
            }
        }
        return nil
    }

    private static func repairedBytes(
        _ buffer: UnsafeBufferPointer<UInt8>
    ) -> (bytes: [UInt8], count: Int) {
        guard let base = buffer.baseAddress else { return ([], 0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(buffer.count + 16)
        var repairs = 0
        var index = 0
        while index < buffer.count {
            let rest = UnsafeBufferPointer(rebasing: buffer[index...])
            let valid = firstInvalidOffset(rest) ?? rest.count
            bytes.append(contentsOf: rest[..<valid])
            index += valid
            if index < buffer.count {
                _ = UTF8Decoding.next(base, at: &index, count: buffer.count)
                UTF8Decoding.append(0xFFFD, to: &bytes)
                repairs += 1
            }
        }
        return (bytes, repairs)
    }

    private static func withBuffer<Output>(
        _ bytes: some Sequence<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Output
    ) rethrows -> Output {
        if let result = try bytes.withContiguousStorageIfAvailable(body) { return result }
        return try Array(bytes).withUnsafeBufferPointer(body)
    }
}
