/// How often each class was taken for each other.
public struct ConfusionMatrix: Sendable, Hashable, Codable {
    /// The classes' names.
    public let labels: [String]
    /// `counts[actual][predicted]`.
    public private(set) var counts: [[Int]]

    /// An empty matrix.
    public init(labels: [String]) {
        self.labels = labels
        counts = Array(
            repeating: Array(repeating: 0, count: labels.count), count: labels.count)
    }

    /// Counts one text.
    public mutating func add(actual: Int, predicted: Int) {
        counts[actual][predicted] += 1
    }

    /// Number of texts.
    public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// Share of texts on the diagonal; 0 without texts.
    public var accuracy: Double {
        total == 0
            ? 0 : Double(labels.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
    }

    /// Share of the most frequent actual class: what a constant answer would reach.
    public var majorityAccuracy: Double {
        total == 0 ? 0 : Double(counts.map { $0.reduce(0, +) }.max() ?? 0) / Double(total)
    }

    /// The most frequent actual class; the first of several.
    public var majorityLabel: String? {
        let sizes = counts.map { $0.reduce(0, +) }
        guard let most = sizes.max(), let index = sizes.firstIndex(of: most) else { return nil }
        return labels[index]
    }

    /// Share of the texts predicted as class `index` that are of it; 0 where none was predicted.
    public func precision(_ index: Int) -> Double {
        ratio(counts[index][index], counts.reduce(0) { $0 + $1[index] })
    }

    /// Share of the texts of class `index` that were found; 0 where there are none.
    public func recall(_ index: Int) -> Double {
        ratio(counts[index][index], counts[index].reduce(0, +))
    }

    /// Harmonic mean of precision and recall: 2·TP / (2·TP + FP + FN); 0 where undefined.
    public func f1(_ index: Int) -> Double {
        let predicted = counts.reduce(0) { $0 + $1[index] }
        return ratio(2 * counts[index][index], predicted + counts[index].reduce(0, +))
    }

    /// Unweighted mean of the classes' F1.
    public var macroF1: Double {
        labels.isEmpty
            ? 0 : labels.indices.reduce(0.0) { $0 + f1($1) } / Double(labels.count)
    }

    /// Matthews' correlation of actual and predicted classes, -1...1; 0 where either is constant.
    ///
    /// For two classes (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)); for more, Gorodkin's R_K.
    ///
    /// Source: Gorodkin 2004, Comparing two K-category assignments by a K-category correlation
    /// coefficient, https://doi.org/10.1016/j.compbiolchem.2004.09.006, equation 8.
    public var matthews: Double {
        let actual = counts.map { Double($0.reduce(0, +)) }
        let predicted = labels.indices.map { column in
            Double(counts.reduce(0) { $0 + $1[column] })
        }
        let all = Double(total)
        let right = labels.indices.reduce(0.0) { $0 + Double(counts[$1][$1]) }
        func product(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let spread =
            (all * all - product(predicted, predicted)) * (all * all - product(actual, actual))
        return spread > 0
            ? (right * all - product(actual, predicted)) / spread.squareRoot() : 0
    }

    /// Accuracy, majority accuracy, macro F1, Matthews' correlation, and F1 of the second of two classes.
    public var metrics: Metrics {
        var result: Metrics = [
            MetricName.accuracy: accuracy, MetricName.majorityAccuracy: majorityAccuracy,
            MetricName.macroF1: macroF1, MetricName.matthews: matthews,
            MetricName.count: Double(total),
        ]
        if labels.count == 2 { result[MetricName.binaryF1] = f1(1) }
        return result
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
