/// When two words that stand together are a phrase.
public struct PhraseOptions: Sendable, Hashable {
    /// How a pair of words is scored.
    public enum Score: String, Sendable, CaseIterable {
        /// (count(ab) - δ) / (count(a) count(b)), with the least count as δ, times the number of different words and
        /// pairs, which makes one threshold fit texts of any length (Mikolov et al. 2013b, equation 6; the factor is
        /// gensim's).
        case mikolov
        /// Pointwise mutual information over -log p(ab), -1...1 (Bouma 2009).
        case npmi
    }

    /// The score.
    public var score = Score.mikolov
    /// A phrase's score is above this: 10 is usual for ``Score/mikolov``, 0.5 for ``Score/npmi``.
    public var threshold = 10.0
    /// How often a pair must be seen.
    public var minimumCount = 5
    /// What stands between the words of a phrase.
    public var joiner = "_"
    /// Words that may stand within a phrase but neither begin nor end one, as in bank_of_america.
    public var connectors: Set<String> = []

    /// gensim's defaults.
    public init() {}

    /// Articles, prepositions and conjunctions of English that phrases may hold within.
    public static let englishConnectors: Set<String> = [
        "a", "an", "the", "for", "of", "with", "without", "at", "from", "to", "in", "on", "by",
        "and",
        "or",
    ]

    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public func validate() throws(VectorError) {
        try VectorError.require(minimumCount >= 1, "least count", "at least 1", "\(minimumCount)")
        switch score {
        case .mikolov:
            try VectorError.require(
                threshold > 0 && threshold.isFinite, "threshold", "above 0", "\(threshold)")
        case .npmi:
            try VectorError.require(abs(threshold) <= 1, "threshold", "-1 to 1", "\(threshold)")
        }
        try VectorError.require(
            !joiner.isEmpty && !joiner.contains(where: \.isWhitespace), "joiner",
            "characters without a space", joiner.isEmpty ? "none" : "a space")
    }
}
