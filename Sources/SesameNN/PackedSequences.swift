import SesameTensor

/// How sequences of several lengths lie end to end in one tensor, without padding.
///
/// The tensor is `[1, tokens, features]`. Sequences of one length stand together, so that attention, which
/// alone looks across positions, sees them as a batch; every other operator works on the tokens as they are.
public struct PackedSequences: Sendable, Hashable {
    /// Neighbouring sequences of one length.
    public struct Run: Sendable, Hashable {
        /// How many sequences.
        public let count: Int
        /// How many tokens each has.
        public let length: Int
        /// Their tokens' places in the tensor.
        public let range: Range<Int>
    }

    /// The runs, in order.
    public let runs: [Run]
    /// All sequences' tokens.
    public let tokenCount: Int

    /// The layout of sequences in the order of `lengths`; sorted lengths give the fewest runs.
    public init(lengths: [Int]) {
        var runs: [Run] = []
        var start = 0
        var index = 0
        while index < lengths.count {
            let length = lengths[index]
            let end = lengths[index...].firstIndex { $0 != length } ?? lengths.count
            let tokens = (end - index) * length
            runs.append(Run(count: end - index, length: length, range: start..<start + tokens))
            start += tokens
            index = end
        }
        self.runs = runs
        tokenCount = start
    }

    /// Applies `body` to each run's number and its part of `x` as `[count, length, features]`, and puts the results
    /// end to end again.
    func map(_ x: Tensor, _ body: (_ run: Int, _ part: Tensor) -> Tensor) -> Tensor {
        precondition(
            x.shape.count == 3 && x.shape[0] == 1 && x.shape[1] == tokenCount,
            "packed sequences have shape [1, \(tokenCount), features], not \(x.shape)")
        guard !runs.isEmpty else { return x }
        let results = runs.enumerated().map { index, run in
            let part = runs.count == 1 ? x : x.sliced(axis: 1, run.range)
            let result = body(index, part.reshaped([run.count, run.length, x.shape.last]))
            return result.reshaped([1, run.range.count, result.shape.last])
        }
        return results.count == 1 ? results[0] : concatenated(results, axis: 1)
    }
}
