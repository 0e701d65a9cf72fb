/// Writes JSON: objects over several lines, a member each; lists of plain values on one.
struct JSONWriter {
    typealias Value = StageConfiguration.Value

    private(set) var bytes: [UInt8] = []
    /// Whether there are line breaks and spaces for the reader's eye.
    private let isSpaced: Bool

    /// The JSON of a value, without a line break behind it.
    static func write(_ value: Value, isSpaced: Bool = true) -> [UInt8] {
        var writer = JSONWriter(isSpaced: isSpaced)
        writer.append(value, depth: 0)
        return writer.bytes
    }

    private init(isSpaced: Bool) { self.isSpaced = isSpaced }

    private mutating func append(_ value: Value, depth: Int) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .flag(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let number): bytes.append(contentsOf: "\(number)".utf8)
        case .decimal(let number): bytes.append(contentsOf: "\(number)".utf8)
        case .text(let text): append(text)
        case .list(let values):
            let breaks = values.contains { $0.isContainer }
            append(values.count, "[", "]", breaks: breaks, depth: depth) { writer, index in
                writer.append(values[index], depth: depth + 1)
            }
        case .object(let members):
            append(members.count, "{", "}", breaks: true, depth: depth) { writer, index in
                writer.append(members[index].name)
                writer.bytes.append(contentsOf: (writer.isSpaced ? ": " : ":").utf8)
                writer.append(members[index].value, depth: depth + 1)
            }
        }
    }

    private mutating func append(
        _ count: Int, _ open: Unicode.Scalar, _ close: Unicode.Scalar, breaks: Bool, depth: Int,
        _ element: (inout JSONWriter, Int) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for index in 0..<count {
            if index > 0 {
                bytes.append(UInt8(ascii: ","))
                if isSpaced && !breaks { bytes.append(0x20) }
            }
            if breaks { breakLine(depth + 1) }
            element(&self, index)
        }
        if breaks && count > 0 { breakLine(depth) }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func breakLine(_ depth: Int) {
        guard isSpaced else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * depth))
    }

    private mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
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

extension StageConfiguration.Value {
    fileprivate var isContainer: Bool {
        switch self {
        case .list, .object: true
        default: false
        }
    }
}
