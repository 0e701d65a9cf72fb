/// Two files whose lines belong together, such as a text and its translation.
struct PairedLinesReader: RecordReader {
    let lines: LineReader
    let pairs: LineReader
    let strictUTF8: Bool

    mutating func next() throws -> RawDocument? {
        var (text, pair): ([UInt8], [UInt8]) = ([], [])
        let position = try lines.next(appendingTo: &text, limit: documentByteLimit)
        let pairPosition = try pairs.next(appendingTo: &pair, limit: documentByteLimit)
        guard let position, let pairPosition else {
            if position == nil && pairPosition == nil { return nil }
            try Self.skipRest(of: lines)
            try Self.skipRest(of: pairs)
            throw StoreError(
                .unaligned(
                    "\(lines.path) has \(lines.lineNumber) lines, \(pairs.path) has "
                        + "\(pairs.lineNumber): line n of both must belong together, so make them "
                        + "equally long"))
        }
        // Half a translation is none: it counts as empty, and the lines after it stay aligned.
        if text.isBlank || pair.isBlank { return RawDocument(text: [], position: position) }
        let repairedCount = try TextBridge.repair(
            &pair, strict: strictUTF8, path: pairs.path, position: pairPosition)
        return RawDocument(
            text: text, pair: pair, position: position, repairedCount: repairedCount)
    }

    private static func skipRest(of lines: LineReader) throws {
        var line: [UInt8] = []
        while try lines.next(appendingTo: &line, limit: documentByteLimit) != nil {
            line.removeAll(keepingCapacity: true)
        }
    }
}
