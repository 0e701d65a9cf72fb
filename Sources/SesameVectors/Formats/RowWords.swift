import SesameText

/// Which rows of a file to keep, by their words.
package typealias RowFilter = @Sendable (UnsafeBufferPointer<UInt8>) -> Bool

/// The words of a file's rows, gathered into a vocabulary.
///
/// A word that comes twice is refused, but where rows are filtered: some published files repeat a word like `<unk>`, and
/// who asks for certain words takes the first.
struct RowWords {
    let path: String
    private var seen: Set<[UInt8]>?
    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = [0]
    /// The row of the file, counted from 1, that each word came from.
    private var fileRows: [Int] = []

    init(path: String, capacity: Int, isFiltered: Bool) {
        self.path = path
        seen = isFiltered ? [] : nil
        offsets.reserveCapacity(capacity + 1)
        fileRows.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * 8)
    }

    var count: Int { fileRows.count }

    /// Adds the word of a row.
    ///
    /// - Parameter place: How a message names the row.
    /// - Returns: Whether the row is kept.
    mutating func add(
        _ word: UnsafeBufferPointer<UInt8>, row: Int, place: @autoclosure () -> String
    ) throws(VectorError) -> Bool {
        guard !word.isEmpty else {
            throw malformed(place(), expected: "a word", found: "none before its values")
        }
        var isASCII = true
        for byte in word where byte >= 0x80 { isASCII = false }
        if !isASCII, let offset = UTF8Repair.firstInvalidOffset(in: word) {
            throw malformed(
                place(), expected: "a word in UTF-8",
                found: "byte \(String(word[offset], radix: 16)) at place \(offset + 1) of it")
        }
        guard bytes.count + word.count <= Int(UInt32.max), count < Int(Int32.max) else {
            throw VectorError(
                .unsupported(
                    path: path, problem: "its words take more than 4 GB",
                    remedy: "split it, or keep the most frequent words"))
        }
        if let isNew = seen?.insert(Array(word)).inserted, !isNew { return false }
        bytes.append(contentsOf: word)
        offsets.append(UInt32(bytes.count))
        fileRows.append(row)
        return true
    }

    /// The vocabulary of all words.
    ///
    /// - Throws: ``VectorError`` that names both rows of a word that comes twice.
    func vocabulary(counts: [Int]? = nil) throws(VectorError) -> Vocabulary {
        guard count > 0 else {
            guard seen == nil else { throw VectorError(.noneKept(path: path)) }
            throw VectorError(
                .malformed(path: path, place: nil, expected: "words with vectors", found: "none"))
        }
        do {
            return try Vocabulary(bytes: bytes, offsets: offsets, counts: counts, path: path)
        } catch {
            var seen: [[UInt8]: Int] = [:]
            for word in 0..<count {
                let key = Array(bytes[Int(offsets[word])..<Int(offsets[word + 1])])
                if let first = seen.updateValue(fileRows[word], forKey: key) {
                    throw malformed(
                        "row \(fileRows[word])", expected: "each word once",
                        found: "the word of row \(first) again")
                }
            }
            throw malformed("words", expected: "a vocabulary", found: "\(error)")
        }
    }

    private func malformed(_ place: String, expected: String, found: String) -> VectorError {
        VectorError(.malformed(path: path, place: place, expected: expected, found: found))
    }
}

extension SubwordGrams {
    /// What a file says of n-grams.
    init(
        path: String, minimumLength: Int, maximumLength: Int, bucketCount: Int
    ) throws(VectorError) {
        do {
            try self.init(
                minimumLength: minimumLength, maximumLength: maximumLength,
                bucketCount: bucketCount)
        } catch {
            throw VectorError(
                .malformed(
                    path: path, place: "n-grams",
                    expected: "lengths from 1 to 64, the least first, and at least one bucket",
                    found: "\(minimumLength) to \(maximumLength), and \(bucketCount) buckets"))
        }
    }
}
