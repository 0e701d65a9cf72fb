import SesameText

/// Which rows of a file to keep, by their words.
package typealias RowFilter = @Sendable (UnsafeBufferPointer<UInt8>) -> Bool

/// The words of a file's rows, gathered into a vocabulary.
///
/// Of rows that have one word the first is kept, and the others are counted: published files of GloVe and fastText hold
/// such rows, as of words that differ in bytes which were lost.
struct RowWords {
    /// The vocabulary, and which of the rows added it is made of.
    struct Kept {
        var vocabulary: Vocabulary
        /// Places among the rows added, rising; nil where all are kept.
        var places: [Int]?
        var repeatedCount: Int

        /// What belongs to the rows that are kept, of all that belongs to those added.
        func kept<Element>(_ all: [Element]) -> [Element] {
            places.map { places in places.map { all[$0] } } ?? all
        }
    }

    let path: String
    private let isFiltered: Bool
    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = [0]

    init(path: String, capacity: Int, isFiltered: Bool) {
        self.path = path
        self.isFiltered = isFiltered
        offsets.reserveCapacity(capacity + 1)
        bytes.reserveCapacity(capacity * 8)
    }

    private var count: Int { offsets.count - 1 }

    /// Adds the word of a row.
    ///
    /// - Parameter place: How a message names the row.
    mutating func add(
        _ word: UnsafeBufferPointer<UInt8>, place: @autoclosure () -> String
    ) throws(VectorError) {
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
        bytes.append(contentsOf: word)
        offsets.append(UInt32(bytes.count))
    }

    /// The vocabulary of all words.
    ///
    /// - Parameter counts: Of the words, as they were added.
    /// - Throws: ``VectorError`` where there are no words.
    func vocabulary(counts: [Int]? = nil) throws(VectorError) -> Kept {
        guard count > 0 else {
            guard !isFiltered else { throw VectorError(.noneKept(path: path)) }
            throw VectorError(
                .malformed(path: path, place: nil, expected: "words with vectors", found: "none"))
        }
        do {
            // Few files repeat a word: a set of all would double the time of a large one.
            return Kept(
                vocabulary: try Vocabulary(
                    bytes: bytes, offsets: offsets, counts: counts, path: path),
                places: nil, repeatedCount: 0)
        } catch {
            let firsts = firstPlaces()
            guard firsts.count < count else {
                throw malformed("words", expected: "a vocabulary", found: "\(error)")
            }
            return try vocabulary(of: firsts, counts: counts)
        }
    }

    /// The places of words that have not come before.
    private func firstPlaces() -> [Int] {
        var seen: Set<ArraySlice<UInt8>> = []
        seen.reserveCapacity(count)
        return (0..<count).filter { seen.insert(word($0)).inserted }
    }

    private func word(_ place: Int) -> ArraySlice<UInt8> {
        bytes[Int(offsets[place])..<Int(offsets[place + 1])]
    }

    private func vocabulary(of places: [Int], counts: [Int]?) throws(VectorError) -> Kept {
        var bytes: [UInt8] = []
        var offsets: [UInt32] = [0]
        for place in places {
            bytes.append(contentsOf: word(place))
            offsets.append(UInt32(bytes.count))
        }
        do {
            return Kept(
                vocabulary: try Vocabulary(
                    bytes: bytes, offsets: offsets,
                    counts: counts.map { counts in places.map { counts[$0] } }, path: path),
                places: places, repeatedCount: count - places.count)
        } catch {
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
