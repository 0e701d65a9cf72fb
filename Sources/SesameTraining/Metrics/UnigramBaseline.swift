#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What masked-token prediction reaches by knowing only how frequent each token is.
///
/// A model that has learnt anything from context must beat both figures.
public struct UnigramBaseline: Sendable {
    private let logProbabilities: [Double]
    private let mostFrequentID: Int32

    /// A baseline from training counts; one is added to each, so that none is impossible.
    /// - Parameter counts: Occurrences by id.
    public init(counts: [Int]) {
        let total = Double(counts.reduce(0, +) + counts.count)
        logProbabilities = counts.map { log(Double($0 + 1) / total) }
        let most = counts.max() ?? 0
        mostFrequentID = Int32(counts.firstIndex(of: most) ?? 0)
    }

    /// Accuracy of always answering the most frequent token, and cross-entropy of the frequencies.
    /// - Parameter targets: Original ids at masked positions; negative ones are passed over.
    public func score(targets: some Sequence<Int32>) -> Metrics {
        var sums = MetricSums()
        add(targets: targets, to: &sums)
        return sums.means
    }

    /// Adds both figures' sums.
    public func add(targets: some Sequence<Int32>, to sums: inout MetricSums) {
        var correct = 0
        var count = 0
        var loss = 0.0
        for target in targets where target >= 0 {
            count += 1
            if target == mostFrequentID { correct += 1 }
            loss -= logProbabilities[Int(target)]
        }
        sums.add(MetricName.unigramAccuracy, total: Double(correct), weight: Double(count))
        sums.add(MetricName.unigramLoss, total: loss, weight: Double(count))
    }
}
