import SesameStore

/// Two or more runs side by side.
public struct RunComparison: Sendable {
    /// A setting that is not the same everywhere.
    public struct Difference: Sendable, Hashable, Codable {
        /// The setting, as `training.learningRate`.
        public let key: String
        /// Its value in each run; nil where the run has no such setting.
        public let values: [String?]
    }

    /// A value and the step it belongs to.
    public struct Point: Sendable, Hashable, Codable {
        /// The training step.
        public let step: Int
        /// The value.
        public let value: Double

        /// A value at a step.
        public init(step: Int, value: Double) {
            self.step = step
            self.value = value
        }
    }

    /// One run's curve of a metric in a few figures.
    public struct Curve: Sendable, Hashable, Codable {
        /// How many values were recorded.
        public let count: Int
        /// The first value.
        public let first: Point
        /// The last value.
        public let last: Point
        /// The best value, the earliest of equals; nil where neither direction is better.
        public let best: Point?
        /// The values after a quarter, a half, three quarters and all of the run's own steps: each the
        /// last one recorded by then.
        public let quarters: [Point]
    }

    /// A metric in all runs.
    public struct MetricRow: Sendable, Hashable, Codable {
        /// What it was measured on, as `validation`.
        public let split: String
        /// Its name, as `loss`.
        public let name: String
        /// Each run's curve; nil where the run did not record the metric.
        public let curves: [Curve?]
        /// The index of the run whose best value is best of all; nil where that is not a question.
        public let bestRun: Int?
    }

    /// The runs, in the order they were asked for.
    public let runs: [RunSummary]
    /// The settings that differ, by key.
    public let differences: [Difference]
    /// How many settings are the same in all runs.
    public let equalCount: Int
    /// The metrics: validation before training, in the order of ``MetricDescription``.
    public let metrics: [MetricRow]

    /// Compares runs of one workspace.
    ///
    /// - Throws: `StoreError` with code `.notFound`, which lists the runs there are.
    public init(workspace: Workspace, runs ids: [Int64]) throws {
        precondition(!ids.isEmpty, "no runs to compare")
        runs = try ids.map { try workspace.run(id: $0) }
        let recorded = try ids.map { try workspace.metrics(run: $0) }
        (differences, equalCount) = Self.differences(of: runs)
        metrics = Self.rows(of: recorded)
    }

    private static func differences(of runs: [RunSummary]) -> ([Difference], Int) {
        let settings = runs.map { run in
            Dictionary(
                Settings(json: run.configuration).entries.map { ($0.key, $0.value) },
                uniquingKeysWith: { first, _ in first })
        }
        let keys = Set(settings.flatMap(\.keys))
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let all = keys.map { key in Difference(key: key, values: settings.map { $0[key] }) }
        let different = all.filter { Set($0.values).count > 1 }
        return (different, all.count - different.count)
    }

    private struct Key: Hashable {
        let split: String
        let name: String
    }

    private static func rows(of recorded: [[Metric]]) -> [MetricRow] {
        let grouped = recorded.map { metrics in
            Dictionary(grouping: metrics) { Key(split: $0.split, name: $0.name) }
        }
        let lastSteps = recorded.map { $0.map(\.step).max() ?? 0 }
        let keys = Set(grouped.flatMap(\.keys)).sorted { a, b in
            let (left, right) = (order(a), order(b))
            return left != right ? left.lexicographicallyPrecedes(right) : a.name < b.name
        }
        return keys.map { key in
            let description = MetricDescription(named: key.name)
            let curves = grouped.indices.map { run in
                grouped[run][key].flatMap {
                    curve($0, description: description, lastStep: lastSteps[run])
                }
            }
            var bestRun: Int?
            for (index, curve) in curves.enumerated() {
                guard let value = curve?.best?.value else { continue }
                if let old = bestRun.flatMap({ curves[$0]?.best?.value }),
                    !description.isBetter(value, than: old)
                {
                    continue
                }
                bestRun = index
            }
            let contenders = curves.count { $0?.best != nil }
            return MetricRow(
                split: key.split, name: key.name, curves: curves,
                bestRun: contenders > 1 ? bestRun : nil)
        }
    }

    private static func order(_ key: Key) -> [Int] {
        [key.split == "train" ? 1 : 0, MetricDescription.order(key.name)]
    }

    private static func curve(
        _ metrics: [Metric], description: MetricDescription, lastStep: Int
    ) -> Curve? {
        let points = metrics.map { Point(step: $0.step, value: $0.value) }
            .sorted { $0.step < $1.step }
        guard let first = points.first, let last = points.last else { return nil }
        var best: Point?
        if description.direction != .neither {
            for point in points where point.value.isFinite {
                guard let old = best, !description.isBetter(point.value, than: old.value) else {
                    best = point
                    continue
                }
            }
        }
        let quarters = (1...4).compactMap { quarter in
            points.last { $0.step * 4 <= lastStep * quarter }
        }
        return Curve(count: points.count, first: first, last: last, best: best, quarters: quarters)
    }
}
