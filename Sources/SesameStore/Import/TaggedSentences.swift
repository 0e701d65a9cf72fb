import SesameText

/// How words and tags lie in a file of CoNLL's kind: a word a line, columns, blank lines between sentences.
public struct TaggedColumns: Sendable, Hashable {
    /// The column of the words, counted from 1.
    public var word: Int
    /// The column of the tags, counted from 1; nil for the last.
    public var tag: Int?
    /// The scheme that entity tags are stored in, whichever the file has; nil keeps tags as they are, as for
    /// parts of speech.
    public var scheme: TaggingScheme?

    /// Words in the first column and tags in the last, stored as BIO.
    public init(word: Int = 1, tag: Int? = nil, scheme: TaggingScheme? = .bio) {
        self.word = word
        self.tag = tag
        self.scheme = scheme
    }
}

/// Sentences of words with a tag each: a document's text is the words with single spaces, its pair the tags.
///
/// Columns are separated by tabs, or in a line without any by white space. `-DOCSTART-` lines end a sentence.
struct TaggedReader: RecordReader {
    let lines: LineReader
    let columns: TaggedColumns

    private static let documentStart = Array("-DOCSTART-".utf8)

    mutating func next() throws -> RawDocument? {
        var words: [[UInt8]] = []
        var tags: [String] = []
        var first: LineReader.Position?
        var line: [UInt8] = []
        while let position = try lines.next(appendingTo: &line, limit: documentByteLimit) {
            defer { line.removeAll(keepingCapacity: true) }
            if line.isBlank || line.starts(with: Self.documentStart) {
                if first != nil { break }
                continue
            }
            let (word, tag) = try fields(of: line, position)
            if first == nil { first = position }
            words.append(word)
            tags.append(tag)
        }
        guard let first else { return nil }
        let stored = columns.scheme.map { $0.converted(tags) } ?? tags
        return RawDocument(
            text: Array(words.joined(separator: [0x20])),
            pair: Array(stored.joined(separator: " ").utf8), position: first)
    }

    private func fields(
        of line: [UInt8], _ position: LineReader.Position
    ) throws -> (word: [UInt8], tag: String) {
        let hasTabs = line.contains(0x09)
        let fields =
            hasTabs
            ? line.split(separator: 0x09, omittingEmptySubsequences: false)
            : line.split(separator: 0x20)
        func malformed(_ expected: String, _ found: String) -> StoreError {
            StoreError(
                .malformed(
                    path: lines.path, line: position.number, expected: expected, found: found))
        }
        let needed = max(columns.word, columns.tag ?? 2, 2)
        guard fields.count >= needed else {
            throw malformed(
                "a word and its tag in \(needed) columns or more, or a blank line between sentences",
                "\(fields.count) \(fields.count == 1 ? "column" : "columns") (separated by "
                    + "\(hasTabs ? "tabs" : "spaces"))")
        }
        let word = Array(fields[columns.word - 1])
        guard !word.isEmpty, !word.contains(0x20) else {
            throw malformed(
                "a word without spaces in column \(columns.word)",
                word.isEmpty ? "nothing" : "spaces")
        }
        let tag = String(decoding: fields[(columns.tag ?? fields.count) - 1], as: UTF8.self)
        guard !tag.isEmpty, !tag.utf8.contains(0x20) else {
            throw malformed("a tag without spaces", tag.isEmpty ? "nothing" : "spaces")
        }
        if columns.scheme != nil, tag != TaggingScheme.outside, EntityTag(tag) == nil {
            throw malformed(
                "O or an entity's tag such as B-PER (import tags of other kinds, as parts of "
                    + "speech, with the plain scheme)", "another tag")
        }
        return (word, tag)
    }
}
