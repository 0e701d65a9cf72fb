import SesameTensor

/// A model that continues sequences token by token: what ``beamSearch(with:state:startID:maximumLengths:options:sourceLengths:keepsAttention:)``
/// needs to know of it.
///
/// Many sequences go on side by side, one a row. The search tells each row's latest token and gets the scores
/// of the next; which rows live on, and how often, it says by their numbers, and the decoder puts its state
/// in that order: recurrent states, key/value caches, what it keeps of the source.
public protocol SequenceDecoder: Sendable {
    /// All that the next step depends on, but for the tokens it is given: a value, one part a row.
    associatedtype State

    /// Reads one token a row and tells what may come next.
    ///
    /// - Parameters:
    ///   - tokens: The latest token of each row, in the state's order.
    ///   - state: Has read the tokens afterwards.
    func next(_ tokens: [Int32], state: inout State) -> DecoderStep

    /// Makes the state that of the rows named, in that order; a row may be named several times or not at
    /// all.
    func select(_ rows: [Int32], in state: inout State)
}

/// What a ``SequenceDecoder`` tells of the next tokens.
public struct DecoderStep: Sendable {
    /// ln p of each token, `[rows, vocabulary]`.
    public var logProbabilities: Tensor
    /// Where each row looked in its source, `[rows, source]`, each row's sum 1; nil where the model has no
    /// attention.
    public var attention: Tensor?

    /// A step's results.
    public init(logProbabilities: Tensor, attention: Tensor? = nil) {
        self.logProbabilities = logProbabilities
        self.attention = attention
    }
}

/// A sequence that a search has found.
public struct Hypothesis: Sendable, Hashable {
    /// The tokens, without the one that begins and the one that ends a sequence.
    public var tokens: [Int32]
    /// ln p of each token, and of the end where it is reached.
    public var tokenLogProbabilities: [Float]
    /// The sum of them.
    public var logProbability: Double
    /// What hypotheses are ordered by: the sum after length and coverage penalty.
    public var score: Double
    /// Whether the end token was reached, and not the greatest length.
    public var isFinished: Bool
    /// For each token, and the end where it is reached, the weights over the source; empty unless asked
    /// for.
    public var attention: [[Float]]
}
