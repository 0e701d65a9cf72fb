/// How well predicted scores follow the actual ones.
public struct ScoreMetrics: Sendable, Hashable {
    /// The scores that the texts have.
    public private(set) var actual: [Double] = []
    /// The scores that were predicted.
    public private(set) var predicted: [Double] = []

    /// No scores.
    public init() {}

    /// Scores in the order of the texts.
    /// - Precondition: As many predicted as actual ones.
    public init(actual: [Double], predicted: [Double]) {
        precondition(
            actual.count == predicted.count,
            "\(actual.count) actual scores, \(predicted.count) predicted ones")
        self.actual = actual
        self.predicted = predicted
    }

    /// Adds one text.
    public mutating func add(actual: Double, predicted: Double) {
        self.actual.append(actual)
        self.predicted.append(predicted)
    }

    /// Number of texts.
    public var count: Int { actual.count }

    /// Mean of the squared differences; 0 without texts.
    public var meanSquaredError: Double {
        actual.isEmpty
            ? 0
            : zip(actual, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                / Double(count)
    }

    /// Pearson's correlation, -1...1; 0 where either side is constant.
    public var pearson: Double { Self.pearson(actual, predicted) }

    /// Spearman's correlation: Pearson's of the ranks, where equal values share the mean of their ranks.
    public var spearman: Double { Self.pearson(Self.ranks(actual), Self.ranks(predicted)) }

    /// Mean squared error (which is the loss, too), both correlations and the number of texts.
    public var metrics: Metrics {
        [
            MetricName.loss: meanSquaredError, MetricName.meanSquaredError: meanSquaredError,
            MetricName.pearson: pearson, MetricName.spearman: spearman,
            MetricName.count: Double(count),
        ]
    }

    private static func pearson(_ x: [Double], _ y: [Double]) -> Double {
        let count = Double(x.count)
        guard count > 0 else { return 0 }
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        var (both, squareX, squareY) = (0.0, 0.0, 0.0)
        for (x, y) in zip(x, y) {
            both += (x - meanX) * (y - meanY)
            squareX += (x - meanX) * (x - meanX)
            squareY += (y - meanY) * (y - meanY)
        }
        let spread = squareX.squareRoot() * squareY.squareRoot()
        return spread > 0 ? min(1, max(-1, both / spread)) : 0
    }

    /// Ranks from 1.
    package static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var result = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { result[order[place]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return result
    }
}
