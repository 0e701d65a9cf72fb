/// Vectors of sentences out of those of their words.
public struct SentenceVectors: Sendable {
    /// How words' vectors are put together.
    public enum Method: Sendable, Hashable {
        /// Their mean.
        case mean
        /// Smooth inverse frequency: word w weighs a / (a + p(w)), p being its share of all words, and what all
        /// sentences have in common, the first principal component, is taken away. 0.001 is a usual `a`.
        ///
        /// Source: Arora et al. 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", algorithm 1.
        case smoothInverseFrequency(a: Double)
    }

    /// The words' vectors.
    public let table: VectorTable
    /// How they are put together.
    public let method: Method
    /// The direction that is taken away, of length 1; nil where nothing is.
    public private(set) var common: [Double]?
    /// The weight of each row; empty where all are alike.
    private let weights: [Double]

    /// - Parameters:
    ///   - table: The words' vectors; for ``Method/smoothInverseFrequency(a:)`` with the words' counts.
    ///   - method: How they are put together.
    ///   - counts: The words' counts, by row, where the table has none.
    /// - Throws: ``VectorError`` with code `.invalidOption` where counts are needed and missing, or `a` is not above 0.
    public init(
        _ table: VectorTable, method: Method = .mean, counts: [Int]? = nil
    ) throws(VectorError) {
        self.table = table
        self.method = method
        guard case .smoothInverseFrequency(let a) = method else {
            weights = []
            return
        }
        guard a > 0, a.isFinite else {
            throw VectorError(.invalidOption(name: "a", expected: "above 0", found: "\(a)"))
        }
        let counts = counts ?? table.vocabulary.counts
        guard let counts, counts.count == table.count, counts.contains(where: { $0 > 0 }) else {
            throw VectorError(
                .invalidOption(
                    name: "counts", expected: "how often each word was seen",
                    found: counts.map { "\($0.count) for \(table.count) words" } ?? "none"))
        }
        let total = counts.reduce(0.0) { $0 + Double(max(0, $1)) }
        weights = counts.map { a / (a + Double(max(0, $0)) / total) }
    }

    /// Learns what sentences have in common from some of them, as smooth inverse frequency asks for; of other
    /// methods nothing is learnt.
    ///
    /// The direction is the first right singular vector of the sentences' vectors, which are not centred.
    public mutating func fit(_ sentences: [[String]]) {
        guard !weights.isEmpty else { return }
        common = nil
        let rows = sentences.map { sum(of: $0) }
        common =
            SymmetricEigenvectors(
                scatter(rows, width: table.width), size: table.width, count: 1
            ).vectors.first
    }

    /// The vector of a sentence: zeros where none of its words has one.
    public func vector(of words: [String]) -> [Float] {
        var sum = sum(of: words)
        if let common {
            let share = zip(sum, common).reduce(0) { $0 + $1.0 * $1.1 }
            for place in sum.indices { sum[place] -= share * common[place] }
        }
        return sum.map { Float($0) }
    }

    /// The weighted mean over the words that have a vector. A word known by its n-grams alone weighs 1, as the
    /// rarest do.
    private func sum(of words: [String]) -> [Double] {
        var sum = [Double](repeating: 0, count: table.width)
        var count = 0.0
        for word in words {
            let row = table.row(of: word)
            guard let vector = row.map({ table[$0] }) ?? table.subwords?.vector(of: word) else {
                continue
            }
            let weight = weights.isEmpty ? 1 : row.map { weights[$0] } ?? 1
            for place in sum.indices { sum[place] += weight * Double(vector[place]) }
            count += 1
        }
        return count > 0 ? sum.map { $0 / count } : sum
    }
}
