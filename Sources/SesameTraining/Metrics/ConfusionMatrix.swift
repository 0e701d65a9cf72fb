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

    /// Accuracy, majority accuracy, macro F1, and F1 of the second of two classes.
    public var metrics: Metrics {
        var result: Metrics = [
            MetricName.accuracy: accuracy, MetricName.majorityAccuracy: majorityAccuracy,
            MetricName.macroF1: macroF1, MetricName.count: Double(total),
        ]
        if labels.count == 2 { result[MetricName.binaryF1] = f1(1) }
        return result
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
