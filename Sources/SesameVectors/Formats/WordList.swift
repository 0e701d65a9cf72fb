import SesameText

/// Words as the bytes of a file's tensor, each ended by a line feed.
enum WordList {
    /// - Throws: ``VectorError`` with code `.unsupportedFile` for a word with a line feed.
    static func bytes(of vocabulary: Vocabulary, path: String) throws(VectorError) -> [UInt8] {
        var text: [UInt8] = []
        for id in 0..<Int32(vocabulary.count) {
            let start = text.count
            vocabulary.withBytes(of: id) { text.append(contentsOf: $0) }
            guard !text[start...].contains(UInt8(ascii: "\n")) else {
                throw VectorError(
                    .unsupported(
                        path: path, problem: "word \(id + 1) holds a line feed",
                        remedy: "leave it out"))
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// - Throws: ``VectorError`` with code `.malformedFile` for bytes that are not UTF-8, or that no line feed ends.
    static func tokens(
        in bytes: UnsafeRawBufferPointer, path: String, place: String
    ) throws(VectorError) -> [String] {
        let text = bytes.bindMemory(to: UInt8.self)
        guard text.last == UInt8(ascii: "\n"), UTF8Repair.firstInvalidOffset(in: text) == nil else {
            throw VectorError(
                .malformed(
                    path: path, place: place, expected: "UTF-8 with a line feed behind each word",
                    found: "other bytes"))
        }
        return text.dropLast().split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
        )
        .map { String(decoding: $0, as: UTF8.self) }
    }
}
