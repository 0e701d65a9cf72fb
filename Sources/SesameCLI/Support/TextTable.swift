/// Rows of cells in aligned columns.
///
/// Columns of numbers lie to the right. Wide characters (Chinese, Japanese, Korean, emoji) count as two
/// columns, as terminals draw them.
struct TextTable {
    enum Alignment { case left, right }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    mutating func add(_ cells: String...) { add(cells) }

    mutating func add(_ cells: [String]) {
        precondition(
            cells.count == titles.count, "a row of \(cells.count) in \(titles.count) columns")
        rows.append(cells)
    }

    /// The table as lines, titles first.
    var lines: [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in
            all.map { Self.width(of: $0[column]) }.max() ?? 0
        }
        return all.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(
                    repeating: " ", count: widths[column] - Self.width(of: cell))
                line += column == 0 ? "" : "  "
                line += alignments[column] == .right ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    func print() {
        for line in lines { StandardOutput.line(line) }
    }

    /// Columns a text takes on a terminal.
    static func width(of text: String) -> Int {
        text.reduce(0) { sum, character in
            sum + (character.unicodeScalars.contains(where: isWide) ? 2 : 1)
        }
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
