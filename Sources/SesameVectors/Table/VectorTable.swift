import SesameTensor
import SesameText

/// Words and their vectors: row i belongs to token i of the vocabulary, by custom the most frequent word first.
///
/// A table is an immutable value; copies share memory, and any number of threads may read it. Its rows lie in memory
/// or in a file that is mapped rather than read, so that a table of millions of words opens at once. A table
/// with ``subwords`` also has vectors for words that it does not list.
public struct VectorTable: Sendable {
    /// The words, by row.
    public let vocabulary: Vocabulary
    /// How many values a vector has.
    public let width: Int
    /// Rows of the file that the table was read from which were left out, an earlier row having their word; 0 for a table
    /// that was not read.
    public let repeatedRowCount: Int
    /// The vectors of character n-grams, where the table was trained with them.
    public let subwords: SubwordTable?
    let rows: VectorRows

    /// A table of words and the rows of a tensor.
    ///
    /// - Parameters:
    ///   - vocabulary: The words; its counts, where it has them, are those of the text trained on.
    ///   - values: `[words, width]`, finite.
    ///   - subwords: The n-grams' vectors, of the same width.
    /// - Precondition: A row for each word, and one width.
    public init(vocabulary: Vocabulary, values: Tensor, subwords: SubwordTable? = nil) {
        precondition(
            values.shape.count == 2 && values.shape[0] == vocabulary.count,
            "VectorTable: \(vocabulary.count) words, values of shape \(values.shape)")
        self.init(vocabulary: vocabulary, rows: VectorRows(values), subwords: subwords)
    }

    /// A table of a few words.
    ///
    /// - Throws: ``VectorError`` with code `.badWords` where there is no word, one is empty or comes twice, or
    ///   vectors are of several widths.
    public init(words: [String], vectors: [[Float]], counts: [Int]? = nil) throws(VectorError) {
        let width = vectors.first?.count ?? 0
        guard words.count == vectors.count, width > 0 else {
            throw VectorError(
                .badWords(
                    expected: "a vector for each of \(words.count) words",
                    found: "\(vectors.count) vectors of \(width) values"))
        }
        if let row = vectors.firstIndex(where: { $0.count != width }) {
            throw VectorError(
                .badWords(
                    expected: "\(width) values a vector",
                    found: "\(vectors[row].count) in vector \(row + 1)"))
        }
        let vocabulary: Vocabulary
        do {
            vocabulary = try Vocabulary(tokens: words, counts: counts)
        } catch {
            throw VectorError(.badWords(expected: "words, each once", found: "\(error)"))
        }
        self.init(
            vocabulary: vocabulary,
            values: Tensor(vectors.flatMap { $0 }, shape: [words.count, width]))
    }

    init(_ words: RowWords.Kept, rows: VectorRows, subwords: SubwordTable?) {
        self.init(
            vocabulary: words.vocabulary, rows: rows, subwords: subwords,
            repeatedRowCount: words.repeatedCount)
    }

    init(
        vocabulary: Vocabulary, rows: VectorRows, subwords: SubwordTable?,
        repeatedRowCount: Int = 0
    ) {
        precondition(
            subwords.map { $0.width == rows.width } ?? true,
            "VectorTable: vectors of \(rows.width) values, n-grams of \(subwords?.width ?? 0)")
        self.vocabulary = vocabulary
        width = rows.width
        self.repeatedRowCount = repeatedRowCount
        self.subwords = subwords
        self.rows = rows
    }

    /// How many words the table lists.
    public var count: Int { vocabulary.count }

    /// All words, by row.
    public var words: [String] { vocabulary.tokens }

    /// Calls `body` with all vectors, row after row. The pointer is valid during the call only.
    public func withUnsafeValues<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try rows.withUnsafeValues(body)
    }

    /// The vectors as a tensor, `[words, width]`: the table's own memory where it is not mapped from a file.
    public var values: Tensor { rows.tensor }

    /// The row of a word, or nil where the table does not list it.
    public func row(of word: String) -> Int? { vocabulary.id(of: word).map(Int.init) }

    /// The word of a row.
    public func word(_ row: Int) -> String { vocabulary.token(Int32(row)) }

    /// The vector of a row.
    ///
    /// - Precondition: `row` is one of the table's.
    public subscript(row: Int) -> [Float] {
        precondition(row >= 0 && row < count, "row \(row) of a table of \(count) words")
        return withUnsafeValues { Array($0[row * width..<(row + 1) * width]) }
    }

    /// The vector of a word: its own, or the mean of its n-grams' where the table has ``subwords`` and
    /// does not list the word; nil where there is neither.
    public func vector(of word: String) -> [Float]? {
        if let row = row(of: word) { return self[row] }
        return subwords?.vector(of: word)
    }

    /// The first words, by custom the most frequent ones, with the n-grams as they are.
    ///
    /// - Precondition: `count` is at least 1.
    public func prefix(_ count: Int) -> VectorTable {
        precondition(count > 0, "the first \(count) words")
        guard count < self.count else { return self }
        let words = vocabulary.tokens.prefix(count)
        do {
            return VectorTable(
                vocabulary: try Vocabulary(
                    tokens: words, counts: vocabulary.counts.map { Array($0.prefix(count)) }),
                rows: rows.gathered(Array(0..<count)), subwords: subwords)
        } catch {
            preconditionFailure("the first words of a vocabulary were refused: \(error)")
        }
    }

    /// The vector of a word that must have one.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord`.
    public func requiredVector(of word: String) throws(VectorError) -> [Float] {
        guard let vector = vector(of: word) else { throw VectorError(.unknownWord(word)) }
        return vector
    }
}
