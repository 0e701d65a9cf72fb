/// Reads word vectors out of a file's bytes: word2vec text and binary, GloVe text.
///
/// word2vec's files begin with a line of two numbers, how many words and how many values; in the binary format each
/// word is followed by a space and its values as little-endian 32-bit floats. GloVe's begin with the first word.
/// In text, a word may hold spaces: the values are the last fields of a line.
struct WordVectorReader {
    struct Problem: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var line = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Longer vectors have no use, and a damaged header must not ask for all memory.
    private static let largestSize = 65_536

    mutating func read(into collector: inout VectorCollector) throws {
        guard let first = nextLine() else { throw Problem("the file is empty") }
        let fields = Self.fields(first)
        if fields.count == 2, let count = asInteger(fields[0]),
            let size = asInteger(fields[1])
        {
            guard count > 0, size > 0, size <= Self.largestSize else {
                throw Problem("line 1 announces \(count) vectors of \(size) values")
            }
            collector.begin(size: size)
            if isText(size: size) {
                try readText(size: size, announced: count, into: &collector)
            } else {
                try readBinary(count: count, size: size, into: &collector)
            }
            return
        }
        let size = trailingCount(fields)
        guard size > 0, size <= Self.largestSize else {
            throw Problem("line 1 is no word with numbers after it")
        }
        collector.begin(size: size)
        position = 0
        line = 0
        try readText(size: size, announced: nil, into: &collector)
    }

    /// Whether what follows the header is a line of a word and `size` numbers.
    private mutating func isText(size: Int) -> Bool {
        let (start, number) = (position, line)
        defer { (position, line) = (start, number) }
        guard let next = nextLine() else { return true }
        let fields = Self.fields(next)
        return fields.count > size && trailingCount(fields) >= size
    }

    private mutating func readText(
        size: Int, announced: Int?, into collector: inout VectorCollector
    ) throws {
        var count = 0
        var vector = [Float](repeating: 0, count: size)
        while let content = nextLine() {
            if content.isEmpty { continue }
            let fields = Self.fields(content)
            guard fields.count > size else {
                throw Problem(
                    "line \(line) has \(max(0, fields.count - 1)) values after a word, "
                        + "not \(size)")
            }
            count += 1
            let values = fields.suffix(size)
            let end = values.startIndex == 0 ? 0 : fields[values.startIndex - 1].upperBound
            let word = UnsafeBufferPointer(rebasing: bytes[fields[0].lowerBound..<end])
            let ids = collector.wanted(word)
            guard !ids.isEmpty else { continue }
            for (place, field) in values.enumerated() {
                guard let value = Self.number(bytes[field]) else {
                    throw Problem("line \(line): value \(place + 1) is no number")
                }
                vector[place] = value
            }
            collector.add(word, ids, vector)
        }
        if let announced, announced != count {
            throw Problem("line 1 announces \(announced) vectors, the file has \(count)")
        }
    }

    private mutating func readBinary(
        count: Int, size: Int, into collector: inout VectorCollector
    ) throws {
        var vector = [Float](repeating: 0, count: size)
        for index in 0..<count {
            // gensim puts no line break after a vector, word2vec does.
            if position < bytes.count, bytes[position] == Self.newline { position += 1 }
            guard
                let end = bytes[position...].firstIndex(of: Self.space),
                bytes.count - end - 1 >= size * 4
            else { throw Problem("the file ends within vector \(index + 1) of \(count)") }
            let word = UnsafeBufferPointer(rebasing: bytes[position..<end])
            position = end + 1
            let ids = collector.wanted(word)
            if !ids.isEmpty {
                for place in 0..<size {
                    var bits: UInt32 = 0
                    for byte in 0..<4 {
                        bits |= UInt32(bytes[position + place * 4 + byte]) << UInt32(8 * byte)
                    }
                    vector[place] = Float(bitPattern: bits)
                    guard vector[place].isFinite else {
                        throw Problem("vector \(index + 1) holds a value that is no number")
                    }
                }
                collector.add(word, ids, vector)
            }
            position += size * 4
        }
    }

    /// The bytes of the next line, without its break; nil at the end.
    private mutating func nextLine() -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard position < bytes.count else { return nil }
        let end = bytes[position...].firstIndex(of: Self.newline) ?? bytes.count
        defer {
            position = end + 1
            line += 1
        }
        var last = end
        if last > position, bytes[last - 1] == Self.carriageReturn { last -= 1 }
        return bytes[position..<last]
    }

    /// Where the fields of a line lie, separated by spaces and tabs.
    private static func fields(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        for place in line.indices {
            let isBlank = line[place] == space || line[place] == tab
            if isBlank, let first = start {
                result.append(first..<place)
                start = nil
            } else if !isBlank, start == nil {
                start = place
            }
        }
        if let start { result.append(start..<line.endIndex) }
        return result
    }

    /// How many fields at the end of a line are numbers, the first field left out.
    private func trailingCount(_ fields: [Range<Int>]) -> Int {
        var count = 0
        for field in fields.dropFirst().reversed() {
            guard Self.number(bytes[field]) != nil else { break }
            count += 1
        }
        return count
    }

    private func asInteger(_ field: Range<Int>) -> Int? {
        Int(String(decoding: bytes[field], as: UTF8.self))
    }

    private static func number(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Float? {
        guard let value = Float(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }
}
