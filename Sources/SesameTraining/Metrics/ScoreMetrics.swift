import SesameSupport

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
    public var pearson: Double { Correlation.pearson(actual, predicted) }

    /// Spearman's correlation: Pearson's of the ranks, where equal values share the mean of their ranks.
    public var spearman: Double { Correlation.spearman(actual, predicted) }

    /// Mean squared error (which is the loss, too), both correlations and the number of texts.
    public var metrics: Metrics {
        [
            MetricName.loss: meanSquaredError, MetricName.meanSquaredError: meanSquaredError,
            MetricName.pearson: pearson, MetricName.spearman: spearman,
            MetricName.count: Double(count),
        ]
    }
}
