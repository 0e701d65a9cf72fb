/// Small changes to training texts, drawn anew each epoch: a model that sees a text in several forms learns less by
/// heart.
///
/// Special tokens are never changed. All changes are functions of (seed, epoch, text), so that a run that is
/// resumed makes the same ones.
///
/// Source: Wei and Zou 2019, EDA, https://arxiv.org/abs/1901.11196; unknown words in place of others: Iyyer et al. 2015,
/// Deep Unordered Composition Rivals Syntactic Methods, section 3 (word dropout).
public struct TextAugmentation: Sendable, Hashable, Codable {
    /// The probability of each token to become the unknown token.
    public var tokenDropout = 0.0
    /// The probability of each token to change places with the next.
    public var swap = 0.0
    /// The probability of each token to become one of its nearest neighbours by word vectors.
    public var synonym = 0.0
    /// The file of word vectors that tells neighbours; nil for those that the model begins with.
    public var synonymVectors: String?
    /// A neighbour is drawn from so many nearest ones.
    public var neighbourCount = 5
    /// The least cosine of a neighbour.
    public var minimumSimilarity: Float = 0.6

    /// No change.
    public init() {}

    /// Whether nothing is changed.
    public var isNone: Bool { tokenDropout == 0 && swap == 0 && synonym == 0 }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        for (value, name) in [
            (tokenDropout, "token dropout"), (swap, "share of swapped tokens"),
            (synonym, "share of synonyms"),
        ] {
            guard (0..<1).contains(value) else {
                throw TrainingError(
                    .invalidOption(
                        name: name, expected: "0 or more and below 1", found: "\(value)"))
            }
        }
        guard neighbourCount >= 1 else {
            throw TrainingError(
                .invalidOption(
                    name: "neighbours of a synonym", expected: "1 or more",
                    found: "\(neighbourCount)"))
        }
    }
}
