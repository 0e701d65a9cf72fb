import Sesame

/// Encodings as lines of output.
///
/// The one place where JSON is written without a coder: a line of text becomes three arrays, and going
/// through `Encodable` for every number takes several times as long as tokenising does.
enum TokenLine {
    /// `{"ids":[…],"tokens":["…"],"offsets":[[start,end],…]}`
    static func appendJSON(
        _ encoding: Encoding, _ vocabulary: Vocabulary, to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: "{\"ids\":[".utf8)
        appendIDs(encoding, separator: ",", to: &bytes)
        bytes.append(contentsOf: "],\"tokens\":[".utf8)
        for (index, id) in encoding.ids.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            vocabulary.withBytes(of: id) { appendQuoted($0, to: &bytes) }
        }
        bytes.append(contentsOf: "],\"offsets\":[".utf8)
        for (index, range) in encoding.offsets.enumerated() {
            bytes.append(contentsOf: index > 0 ? ",[".utf8 : "[".utf8)
            append(range.lowerBound, to: &bytes)
            bytes.append(UInt8(ascii: ","))
            append(range.upperBound, to: &bytes)
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(contentsOf: "]}".utf8)
    }

    static func appendIDs(_ encoding: Encoding, separator: Unicode.Scalar, to bytes: inout [UInt8])
    {
        for (index, id) in encoding.ids.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: separator)) }
            append(Int(id), to: &bytes)
        }
    }

    static func appendTokens(
        _ encoding: Encoding, _ vocabulary: Vocabulary, to bytes: inout [UInt8]
    ) {
        for (index, id) in encoding.ids.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: " ")) }
            vocabulary.withBytes(of: id) { bytes.append(contentsOf: $0) }
        }
    }

    /// Appends a number of zero or more in decimal digits.
    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        if number < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(number)) }
        let start = bytes.count
        var rest = number
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    /// Appends UTF-8 as a JSON string.
    private static func appendQuoted(
        _ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]
    ) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
