import SesameSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Pairs of words with how alike people find them, such as WordSim-353 and SimLex-999.
public struct SimilaritySet: Sendable, Hashable {
    /// Two words and their score.
    public struct Pair: Sendable, Hashable {
        /// One word.
        public let first: String
        /// The other.
        public let second: String
        /// How alike they are; higher is more, on any scale.
        public let score: Double

        /// A pair.
        public init(_ first: String, _ second: String, _ score: Double) {
            self.first = first
            self.second = second
            self.score = score
        }
    }

    /// The pairs, in the file's order.
    public let pairs: [Pair]
    /// How many lines were no pair: a heading, comments.
    public let skippedLineCount: Int

    /// A set in memory.
    public init(pairs: [Pair]) {
        self.pairs = pairs
        skippedLineCount = 0
    }

    /// Reads lines of two words and a score, separated by tabs (or, in a file without any, by spaces); lines ending in LF
    /// or CR LF. Lines that begin with `#`, or have no number in the third place, are left out, as a heading is.
    ///
    /// - Throws: ``VectorError`` with code `.file` or `.malformedFile`, the latter where no line is a pair.
    public init(_ url: URL) throws {
        let file = try EvaluationLines(url)
        let hasTabs = file.lines.contains { $0.contains("\t") }
        var pairs: [Pair] = []
        var skipped = 0
        for line in file.lines where !line.allSatisfy(\.isWhitespace) {
            let fields = line.split { hasTabs ? $0 == "\t" : $0 == " " }
                .map { String($0.filter { $0 != "\r" }) }
            guard !line.hasPrefix("#"), fields.count == 3,
                let score = Double(fields[2].filter { $0 != " " }), score.isFinite
            else {
                skipped += 1
                continue
            }
            pairs.append(Pair(fields[0], fields[1], score))
        }
        guard !pairs.isEmpty else {
            throw VectorError(
                .malformed(
                    path: url.path, place: nil, expected: "lines of two words and a score",
                    found: "none among \(file.lines.count) lines"))
        }
        self.pairs = pairs
        skippedLineCount = skipped
    }
}

/// How well a table's similarities follow people's.
public struct SimilarityResult: Sendable, Hashable {
    /// How many pairs the set has.
    public let pairCount: Int
    /// How many of them hold a word without a vector.
    public let unknownCount: Int
    /// Spearman's correlation of cosines and scores, equal values sharing the mean of their ranks; 0 without pairs.
    public let spearman: Double
    /// Pearson's correlation.
    public let pearson: Double

    /// The share of pairs with an unknown word, 0...1.
    public var unknownShare: Double {
        pairCount > 0 ? Double(unknownCount) / Double(pairCount) : 0
    }
}

extension VectorSearch {
    /// Compares the cosines of a set's pairs with their scores.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public func evaluate(
        _ set: SimilaritySet, options: EvaluationOptions = EvaluationOptions()
    ) throws -> SimilarityResult {
        let rows = try options.rows(of: table)
        var (scores, cosines): ([Double], [Double]) = ([], [])
        var unknown = 0
        for pair in set.pairs {
            guard let first = rows[options.folded(pair.first)],
                let second = rows[options.folded(pair.second)]
            else {
                unknown += 1
                if options.countsUnknown {
                    scores.append(pair.score)
                    cosines.append(0)
                }
                continue
            }
            scores.append(pair.score)
            cosines.append(Self.cosine(table[first], table[second]))
        }
        return SimilarityResult(
            pairCount: set.pairs.count, unknownCount: unknown,
            spearman: Correlation.spearman(scores, cosines),
            pearson: Correlation.pearson(scores, cosines))
    }
}
