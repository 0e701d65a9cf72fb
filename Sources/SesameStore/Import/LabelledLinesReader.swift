/// Lines of a label, white space and a text.
struct LabelledLinesReader: RecordReader {
    let lines: LineReader

    /// What fastText's files have before each label.
    private static let prefix = Array("__label__".utf8)

    mutating func next() throws -> RawDocument? {
        var line: [UInt8] = []
        while let position = try lines.next(appendingTo: &line, limit: documentByteLimit) {
            defer { line.removeAll(keepingCapacity: true) }
            if line.isBlank { continue }
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
            let rest = line.drop(while: isSpace)
            var label = rest.prefix { !isSpace($0) }
            let text = rest.dropFirst(label.count).drop(while: isSpace)
            if label.starts(with: Self.prefix) { label = label.dropFirst(Self.prefix.count) }
            // A line of one word has no text, and is counted with those that are empty.
            return RawDocument(text: Array(text), label: Array(label), position: position)
        }
        return nil
    }
}
