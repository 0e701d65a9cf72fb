import CSesameKernels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Counts in a safetensors file, so that those of a further text can be added to them: `entries` `[places, 12]` bytes, each
/// a row, a column and a 32-bit float, little-endian, in order; `words`, each ended by a line feed, and `word_counts`.
extension Cooccurrences {
    private enum Name {
        static let entries = "entries"
        static let words = "words"
        static let wordCounts = "word_counts"
        static let format = "format"
        static let window = "window"
        static let symmetric = "symmetric"
        static let distance = "weighs_distance"
    }

    private static let format = "sesame.cooccurrences"

    /// Writes the counts; the file appears complete or not at all. 12 bytes a place.
    ///
    /// - Throws: ``VectorError`` with code `.file`, or `.unsupportedFile` for a word with a line feed.
    public func save(to url: URL) throws {
        let text = try WordList.bytes(of: vocabulary, path: url.path)
        let (entries, size) = (entries, CooccurrenceEntries.size)
        var tensors = [
            SafeTensors.RawTensor(Name.entries, of: UInt8.self, sizes: [entries.count, size]) {
                write in
                try entries.withUnsafeEntries { entries in
                    try write(UnsafeRawBufferPointer(entries).bindMemory(to: UInt8.self))
                }
            }
        ]
        if let counts = vocabulary.counts?.map(Int64.init) {
            tensors.append(
                SafeTensors.RawTensor(Name.wordCounts, of: Int64.self, sizes: [counts.count]) {
                    try counts.withUnsafeBufferPointer($0)
                })
        }
        tensors.append(
            SafeTensors.RawTensor(Name.words, of: UInt8.self, sizes: [text.count]) {
                try text.withUnsafeBufferPointer($0)
            })
        let metadata = [
            Name.format: Self.format, Name.window: "\(options.window)",
            Name.symmetric: "\(options.isSymmetric)", Name.distance: "\(options.weighsDistance)",
        ]
        do {
            try SafeTensors.write(raw: tensors, metadata: metadata, to: url)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        }
    }

    /// Reads counts that ``save(to:)`` wrote, which stay in the file, mapped: it must not be written to while they are used.
    ///
    /// - Parameters:
    ///   - url: The file.
    ///   - memoryBytes: What training may take beside the file, as in ``CooccurrenceOptions/memoryBytes``.
    ///   - temporary: A folder for what does not fit in memory.
    /// - Throws: ``VectorError`` with code `.file` or `.malformedFile`.
    public init(
        contentsOf url: URL, memoryBytes: Int = CooccurrenceOptions().memoryBytes,
        temporary: URL = FileManager.default.temporaryDirectory
    ) throws {
        let file: SafeTensorsFile
        do {
            file = try SafeTensorsFile(url)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        }
        defer { withExtendedLifetime(file) {} }
        func malformed(_ place: String, _ expected: String, _ found: String) -> VectorError {
            VectorError(
                .malformed(path: url.path, place: place, expected: expected, found: found))
        }
        guard file.metadata[Name.format] == Self.format else {
            throw malformed(
                "__metadata__", "counts of words that meet",
                "another kind of file")
        }
        var options = CooccurrenceOptions()
        guard let window = file.metadata[Name.window].flatMap({ Int($0) }),
            let symmetric = file.metadata[Name.symmetric].flatMap({ Bool($0) }),
            let distance = file.metadata[Name.distance].flatMap({ Bool($0) })
        else { throw malformed("__metadata__", "what was counted as a meeting", "something else") }
        (options.window, options.isSymmetric, options.weighsDistance) = (
            window, symmetric, distance
        )
        options.memoryBytes = memoryBytes
        try options.validate()
        let size = CooccurrenceEntries.size
        func content(
            _ name: String, type: String, count: Int? = nil, columns: Int? = nil
        ) throws -> UnsafeRawBufferPointer {
            guard let range = file.byteRange(of: name), file.typeName(of: name) == type,
                let sizes = file.sizes(of: name), count ?? sizes.first == sizes.first,
                Array(sizes.dropFirst()) == (columns.map { [$0] } ?? [])
            else {
                throw malformed(
                    name,
                    "\(count.map { "\($0) " } ?? "")elements of type \(type)"
                        + (columns.map { " in rows of \($0)" } ?? ""),
                    file.typeName(of: name).map { "\($0), \(file.sizes(of: name) ?? [])" }
                        ?? "no such tensor")
            }
            return UnsafeRawBufferPointer(rebasing: file.file.bytes[range])
        }
        let text = try content(Name.words, type: "U8")
        let tokens = try WordList.tokens(in: text, path: url.path, place: Name.words)
        var wordCounts: [Int]?
        if file.sizes(of: Name.wordCounts) != nil {
            let bytes = try content(Name.wordCounts, type: "I64", count: tokens.count)
            wordCounts = tokens.indices.map {
                Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
            }
        }
        let vocabulary: Vocabulary
        do {
            vocabulary = try Vocabulary(tokens: tokens, counts: wordCounts)
            try TrainedText.checkCounts(of: vocabulary)
        } catch {
            throw malformed(
                Name.words, "words, each once, with what \(Name.wordCounts) says", "\(error)")
        }
        let count = try content(Name.entries, type: "U8", columns: size).count / size
        guard count > 0, let start = file.byteRange(of: Name.entries)?.lowerBound, start % 4 == 0
        else {
            throw malformed(Name.entries, "counts at a multiple of four bytes", "none there")
        }
        let entries = CooccurrenceEntries(file.file, offset: start, count: count)
        let bad = entries.withUnsafeEntries { entries -> Int? in
            var last: UInt64?
            return entries.firstIndex { entry in
                let key = UInt64(entry.row) << 32 | UInt64(entry.column)
                defer { last = key }
                return entry.row >= UInt32(tokens.count) || entry.column >= UInt32(tokens.count)
                    || !(entry.count > 0 && entry.count.isFinite)
                    || last.map { $0 >= key } ?? false
            }
        }
        if let bad {
            let entry = entries[bad]
            throw malformed(
                "place \(bad + 1) of \(count)",
                "rising rows and columns below \(tokens.count), and a count above 0",
                "row \(entry.row), column \(entry.column), count \(entry.count)")
        }
        self.init(
            vocabulary: vocabulary, options: options, entries: entries, folder: temporary)
    }
}
