/// A document as it stands in a file, before it is checked and repaired.
struct RawDocument {
    var text: [UInt8]
    var pair: [UInt8]?
    var label: [UInt8]?
    var split: Split?
    /// Where the text or its record begins.
    var position: LineReader.Position
    /// Repairs that the reader had to make itself.
    var repairedCount = 0
}

/// Reads the documents of one file, in order.
protocol RecordReader {
    /// The next document, nil at the end. Empty documents are handed on too.
    mutating func next() throws -> RawDocument?
}

extension CorpusFormat {
    func reader(of lines: LineReader, strictUTF8: Bool) throws -> any RecordReader {
        switch self {
        case .text(let unit): TextReader(lines: lines, unit: unit)
        case .jsonl(let columns):
            try JSONLinesReader(lines: lines, columns: columns, strictUTF8: strictUTF8)
        case .tsv(let columns, let header):
            try TableReader(lines: lines, columns: columns, header: header, dialect: .tsv)
        case .csv(let columns, let header):
            try TableReader(lines: lines, columns: columns, header: header, dialect: .csv)
        case .labelledLines: LabelledLinesReader(lines: lines)
        case .conll(let columns): TaggedReader(lines: lines, columns: columns)
        case .squad: SQuADReader(lines: lines, strictUTF8: strictUTF8)
        }
    }
}

/// The longest document that is taken: SQLite holds a thousand million bytes a row.
let documentByteLimit = 900_000_000

/// Plain text by file, paragraph or line.
struct TextReader: RecordReader {
    let lines: LineReader
    let unit: TextUnit

    mutating func next() throws -> RawDocument? {
        switch unit {
        case .line: try nextLine()
        case .paragraph: try nextParagraph()
        case .file: try wholeFile()
        }
    }

    private func nextLine() throws -> RawDocument? {
        var text: [UInt8] = []
        while let position = try lines.next(appendingTo: &text, limit: documentByteLimit) {
            if !text.isBlank { return RawDocument(text: text, position: position) }
            text.removeAll(keepingCapacity: true)
        }
        return nil
    }

    private func nextParagraph() throws -> RawDocument? {
        var text: [UInt8] = []
        var first: LineReader.Position?
        while true {
            let lineStart = text.count
            guard let position = try lines.next(appendingTo: &text, limit: documentByteLimit)
            else { break }
            if text[lineStart...].isBlank {
                text.removeSubrange(lineStart...)
                if first != nil { break }
            } else {
                if first == nil { first = position }
                text.append(0x0A)
            }
        }
        guard let first else { return nil }
        text.removeLast()
        return RawDocument(text: text, position: first)
    }

    private func wholeFile() throws -> RawDocument? {
        var text: [UInt8] = []
        var first: LineReader.Position?
        while let position = try lines.next(appendingTo: &text, limit: documentByteLimit) {
            if first == nil { first = position }
            if lines.endedWithLineFeed { text.append(0x0A) }
        }
        return first.map { RawDocument(text: text, position: $0) }
    }
}

extension Collection<UInt8> {
    /// Whether there is nothing but white space: ASCII's, the no-break space and the ideographic
    /// space, which Chinese and Japanese text is set with.
    var isBlank: Bool {
        var index = startIndex
        while index != endIndex {
            switch self[index] {
            case 0x20, 0x09...0x0D: formIndex(after: &index)
            case 0xC2 where self[index...].starts(with: [0xC2, 0xA0]):
                index = self.index(index, offsetBy: 2)
            case 0xE3 where self[index...].starts(with: [0xE3, 0x80, 0x80]):
                index = self.index(index, offsetBy: 3)
            default: return false
            }
        }
        return true
    }
}
