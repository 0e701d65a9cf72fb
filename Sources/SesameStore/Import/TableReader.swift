/// Tab- and comma-separated values.
struct TableReader: RecordReader {
    /// Where fields end, and whether they may be quoted.
    struct Dialect {
        let separator: UInt8
        let separatorName: String
        let quotes: Bool

        static let tsv = Dialect(separator: 0x09, separatorName: "tab", quotes: false)
        static let csv = Dialect(separator: 0x2C, separatorName: "comma", quotes: true)
    }

    private let lines: LineReader
    private let dialect: Dialect
    private let columns: Columns
    private let names: [String]?
    private let textIndex: Int
    private let pairIndex: Int?
    private let labelIndex: Int?
    private let splitIndex: Int?
    private let endingIndices: [Int]
    private let stemIndex: Int?
    private var record: [UInt8] = []

    init(lines: LineReader, columns: Columns, header: Bool, dialect: Dialect) throws {
        self.lines = lines
        self.dialect = dialect
        self.columns = columns

        var names: [String]?
        var headerLine = 1
        if header {
            var record: [UInt8] = []
            if let (fields, position) = try Self.record(lines, dialect, &record) {
                headerLine = position.number
                names = fields.map { field in
                    let name = String(decoding: field, as: UTF8.self)
                    return String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                }
            } else {
                names = []
            }
        }
        self.names = names

        func index(_ column: Column) throws -> Int {
            switch column {
            case .number(let number):
                guard number >= 1, names.map({ number <= $0.count || $0.isEmpty }) ?? true else {
                    throw StoreError(
                        .missingColumn(
                            path: lines.path, line: headerLine, column: column.description,
                            available: names ?? []))
                }
                return number - 1
            case .name(let name):
                guard let names else {
                    throw StoreError(
                        .malformed(
                            path: lines.path, line: 1,
                            expected: "a header line that names \(column)",
                            found: "an import without header: give the column's number"))
                }
                // A file without any line has no documents; that is said later, for all files.
                if names.isEmpty { return 0 }
                guard let index = names.firstIndex(of: name) else {
                    throw StoreError(
                        .missingColumn(
                            path: lines.path, line: headerLine, column: column.description,
                            available: names))
                }
                return index
            }
        }
        textIndex = try index(columns.text)
        pairIndex = try columns.pair.map(index)
        labelIndex = try columns.label.map(index)
        splitIndex = try columns.split.map(index)
        endingIndices = try columns.endings.map(index)
        stemIndex = try columns.stem.map(index)
    }

    mutating func next() throws -> RawDocument? {
        guard let (fields, position) = try Self.record(lines, dialect, &record) else { return nil }
        func field(_ index: Int, _ column: Column) throws -> [UInt8] {
            guard index < fields.count else {
                let held = fields.count == 1 ? "1 column" : "\(fields.count) columns"
                throw StoreError(
                    .missingColumn(
                        path: lines.path, line: position.number,
                        column:
                            "\(column) in a line of \(held) (separated by \(dialect.separatorName))",
                        available: names ?? (1...fields.count).map(String.init)))
            }
            return Array(fields[index])
        }
        var document = RawDocument(text: try field(textIndex, columns.text), position: position)
        if let index = pairIndex, let column = columns.pair {
            document.pair = try field(index, column)
        }
        if !endingIndices.isEmpty {
            func text(_ index: Int, _ column: Column) throws -> String {
                String(decoding: try field(index, column), as: UTF8.self)
            }
            var stem: String?
            if let index = stemIndex, let column = columns.stem { stem = try text(index, column) }
            let endings = try zip(endingIndices, columns.endings).map { try text($0, $1) }
            document.pair = Array(try Columns.pair(stem: stem, endings: endings).utf8)
        }
        if let index = labelIndex, let column = columns.label {
            document.label = try field(index, column)
        }
        if let index = splitIndex, let column = columns.split {
            let name = String(decoding: try field(index, column), as: UTF8.self)
            document.split = try Split(
                importing: name, path: lines.path, line: position.number)
        }
        return document
    }

    /// The next record that is not a blank line, as slices of bytes.
    private static func record(
        _ lines: LineReader, _ dialect: Dialect, _ bytes: inout [UInt8]
    ) throws -> (fields: [ArraySlice<UInt8>], position: LineReader.Position)? {
        while true {
            bytes.removeAll(keepingCapacity: true)
            guard let position = try lines.next(appendingTo: &bytes, limit: documentByteLimit)
            else { return nil }
            if bytes.isBlank && !bytes.contains(dialect.separator) { continue }
            if dialect.quotes && bytes.contains(0x22) {
                return (try quotedFields(lines, dialect, &bytes, position), position)
            }
            let fields = bytes.split(
                separator: dialect.separator, omittingEmptySubsequences: false)
            return (fields, position)
        }
    }

    /// Splits a record in which some field is quoted, reading on where a quoted field holds a line
    /// break. Quotes within an unquoted field are taken as they are.
    private static func quotedFields(
        _ lines: LineReader, _ dialect: Dialect, _ bytes: inout [UInt8],
        _ position: LineReader.Position
    ) throws -> [ArraySlice<UInt8>] {
        var fields: [ArraySlice<UInt8>] = []
        var index = 0
        while true {
            var field: [UInt8] = []
            if index < bytes.count, bytes[index] == 0x22 {
                index += 1
                quoted: while true {
                    guard index < bytes.count else {
                        bytes.append(0x0A)
                        guard try lines.next(appendingTo: &bytes, limit: documentByteLimit) != nil
                        else {
                            throw StoreError(
                                .malformed(
                                    path: lines.path, line: position.number,
                                    expected: "a closing quote for field \(fields.count + 1)",
                                    found: "the end of the file"))
                        }
                        continue
                    }
                    let byte = bytes[index]
                    index += 1
                    if byte != 0x22 {
                        field.append(byte)
                    } else if index < bytes.count, bytes[index] == 0x22 {
                        field.append(0x22)
                        index += 1
                    } else {
                        break quoted
                    }
                }
                guard index == bytes.count || bytes[index] == dialect.separator else {
                    throw StoreError(
                        .malformed(
                            path: lines.path, line: lines.lineNumber,
                            expected:
                                "a \(dialect.separatorName) or the line's end after the closing "
                                + "quote of field \(fields.count + 1)",
                            found: "other text (a quote within quotes is written twice)"))
                }
            } else {
                while index < bytes.count, bytes[index] != dialect.separator {
                    field.append(bytes[index])
                    index += 1
                }
            }
            fields.append(field[...])
            guard index < bytes.count else { return fields }
            index += 1
        }
    }
}

extension Split {
    /// A split by its name in a column of a file.
    init(importing name: String, path: String, line: Int) throws {
        switch name.lowercased() {
        case "train", "training": self = .train
        case "validation", "valid", "val", "dev": self = .validation
        case "test": self = .test
        default:
            throw StoreError(
                .malformed(
                    path: path, line: line, expected: "train, validation (or dev) or test as split",
                    found: name.isEmpty ? "nothing" : "another word"))
        }
    }
}
