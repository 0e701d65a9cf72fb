import SesameTensor

/// The vectors of character n-grams, which give a vector to words that a table does not list.
public struct SubwordTable: Sendable {
    /// How words are cut into n-grams.
    public let grams: SubwordGrams
    /// Where only some buckets were kept, as in a pruned fastText model: the row of each; else row and bucket are one.
    let keptRows: [Int32: Int32]?
    let rows: VectorRows

    /// The vectors of all buckets.
    ///
    /// - Parameters:
    ///   - grams: Which n-grams a word has, and their buckets.
    ///   - values: `[buckets, width]`.
    /// - Precondition: As many rows as `grams` has buckets.
    public init(grams: SubwordGrams, values: Tensor) {
        precondition(
            values.shape.count == 2 && values.shape[0] == grams.bucketCount,
            "SubwordTable: \(grams.bucketCount) buckets, values of shape \(values.shape)")
        self.init(grams: grams, rows: VectorRows(values), keptRows: nil)
    }

    init(grams: SubwordGrams, rows: VectorRows, keptRows: [Int32: Int32]?) {
        self.grams = grams
        self.rows = rows
        self.keptRows = keptRows
    }

    /// How many values a vector has.
    public var width: Int { rows.width }

    /// Calls `body` with the vectors, bucket after bucket (or, of a pruned model, those kept).
    public func withUnsafeValues<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try rows.withUnsafeValues(body)
    }

    /// The rows of a word's n-grams.
    func rows(of word: UnsafeBufferPointer<UInt8>) -> [Int32] {
        let buckets = grams.buckets(of: word)
        guard let keptRows else { return buckets }
        return buckets.compactMap { keptRows[$0] }
    }

    /// The mean of the vectors of a word's n-grams; nil where it has none.
    public func vector(of word: String) -> [Float]? {
        var word = word
        let rows = word.withUTF8 { self.rows(of: $0) }
        guard !rows.isEmpty else { return nil }
        var sum = [Float](repeating: 0, count: width)
        add(rows, to: &sum)
        return sum.map { $0 / Float(rows.count) }
    }

    /// Adds rows to a sum, in their order.
    func add(_ rows: [Int32], to sum: inout [Float]) {
        withUnsafeValues { values in
            for row in rows {
                let start = Int(row) * width
                for place in 0..<width { sum[place] += values[start + place] }
            }
        }
    }
}
