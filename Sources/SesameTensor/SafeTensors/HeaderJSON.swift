/// The JSON of a safetensors header.
///
/// A reader of our own, because the header needs what Foundation's decoder does not give: members in
/// their order, duplicate names seen, integers exact, and the place of an error.
enum HeaderJSON: Equatable {
    case null
    case boolean(Bool)
    /// A number without fraction or exponent that fits an `Int`.
    case integer(Int)
    /// Any other number, as it is written.
    case number(String)
    case string(String)
    case array([HeaderJSON])
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: HeaderJSON
    }

    struct Failure: Error {
        /// The byte at which reading stopped.
        let offset: Int
        let expected: String
        let found: String
    }

    /// Reads one value and the white space around it.
    init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.failure("the end of the header") }
    }

    /// `text` as a JSON string, quotes included.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var offset = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        func failure(_ expected: String) -> Failure {
            let found =
                switch byte {
                case nil: "its end"
                case .some(let byte) where byte >= 0x21 && byte < 0x7F:
                    "'\(Character(Unicode.Scalar(byte)))'"
                case .some(let byte): "byte \(byte)"
                }
            return Failure(offset: offset, expected: expected, found: found)
        }

        mutating func skipSpace() {
            while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                offset += 1
            }
        }

        mutating func consume(_ character: Character) -> Bool {
            guard let byte, byte == character.asciiValue else { return false }
            offset += 1
            return true
        }

        mutating func expect(_ character: Character) throws(Failure) {
            skipSpace()
            guard consume(character) else { throw failure("'\(character)'") }
        }

        mutating func value(depth: Int) throws(Failure) -> HeaderJSON {
            // Deeper nesting than a header ever has would only serve to exhaust the stack.
            guard depth < 32 else { throw failure("less nesting") }
            skipSpace()
            switch byte {
            case UInt8(ascii: "{"): return .object(try object(depth: depth))
            case UInt8(ascii: "["): return .array(try array(depth: depth))
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .boolean(true))
            case UInt8(ascii: "f"): return try word("false", .boolean(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        mutating func word(_ word: String, _ value: HeaderJSON) throws(Failure) -> HeaderJSON {
            for character in word where !consume(character) { throw failure("'\(word)'") }
            return value
        }

        mutating func object(depth: Int) throws(Failure) -> [Member] {
            try expect("{")
            var members: [Member] = []
            skipSpace()
            if consume("}") { return members }
            while true {
                skipSpace()
                let name = try string()
                try expect(":")
                members.append(Member(name: name, value: try value(depth: depth + 1)))
                skipSpace()
                if consume("}") { return members }
                try expect(",")
            }
        }

        mutating func array(depth: Int) throws(Failure) -> [HeaderJSON] {
            try expect("[")
            var elements: [HeaderJSON] = []
            skipSpace()
            if consume("]") { return elements }
            while true {
                elements.append(try value(depth: depth + 1))
                skipSpace()
                if consume("]") { return elements }
                try expect(",")
            }
        }

        mutating func number() throws(Failure) -> HeaderJSON {
            let start = offset
            while let byte,
                (byte >= 0x30 && byte <= 0x39) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
                    || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
            {
                offset += 1
            }
            guard offset > start else { throw failure("a value") }
            let text = String(decoding: bytes[start..<offset], as: UTF8.self)
            if let integer = Int(text) { return .integer(integer) }
            guard Double(text) != nil else {
                offset = start
                throw failure("a number")
            }
            return .number(text)
        }

        mutating func string() throws(Failure) -> String {
            guard consume("\"") else { throw failure("'\"'") }
            var content: [UInt8] = []
            while true {
                guard let byte, byte >= 0x20 else { throw failure("the rest of a string") }
                offset += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let text = String(validating: content, as: UTF8.self) else {
                        throw failure("a string in UTF-8 before this")
                    }
                    return text
                case UInt8(ascii: "\\"): try escape(into: &content)
                default: content.append(byte)
                }
            }
        }

        mutating func escape(into content: inout [UInt8]) throws(Failure) {
            guard let byte else { throw failure("an escaped character") }
            offset += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
            case UInt8(ascii: "b"): content.append(0x08)
            case UInt8(ascii: "f"): content.append(0x0C)
            case UInt8(ascii: "n"): content.append(0x0A)
            case UInt8(ascii: "r"): content.append(0x0D)
            case UInt8(ascii: "t"): content.append(0x09)
            case UInt8(ascii: "u"):
                var code = UInt32(try hexDigits())
                if code >= 0xD800 && code < 0xDC00, consume("\\"), consume("u") {
                    let low = UInt32(try hexDigits())
                    guard low >= 0xDC00 && low < 0xE000 else { throw failure("a low surrogate") }
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                }
                guard let scalar = Unicode.Scalar(code) else {
                    throw failure("a Unicode character")
                }
                content.append(contentsOf: Array(String(Character(scalar)).utf8))
            default: throw failure("a known escape before this")
            }
        }

        mutating func hexDigits() throws(Failure) -> UInt16 {
            var code: UInt16 = 0
            for _ in 0..<4 {
                guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    throw failure("four hexadecimal digits")
                }
                code = code << 4 | UInt16(digit)
                offset += 1
            }
            return code
        }
    }
}
