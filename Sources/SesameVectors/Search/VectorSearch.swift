import CSesameKernels

/// A word found, and how near it lies.
public struct WordNeighbour: Sendable, Hashable {
    /// The word.
    public let word: String
    /// Its row in the table.
    public let row: Int
    /// The cosine of the angle to what was asked for, -1...1; of an analogy by multiplication, the quotient, from 0.
    public let similarity: Float
}

/// Exact search for the words whose vectors lie nearest, by cosine, among all of a table.
///
/// The table is read in place, mapped or not: only the lengths of its vectors are kept, a float a word. A query is a
/// product of the matrix and a vector, as fast as memory can be read; many queries at once are a product of matrices.
/// The results are the same at any number of threads; of equally near words the one of the lower row comes first.
public struct VectorSearch: Sendable {
    /// The words and vectors searched.
    public let table: VectorTable
    /// One over each vector's length; 0 for a vector that has none, which is near to nothing.
    let inverseLengths: [Float]

    /// Measures the table's vectors, which reads them once.
    public init(_ table: VectorTable) {
        self.table = table
        let width = table.width
        inverseLengths = [Float](unsafeUninitializedCapacity: table.count) { lengths, count in
            table.withUnsafeValues { values in
                guard let base = values.baseAddress, let target = lengths.baseAddress else {
                    return
                }
                parallelBlocks(table.count, of: 4096) { _, range in
                    for row in range {
                        let square = sesame_sum_of_squares(width, base + row * width)
                        (target + row).initialize(
                            to: square > 0 && square.isFinite ? Float(1 / square.squareRoot()) : 0)
                    }
                }
            }
            count = table.count
        }
    }

    /// The words nearest to a word, itself left out.
    ///
    /// - Parameters:
    ///   - word: A word that the table lists or has n-grams for.
    ///   - count: How many to find.
    ///   - limit: Searches the first rows alone, by custom the most frequent words; nil for all.
    /// - Throws: ``VectorError`` with code `.unknownWord` or `.invalidOption`.
    public func nearest(
        to word: String, count: Int = 10, limit: Int? = nil
    ) throws(VectorError) -> [WordNeighbour] {
        let vector = try table.requiredVector(of: word)
        return try nearest(
            to: vector, count: count, limit: limit,
            excluding: table.row(of: word).map { [$0] } ?? [])
    }

    /// The words nearest to a vector.
    ///
    /// - Parameters:
    ///   - vector: The vector.
    ///   - count: How many to find.
    ///   - limit: Searches the first rows alone; nil for all.
    ///   - excluding: Rows that are not to be found.
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    /// - Precondition: The vector has the table's width.
    public func nearest(
        to vector: [Float], count: Int = 10, limit: Int? = nil, excluding: [Int] = []
    ) throws(VectorError) -> [WordNeighbour] {
        precondition(
            vector.count == table.width,
            "a vector of \(vector.count) values for a table of \(table.width)")
        let query = Query(terms: Self.unit(vector), added: 1, subtracted: 0, excluding: excluding)
        return neighbours(try found([query], count: count, limit: limit, .addition)[0])
    }

    /// The cosine of the angle between two words' vectors.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord`.
    public func similarity(_ first: String, _ second: String) throws(VectorError) -> Double {
        Self.cosine(try table.requiredVector(of: first), try table.requiredVector(of: second))
    }

    /// The middle of words: the mean of their vectors, each first brought to length 1.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord`, or `.invalidOption` where there are no words.
    public func centroid(of words: [String]) throws(VectorError) -> [Float] {
        guard !words.isEmpty else {
            throw VectorError(
                .invalidOption(name: "words", expected: "at least one", found: "none"))
        }
        var sum = [Float](repeating: 0, count: table.width)
        for word in words { Self.add(Self.unit(try table.requiredVector(of: word)), 1, to: &sum) }
        return sum.map { $0 / Float(words.count) }
    }

    /// The words nearest to the middle of words, these left out.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord` or `.invalidOption`.
    public func nearest(
        toCentroidOf words: [String], count: Int = 10, limit: Int? = nil
    ) throws(VectorError) -> [WordNeighbour] {
        try nearest(
            to: try centroid(of: words), count: count, limit: limit,
            excluding: words.compactMap { table.row(of: $0) })
    }

    /// How near each word lies to the middle of all of them, the nearest first; the last is the odd one out.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord` or `.invalidOption`.
    public func centrality(
        of words: [String]
    ) throws(VectorError) -> [(word: String, similarity: Double)] {
        let centre = try centroid(of: words)
        var ranked: [(word: String, similarity: Double)] = []
        for word in words {
            ranked.append((word, Self.cosine(try table.requiredVector(of: word), centre)))
        }
        return ranked.sorted { $0.similarity > $1.similarity }
    }

    /// The word that goes least with the others.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord`, or `.invalidOption` for fewer than three words.
    public func oddOneOut(_ words: [String]) throws(VectorError) -> String {
        guard words.count > 2, let last = try centrality(of: words).last else {
            throw VectorError(
                .invalidOption(name: "words", expected: "at least three", found: "\(words.count)"))
        }
        return last.word
    }

    func neighbours(_ found: [Found]) -> [WordNeighbour] {
        found.map {
            WordNeighbour(word: table.word($0.row), row: $0.row, similarity: $0.score)
        }
    }

    static func unit(_ vector: [Float]) -> [Float] {
        let length = sesame_sum_of_squares(vector.count, vector).squareRoot()
        return length > 0 ? vector.map { Float(Double($0) / length) } : vector
    }

    static func add(_ vector: [Float], _ weight: Float, to sum: inout [Float]) {
        for place in sum.indices { sum[place] += weight * vector[place] }
    }

    static func cosine(_ first: [Float], _ second: [Float]) -> Double {
        let lengths =
            (sesame_sum_of_squares(first.count, first)
            * sesame_sum_of_squares(second.count, second)).squareRoot()
        return lengths > 0 ? sesame_dot(first.count, first, second) / lengths : 0
    }
}
