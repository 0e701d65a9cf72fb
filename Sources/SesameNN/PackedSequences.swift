import SesameTensor

/// How sequences of several lengths lie end to end in one tensor, without padding.
///
/// The tensor is `[1, tokens, features]`. Attention, which alone looks across positions, is told where each
/// sequence lies; every other operator works on the tokens as they are.
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

    /// The sequences' places in the tensor, in order.
    public let ranges: [Range<Int>]
    /// The runs, in order.
    public let runs: [Run]
    /// All sequences' tokens.
    public let tokenCount: Int

    /// The layout of sequences in the order of `lengths`; sorted lengths give the fewest runs.
    public init(lengths: [Int]) {
        var ranges: [Range<Int>] = []
        var runs: [Run] = []
        var start = 0
        var index = 0
        while index < lengths.count {
            let length = lengths[index]
            let end = lengths[index...].firstIndex { $0 != length } ?? lengths.count
            for row in 0..<end - index {
                ranges.append(start + row * length..<start + (row + 1) * length)
            }
            let tokens = (end - index) * length
            runs.append(Run(count: end - index, length: length, range: start..<start + tokens))
            start += tokens
            index = end
        }
        self.ranges = ranges
        self.runs = runs
        tokenCount = start
    }

    /// The ids of rows that were padded at the end, without the padding: `[1, tokens]`.
    ///
    /// - Parameter ids: `[sequences, time]`, of which each sequence has as many as its length.
    public func packed(_ ids: IDTensor) -> IDTensor {
        precondition(
            ids.shape.count == 2 && ids.shape[0] == ranges.count
                && ranges.allSatisfy { $0.count <= ids.shape[1] },
            "\(ranges.count) sequences, the longest of \(ranges.map(\.count).max() ?? 0) ids, are "
                + "not in \(ids.shape)")
        let width = ids.shape[1]
        let kept = ranges.enumerated().flatMap { row, range in
            ids.scalars[row * width..<row * width + range.count]
        }
        return IDTensor(kept, shape: [1, tokenCount])
    }

    /// The place of each token in its sequence, from 0.
    public var positions: [Int] { ranges.flatMap { Array(0..<$0.count) } }
}
