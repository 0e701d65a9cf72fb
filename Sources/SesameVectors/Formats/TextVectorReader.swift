import SesameTensor

/// Reads word2vec's and GloVe's text formats.
///
/// The file is cut into blocks of whole lines. One pass over the blocks finds each row's word and where its values
/// begin, a second one parses them; both run on all threads. The values are a line's last fields, so that a word may
/// hold spaces, as some of GloVe's do; a line with more numbers than the first one is refused all the same.
struct TextVectorReader {
    let file: MappedFile
    let hasHeader: Bool
    let keeps: RowFilter?

    private struct Row {
        var start: Int
        var wordCount: UInt32
        /// Of the values, from `start` on.
        var valuesOffset: UInt32
        var end: Int
        /// Both counted from 0 within the block.
        var line: Int32
        var number: Int32
    }

    private struct Problem {
        var line: Int
        var row: Int
        var expected: String
        var found: String
    }

    private struct Block {
        var rows: [Row] = []
        var lineCount = 0
        var rowCount = 0
        var problem: Problem?
    }

    private static let blockBytes = 1 << 20

    private var bytes: UnsafeBufferPointer<UInt8> { file.bytes.bindMemory(to: UInt8.self) }

    func read() throws(VectorError) -> VectorTable {
        let header = hasHeader ? VectorHeader(file.bytes) : nil
        let width = try width(header)
        let start = header?.end ?? 0
        var blocks = scanned(from: start, width: width)
        var firstLines = [start == 0 ? 1 : 2]
        var firstRows = [1]
        for block in blocks {
            if let problem = block.problem {
                throw malformed(
                    row: firstRows[firstRows.count - 1] + problem.row,
                    line: firstLines[firstLines.count - 1] + problem.line, problem)
            }
            firstLines.append(firstLines[firstLines.count - 1] + block.lineCount)
            firstRows.append(firstRows[firstRows.count - 1] + block.rowCount)
        }
        if let header, firstRows[firstRows.count - 1] - 1 != header.count {
            throw malformed(
                "line 1", expected: "the number of rows",
                found:
                    "\(header.count), where \(firstRows[firstRows.count - 1] - 1) follow")
        }
        var words = RowWords(
            path: file.path, capacity: blocks.reduce(0) { $0 + $1.rows.count },
            isFiltered: keeps != nil)
        for (index, block) in blocks.enumerated() {
            for row in block.rows {
                let word = bytes[row.start..<row.start + Int(row.wordCount)]
                try words.add(
                    UnsafeBufferPointer(rebasing: word),
                    place: "row \(firstRows[index] + Int(row.number)), line "
                        + "\(firstLines[index] + Int(row.line))")
            }
        }
        let kept = try words.vocabulary()
        let bases = Self.keep(kept.places, of: &blocks)
        let values = Tensor(unsafeUninitializedShape: [kept.vocabulary.count, width]) { target in
            blocks.withUnsafeMutableBufferPointer { blocks in
                parallelFor(blocks.count) { index in
                    parse(
                        &blocks[index], width: width,
                        into: UnsafeMutableBufferPointer(
                            rebasing: target[(bases[index] * width)...]))
                }
            }
        }
        for (index, block) in blocks.enumerated() {
            if let problem = block.problem {
                throw malformed(
                    row: firstRows[index] + problem.row, line: firstLines[index] + problem.line,
                    problem)
            }
        }
        return VectorTable(kept, rows: VectorRows(values), subwords: nil)
    }

    /// Drops rows that are not kept.
    ///
    /// - Parameter places: The rows to keep, counted through all blocks; nil for all.
    /// - Returns: The first row of each block in the table.
    private static func keep(_ places: [Int]?, of blocks: inout [Block]) -> [Int] {
        var bases: [Int] = []
        var rest = places.map { $0[...] }
        var (base, first) = (0, 0)
        for index in blocks.indices {
            bases.append(base)
            let count = blocks[index].rows.count
            if let all = rest {
                let own = all.prefix { $0 < first + count }
                let rows = blocks[index].rows
                if own.count < count { blocks[index].rows = own.map { rows[$0 - first] } }
                rest = all.dropFirst(own.count)
            }
            first += count
            base += blocks[index].rows.count
        }
        return bases
    }

    /// The header's width, or how many numbers end the first line.
    private func width(_ header: VectorHeader?) throws(VectorError) -> Int {
        if let header {
            try header.check(path: file.path, size: bytes.count, bytesPerValue: 2)
            return header.width
        }
        guard !hasHeader else {
            throw malformed(
                "line 1", expected: "how many words and values a word",
                found: "no two whole numbers")
        }
        guard !bytes.isEmpty else {
            throw malformed(nil, expected: "word vectors", found: "an empty file")
        }
        let line = bytes[..<(bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count)]
        let fields = line.split(whereSeparator: Self.isBlank)
        let numbers = fields.dropFirst().reversed().prefix {
            NumberParser.parse(UnsafeBufferPointer(rebasing: $0)) != nil
        }
        guard (1...VectorHeader.widest).contains(numbers.count) else {
            throw malformed(
                "row 1, line 1",
                expected: "a word and its values, at most \(VectorHeader.widest)",
                found: "\(numbers.count) numbers")
        }
        return numbers.count
    }

    /// The rows of all blocks of lines.
    private func scanned(from start: Int, width: Int) -> [Block] {
        var starts = [start]
        while let last = starts.last, last < bytes.count {
            let goal = min(last + Self.blockBytes, bytes.count)
            let end = bytes[goal...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
            starts.append(end ?? bytes.count)
        }
        return parallelMap(starts.count - 1) { index in
            scan(starts[index]..<starts[index + 1], width: width)
        }
    }

    private func scan(_ range: Range<Int>, width: Int) -> Block {
        var block = Block()
        var position = range.lowerBound
        while position < range.upperBound {
            let start = position
            while position < range.upperBound, bytes[position] != UInt8(ascii: "\n") {
                position += 1
            }
            let end = position
            position += 1
            defer { block.lineCount += 1 }
            switch row(start..<end, width: width) {
            case .blank: continue
            case .failure(let expected, let found):
                block.problem = Problem(
                    line: block.lineCount, row: block.rowCount, expected: expected, found: found)
                return block
            case .row(let word, let values):
                let isKept =
                    keeps?(UnsafeBufferPointer(rebasing: bytes[word])) ?? true
                if isKept {
                    block.rows.append(
                        Row(
                            start: word.lowerBound, wordCount: UInt32(word.count),
                            valuesOffset: UInt32(values - word.lowerBound), end: end,
                            line: Int32(block.lineCount), number: Int32(block.rowCount)))
                }
                block.rowCount += 1
            }
        }
        return block
    }

    private enum Line {
        case blank
        case row(word: Range<Int>, values: Int)
        case failure(expected: String, found: String)
    }

    /// Finds a line's word by counting fields from its end.
    private func row(_ range: Range<Int>, width: Int) -> Line {
        var position = range.upperBound
        var fields = 0
        func skip(blanks: Bool) {
            while position > range.lowerBound, Self.isBlank(bytes[position - 1]) == blanks {
                position -= 1
            }
        }
        skip(blanks: true)
        guard position > range.lowerBound else { return .blank }
        var values = position
        while fields < width, position > range.lowerBound {
            skip(blanks: false)
            values = position
            skip(blanks: true)
            fields += 1
        }
        let expected = "a word and \(width) values"
        guard position > range.lowerBound else {
            let word = fields == 0 ? 0 : 1
            return .failure(expected: expected, found: "\(fields - word) values")
        }
        var start = range.lowerBound
        while Self.isBlank(bytes[start]) { start += 1 }
        guard UInt32(exactly: range.count) != nil else {
            return .failure(expected: expected, found: "a line of \(range.count) bytes")
        }
        let word = start..<position
        if let blank = bytes[word].lastIndex(where: Self.isBlank),
            NumberParser.parse(UnsafeBufferPointer(rebasing: bytes[blank + 1..<position])) != nil
        {
            let more = bytes[word].split(whereSeparator: Self.isBlank).count - 1
            return .failure(expected: expected, found: "\(width + more) values")
        }
        return .row(word: word, values: values)
    }

    /// Parses the values of a block's rows.
    private func parse(
        _ block: inout Block, width: Int, into target: UnsafeMutableBufferPointer<Float>
    ) {
        var place = 0
        for row in block.rows {
            var position = row.start + Int(row.valuesOffset)
            for value in 0..<width {
                while position < row.end, Self.isBlank(bytes[position]) { position += 1 }
                let start = position
                while position < row.end, !Self.isBlank(bytes[position]) { position += 1 }
                let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
                guard let number = NumberParser.parse(text) else {
                    block.problem = Problem(
                        line: Int(row.line), row: Int(row.number),
                        expected: "a finite number as value \(value + 1)",
                        found: "another text of \(text.count) bytes")
                    return
                }
                target[place] = number
                place += 1
            }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private func malformed(row: Int, line: Int, _ problem: Problem) -> VectorError {
        malformed("row \(row), line \(line)", expected: problem.expected, found: problem.found)
    }

    private func malformed(_ place: String?, expected: String, found: String) -> VectorError {
        VectorError(.malformed(path: file.path, place: place, expected: expected, found: found))
    }
}
