import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension VectorTable {
    /// Reads a file of word vectors: word2vec's text and binary formats, GloVe's text, fastText's `.bin`, and
    /// our own safetensors, whose rows stay in the mapped file.
    ///
    /// Everything is checked but the values of a mapped file, which would have to be read for that. Where several rows have
    /// one word, as in some published files, the first counts; ``repeatedRowCount`` tells how many others there were.
    /// - Parameters:
    ///   - url: The file.
    ///   - format: What it is; nil for what its first bytes show.
    /// - Throws: ``VectorError``; of a malformed file it names the row, what was expected and what was found.
    public static func load(_ url: URL, format: VectorFormat? = nil) throws -> VectorTable {
        try load(url, format: format, keeping: nil)
    }

    /// Reads those rows of a file whose words `filter` keeps, the first of each word.
    package static func load(
        _ url: URL, format: VectorFormat? = nil, keeping filter: RowFilter?
    ) throws(VectorError) -> VectorTable {
        let file: MappedFile
        do {
            file = try MappedFile(url.path)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        } catch {
            throw VectorError(.file(path: url.path, operation: "read", reason: "\(error)"))
        }
        guard !file.bytes.isEmpty else {
            throw VectorError(
                .malformed(
                    path: url.path, place: nil, expected: "word vectors", found: "an empty file"))
        }
        switch format ?? .detected(in: file.bytes) {
        case .word2vecBinary: return try BinaryVectorReader(file: file, keeps: filter).read()
        case .word2vecText:
            return try TextVectorReader(file: file, hasHeader: true, keeps: filter).read()
        case .gloveText:
            return try TextVectorReader(file: file, hasHeader: false, keeps: filter).read()
        case .fastText: return try FastTextReader(file: file, keeps: filter).read()
        case .safetensors: return try SafeTensorsVectors.read(url, keeps: filter)
        }
    }
}
