import SesameTensor

/// A linear-chain conditional random field: scores of whole tag sequences rather than of single tags.
///
/// The score of tags y₁…yₙ is
///
///     start[y₁] + Σₜ emissions[t, yₜ] + Σₜ transitions[yₜ₋₁, yₜ] + end[yₙ]
///
/// and their probability its exponential over the sum of all sequences'.
///
/// Source: Lafferty, McCallum and Pereira 2001, Conditional Random Fields; on top of a network: Lample et al. 2016,
/// Neural Architectures for Named Entity Recognition, https://arxiv.org/abs/1603.01360, section 2.2.
public struct LinearChainCRF: Module {
    /// `[tags, tags]`: the score of going from the row's tag to the column's.
    public var transitions: Tensor
    /// `[tags]`: the score of beginning with a tag.
    public var start: Tensor
    /// `[tags]`: the score of ending with a tag.
    public var end: Tensor

    /// A field with scores drawn uniformly in ± 0.1.
    public init(tagCount: Int, key: RandomKey) {
        let initializer = Initializer.uniform(0.1)
        transitions = initializer([tagCount, tagCount], key: key.derived(0))
        start = initializer([tagCount], key: key.derived(1))
        end = initializer([tagCount], key: key.derived(2))
    }

    /// How many tags there are.
    public var tagCount: Int { start.shape[0] }

    /// The mean over the sequences of the negative logarithm of their tags' probability.
    ///
    /// - Parameters:
    ///   - emissions: `[batch, time, tags]`.
    ///   - tags: `[batch, time]`; what lies beyond the lengths is not read.
    ///   - lengths: How many positions each sequence has; nil for all.
    /// - Returns: A tensor of one element, in nats.
    public func loss(emissions: Tensor, tags: IDTensor, lengths: [Int]? = nil) -> Tensor {
        crfLoss(
            emissions: emissions, transitions: transitions, start: start, end: end, targets: tags,
            lengths: lengths)
    }

    /// The likeliest tags of each sequence, by Viterbi's algorithm.
    ///
    /// - Parameters:
    ///   - emissions: `[batch, time, tags]`.
    ///   - lengths: How many positions each sequence has; nil for all.
    ///   - allowed: Which tags may follow each other; nil for all.
    /// - Returns: As many tags for each sequence as its length.
    public func decode(
        emissions: Tensor, lengths: [Int]? = nil, allowed: TagConstraints? = nil
    ) -> [[Int]] {
        var field = self
        if let allowed { field.restrict(to: allowed) }
        return crfDecode(
            emissions: emissions, transitions: field.transitions, start: field.start,
            end: field.end, lengths: lengths
        ).map(\.tags)
    }

    /// Makes what is not allowed impossible.
    private mutating func restrict(to allowed: TagConstraints) {
        precondition(
            allowed.tagCount == tagCount,
            "constraints for \(allowed.tagCount) tags, but the field has \(tagCount)")
        func restrict(_ scores: inout Tensor, _ choices: [Bool]) {
            scores.withUnsafeMutableBufferPointer { scores in
                for place in scores.indices where !choices[place] { scores[place] = -1e30 }
            }
        }
        restrict(&transitions, allowed.transitions)
        restrict(&start, allowed.start)
        restrict(&end, allowed.end)
    }

    /// Visits the parameters in a fixed order: transitions, start, end.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&transitions, at: path / "transitions")
        visitor.visit(&start, at: path / "start")
        visitor.visit(&end, at: path / "end")
    }
}

/// Which tags may begin, follow each other and end, as a tagging scheme has it.
public struct TagConstraints: Sendable, Hashable {
    /// How many tags there are.
    public let tagCount: Int
    /// Row by row: whether the column's tag may follow the row's.
    public private(set) var transitions: [Bool]
    /// Whether a sequence may begin with a tag.
    public private(set) var start: [Bool]
    /// Whether a sequence may end with a tag.
    public private(set) var end: [Bool]

    /// Constraints from three questions about tags in `0..<tagCount`.
    public init(
        tagCount: Int, mayBegin: (Int) -> Bool = { _ in true },
        mayFollow: (_ from: Int, _ to: Int) -> Bool, mayEnd: (Int) -> Bool = { _ in true }
    ) {
        self.tagCount = tagCount
        transitions = (0..<tagCount * tagCount).map { mayFollow($0 / tagCount, $0 % tagCount) }
        start = (0..<tagCount).map(mayBegin)
        end = (0..<tagCount).map(mayEnd)
    }
}
