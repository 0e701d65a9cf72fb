/// Reads JSON with objects as lists of members, byte for byte.
///
/// Vocabularies are JSON objects whose names are tokens. Foundation's coders put such names into a
/// `Dictionary<String, _>`, where two spellings of "é" are one key and one token is lost; they also keep
/// one of two equal names without a word. Hence this reader, which keeps what is there in its order, and
/// is several times as fast on a vocabulary.
struct JSONReader {
    typealias Value = StageConfiguration.Value

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private let path: String?
    private static let deepest = 64

    /// The value that a whole file holds.
    ///
    /// - Throws: ``TextError`` with code `invalidFormat`, naming the byte.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, path: String?) throws -> Value {
        if let offset = UTF8Repair.firstInvalidOffset(bytes) {
            throw TextError(.invalidUTF8(offset: offset, path: path))
        }
        var reader = JSONReader(bytes, path)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.index = 3 }
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.wrong("the end of the file") }
        return value
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ path: String?) {
        self.bytes = bytes
        self.path = path
    }

    private func wrong(_ expected: String) -> TextError {
        TextError(
            .invalidFormat(
                path: path,
                reason: index < bytes.count
                    ? "it is no JSON: expected \(expected) at byte \(index)"
                    : "it is no JSON, or was cut off: expected \(expected), found its end"))
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    }

    private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: Unicode.Scalar) throws {
        guard skip(byte) else { throw wrong("\"\(byte)\"") }
    }

    private mutating func value(depth: Int) throws -> Value {
        guard depth < Self.deepest else { throw wrong("at most \(Self.deepest) levels") }
        skipSpace()
        guard index < bytes.count else { throw wrong("a value") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: Value) throws -> Value {
        let end = index + word.utf8CodeUnitCount
        guard end <= bytes.count,
            bytes[index..<end].elementsEqual(
                UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        else { throw wrong("a value") }
        index = end
        return value
    }

    private mutating func object(depth: Int) throws -> Value {
        try expect("{")
        var members: [StageConfiguration.Member] = []
        if skip("}") { return .object(members) }
        repeat {
            skipSpace()
            let name = try text()
            try expect(":")
            members.append(.init(name, try value(depth: depth + 1)))
        } while skip(",")
        try expect("}")
        return .object(members)
    }

    private mutating func list(depth: Int) throws -> Value {
        try expect("[")
        var values: [Value] = []
        if skip("]") { return .list(values) }
        repeat { values.append(try value(depth: depth + 1)) } while skip(",")
        try expect("]")
        return .list(values)
    }

    private mutating func number() throws -> Value {
        let start = index
        var isWhole = true
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"):
                isWhole = false
            default:
                return try number(start, isWhole)
            }
            index += 1
        }
        return try number(start, isWhole)
    }

    private mutating func number(_ start: Int, _ isWhole: Bool) throws -> Value {
        let digits = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole, let number = Int(digits) { return .number(number) }
        guard let number = Double(digits), number.isFinite else {
            index = start
            throw wrong("a value")
        }
        return .decimal(number)
    }

    // MARK: Texts

    private mutating func text() throws -> String {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            throw wrong("a text in quotes")
        }
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""),
            bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20
        {
            index += 1
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return String(decoding: bytes[start..<index - 1], as: UTF8.self)
        }
        var result = Array(bytes[start..<index])
        while true {
            guard index < bytes.count else { throw wrong("a closing quote") }
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                UTF8Decoding.append(try escaped(), to: &result)
            case 0..<0x20: throw wrong("no control character in a text")
            default:
                result.append(byte)
                index += 1
            }
        }
    }

    /// The scalar of an escape whose backslash is behind us.
    private mutating func escaped() throws -> UInt32 {
        guard index < bytes.count else { throw wrong("an escape") }
        index += 1
        switch bytes[index - 1] {
        case UInt8(ascii: "\""): return 0x22
        case UInt8(ascii: "\\"): return 0x5C
        case UInt8(ascii: "/"): return 0x2F
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): break
        default:
            index -= 1
            throw wrong("an escape")
        }
        let unit = try hexadecimal()
        guard unit & 0xF800 == 0xD800 else { return unit }
        guard unit < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw wrong("the second half of a surrogate pair") }
        index += 2
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00 else { throw wrong("the second half of a surrogate pair") }
        return 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard index + 4 <= bytes.count else { throw wrong("four hexadecimal digits") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8? =
                switch bytes[index] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): bytes[index] - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): bytes[index] - UInt8(ascii: "a") + 10
                case UInt8(ascii: "A")...UInt8(ascii: "F"): bytes[index] - UInt8(ascii: "A") + 10
                default: nil
                }
            guard let digit else { throw wrong("a hexadecimal digit") }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}
