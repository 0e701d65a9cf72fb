/// The type of a stored tensor's elements, as safetensors names them.
enum StoredType: String, Sendable {
    case boolean = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8E4M3 = "F8_E4M3"
    case float8E5M2 = "F8_E5M2"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case int64 = "I64"
    case uint64 = "U64"
    case float64 = "F64"

    var size: Int {
        switch self {
        case .boolean, .uint8, .int8, .float8E4M3, .float8E5M2: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    var isFloat: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    var isID: Bool { self == .int32 || self == .int64 }
}

/// What the header of a safetensors file says, checked against the file's size.
///
/// The format: eight bytes, little-endian, with the length of the header; the header, a JSON object; the
/// tensors' bytes, without gaps. See https://huggingface.co/docs/safetensors
struct SafeTensorsHeader {
    struct Entry {
        let name: String
        let type: StoredType
        let sizes: [Int]
        let elementCount: Int
        /// Bytes of the data section.
        let range: Range<Int>
    }

    /// In the order of the header.
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    /// Where the data section begins in the file.
    var dataStart = 8

    /// The longest header that the reference implementation accepts.
    private static let longestHeader = 100_000_000
    private static let metadataName = "__metadata__"

    private let path: String

    /// Reads the header of a file whose whole content is `bytes`.
    ///
    /// - Throws: ``TensorError`` with code `.malformedFile`.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        self.path = path
        guard bytes.count >= 8 else {
            throw malformed(
                expected: "at least 8 bytes, the length of the header",
                found: "a file of \(bytes.count) bytes")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(min(SafeTensorsHeader.longestHeader, bytes.count - 8)) else {
            throw malformed(
                expected: "a header that fits the file of \(bytes.count) bytes",
                found: "a header length of \(length)")
        }
        dataStart = 8 + Int(length)
        let json: HeaderJSON
        do {
            json = try HeaderJSON(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
        } catch {
            throw malformed(
                expected: "\(error.expected) at byte \(8 + error.offset)", found: error.found)
        }
        guard case .object(let members) = json else {
            throw malformed(expected: "a JSON object as header", found: "another value")
        }
        var names = Set<String>()
        for member in members {
            guard names.insert(member.name).inserted else {
                throw malformed(
                    member.name, expected: "each name once in the header", found: "it twice")
            }
            if member.name == SafeTensorsHeader.metadataName {
                metadata = try readMetadata(member.value)
            } else {
                entries.append(try readEntry(member.name, member.value))
            }
        }
        try checkLayout(dataSize: bytes.count - dataStart)
    }

    private func readMetadata(_ value: HeaderJSON) throws -> [String: String] {
        guard case .object(let members) = value else {
            throw malformed(expected: "an object as __metadata__", found: "another value")
        }
        var metadata: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else {
                throw malformed(
                    expected: "text as __metadata__ value '\(member.name)'", found: "another value")
            }
            metadata[member.name] = text
        }
        return metadata
    }

    private func readEntry(_ name: String, _ value: HeaderJSON) throws -> Entry {
        guard case .object(let members) = value else {
            throw malformed(name, expected: "an object", found: "another value")
        }
        func member(_ key: String) throws -> HeaderJSON {
            let found = members.filter { $0.name == key }
            guard found.count == 1 else {
                throw malformed(name, expected: "one member '\(key)'", found: "\(found.count)")
            }
            return found[0].value
        }
        guard case .string(let typeName) = try member("dtype"),
            let type = StoredType(rawValue: typeName)
        else {
            throw malformed(
                name, expected: "a dtype such as F32, F16, BF16 or I64",
                found: SafeTensorsHeader.text(try member("dtype")))
        }
        let sizes = try integers(try member("shape"), name, "shape")
        var elementCount = 1
        for size in sizes {
            let (product, overflow) = elementCount.multipliedReportingOverflow(by: size)
            // A shape whose sizes overflow is absurd even where another size is 0.
            guard !overflow else {
                throw malformed(
                    name, expected: "a shape whose elements can be counted", found: "\(sizes)")
            }
            elementCount = product
        }
        let offsets = try integers(try member("data_offsets"), name, "data_offsets")
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw malformed(
                name, expected: "data_offsets [begin, end]", found: "\(offsets)")
        }
        let (byteCount, overflow) = elementCount.multipliedReportingOverflow(by: type.size)
        guard !overflow, byteCount == offsets[1] - offsets[0] else {
            throw malformed(
                name,
                expected:
                    "\(elementCount) elements of \(type.size) bytes for shape \(sizes) \(typeName)",
                found: "\(offsets[1] - offsets[0]) bytes at \(offsets)")
        }
        return Entry(
            name: name, type: type, sizes: sizes, elementCount: elementCount,
            range: offsets[0]..<offsets[1])
    }

    private func integers(_ value: HeaderJSON, _ name: String, _ key: String) throws -> [Int] {
        guard case .array(let elements) = value else {
            throw malformed(
                name, expected: "an array as \(key)", found: SafeTensorsHeader.text(value))
        }
        return try elements.map { element in
            guard case .integer(let integer) = element, integer >= 0 else {
                throw malformed(
                    name, expected: "whole numbers from 0 in \(key)",
                    found: SafeTensorsHeader.text(element))
            }
            return integer
        }
    }

    /// Tensors must cover the data section: no gap, no overlap, nothing beyond the end. Offsets that no
    /// writer has misplaced satisfy this, so that alignment needs no rule of its own.
    private func checkLayout(dataSize: Int) throws {
        var end = 0
        var previous = "the beginning"
        for entry in entries.sorted(by: {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }) {
            guard entry.range.lowerBound == end else {
                throw malformed(
                    entry.name, expected: "its bytes to begin at \(end), the end of \(previous)",
                    found: "data_offsets \([entry.range.lowerBound, entry.range.upperBound])")
            }
            guard entry.range.upperBound <= dataSize else {
                throw malformed(
                    entry.name, expected: "its bytes to end by \(dataSize), the end of the file",
                    found: "data_offsets \([entry.range.lowerBound, entry.range.upperBound])")
            }
            end = entry.range.upperBound
            previous = "'\(entry.name)'"
        }
        guard end == dataSize else {
            throw malformed(
                expected: "\(end) bytes of tensors after the header", found: "\(dataSize)")
        }
    }

    private func malformed(_ tensor: String? = nil, expected: String, found: String) -> TensorError
    {
        TensorError(
            .malformedFile(
                path: path, tensor: tensor, expected: expected, found: found,
                advice: "the file is damaged or no safetensors file; fetch or write it again"))
    }

    private static func text(_ value: HeaderJSON) -> String {
        switch value {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): value
        case .string(let value): "'\(value.prefix(32))'"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
