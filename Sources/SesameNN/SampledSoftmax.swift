import SesameTensor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Classes that stand for all others in a softmax's sum, drawn without replacement from a log-uniform distribution
/// over ranks: P(rank r) = log((r + 2) / (r + 1)) / log(classes + 1).
///
/// Words ordered by falling frequency have about this distribution (Zipf's law). Drawing goes on until enough
/// distinct classes are found; what a class counts for is then corrected by its expected number of draws, so that
/// the sum of the softmax is estimated without bias.
///
/// Source: Jean et al. 2015, On Using Very Large Target Vocabulary, https://arxiv.org/abs/1412.2007; the distribution and
/// the correction are those of TensorFlow's `log_uniform_candidate_sampler`.
public struct SampledClasses: Sendable {
    /// The classes, each once.
    public let classes: [Int32]
    /// How many draws it took.
    public let drawCount: Int
    private let ranks: [Int32]
    private let ranksByClass: [Int32]

    /// Draws classes.
    ///
    /// - Parameters:
    ///   - count: How many; at most as many as there are classes.
    ///   - order: All classes, most frequent first.
    ///   - ranksByClass: The place of each class in `order`.
    ///   - key: Where the draws come from.
    public init(_ count: Int, order: [Int32], ranks ranksByClass: [Int32], key: RandomKey) {
        precondition(
            count >= 0 && count <= order.count,
            "\(count) classes cannot be drawn from \(order.count)")
        var generator = RandomGenerator(key: key)
        var seen = [Bool](repeating: false, count: order.count)
        var ranks: [Int32] = []
        var draws = 0
        let limit = log(Double(order.count) + 1)
        while ranks.count < count {
            let rank = min(order.count - 1, Int(exp(generator.nextUniform() * limit)) - 1)
            draws += 1
            if !seen[rank] {
                seen[rank] = true
                ranks.append(Int32(rank))
            }
        }
        self.ranks = ranks
        self.ranksByClass = ranksByClass
        classes = ranks.map { order[Int($0)] }
        drawCount = draws
    }

    /// The logarithm of how often a class was to be expected among the draws.
    public func logExpectedCount(ofClass index: Int32) -> Float {
        logExpectedCount(ofRank: ranksByClass[Int(index)])
    }

    private func logExpectedCount(ofRank rank: Int32) -> Float {
        let probability =
            (log(Double(rank) + 2) - log(Double(rank) + 1)) / log(Double(ranksByClass.count) + 1)
        return Float(log(-expm1(Double(drawCount) * log1p(-probability))))
    }

    /// The same of the drawn classes.
    var logExpectedCounts: [Float] { ranks.map(logExpectedCount(ofRank:)) }
}

/// The mean cross-entropy of a softmax over each row's target and sampled classes instead of all.
///
/// Logits are reduced by the logarithm of a class's expected count; where a row's target is among the samples, that
/// sample does not count. For training only: an evaluation wants the whole softmax.
/// - Parameters:
///   - hidden: `[rows, features]`.
///   - weight: `[classes, features]`.
///   - bias: `[classes]`.
///   - targets: One class a row.
///   - samples: The drawn classes.
///   - precision: Of the product.
/// - Returns: A tensor of one element, in nats.
public func sampledCrossEntropy(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: IDTensor, samples: SampledClasses,
    precision: Precision = .float32
) -> Tensor {
    let (rows, count, classes) = (hidden.shape[0], samples.classes.count, weight.shape[0])
    precondition(
        hidden.shape.count == 2 && targets.elementCount == rows && bias.shape == [classes],
        "expected hidden [rows, features], a target a row and bias [\(classes)], found "
            + "\(hidden.shape), \(targets.shape) and \(bias.shape)")
    let table = bias.reshaped([classes, 1])
    let sampled = IDTensor(samples.classes, shape: [count])
    let corrections = Tensor(samples.logExpectedCounts.map { -$0 }, shape: [count])
    // Where a sample is the row's own target.
    var places = [Int32](repeating: -1, count: classes)
    for (place, index) in samples.classes.enumerated() { places[Int(index)] = Int32(place) }
    let hits = Tensor(unsafeUninitializedShape: [rows, count]) { hits in
        hits.initialize(repeating: 0)
        for (row, target) in targets.scalars.enumerated() where places[Int(target)] >= 0 {
            hits[row * count + Int(places[Int(target)])] = -1e9
        }
    }
    let others = linear(
        hidden, weight: weight.selectedRows(sampled),
        bias: table.selectedRows(sampled).reshaped([count]) + corrections, residual: hits,
        precision: precision)
    let ownCorrections = Tensor(
        targets.scalars.map { -samples.logExpectedCount(ofClass: $0) }, shape: [rows])
    let own =
        (hidden * weight.selectedRows(targets)).sum(axis: 1)
        + table.selectedRows(targets).reshaped([rows]) + ownCorrections
    let logits = concatenated([own.reshaped([rows, 1]), others], axis: 1)
    return crossEntropy(
        logits: logits, targets: IDTensor([Int32](repeating: 0, count: rows), shape: [rows]))
}
