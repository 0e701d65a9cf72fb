import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything that the workspace knows of one run.
struct RunDetails: Sendable {
    let summary: RunSummary
    let settings: Settings
    let checkpoints: [CheckpointRecord]
    let samples: [SampleRecord]
    /// What it was trained on; nil for a run of an earlier version whose corpus is gone.
    let facts: RunFacts?
    /// Whether ``facts`` were recorded with the run, rather than looked up now.
    let factsAreRecorded: Bool
    /// The command lines that made the run: the first, and each resumption.
    let commands: [[String]]
    let confusion: Confusion?
    let predictions: Predictions?

    private let metrics: [Key: [ChartPoint]]

    private struct Key: Hashable {
        let split: String
        let name: String
    }

    /// A confusion matrix as it is attached.
    struct Confusion: Decodable, Sendable {
        let labels: [String]
        let counts: [[Int]]

        var isSquare: Bool {
            !labels.isEmpty && counts.count == labels.count
                && counts.allSatisfy { $0.count == labels.count && $0.allSatisfy { $0 >= 0 } }
        }
    }

    /// A regression's results as they are attached.
    struct Predictions: Decodable, Sendable {
        let actual: [Double]
        let predicted: [Double]
    }

    init(workspace: Workspace, id: Int64) throws {
        summary = try workspace.run(id: id)
        settings = Settings(json: summary.configuration)
        checkpoints = try workspace.checkpoints(run: id)
        samples = try workspace.samples(run: id)
        metrics = Dictionary(
            grouping: try workspace.metrics(run: id), by: { Key(split: $0.split, name: $0.name) }
        ).mapValues { $0.map { ChartPoint(x: Double($0.step), y: $0.value) } }
        let artifacts = Dictionary(
            try workspace.artifacts(run: id).map { ($0.name, $0.json) },
            uniquingKeysWith: { first, _ in first })
        // An artifact of another layout belongs to somebody else: it is passed over.
        func decode<T: Decodable>(_ name: String, _ type: T.Type) -> T? {
            artifacts[name].flatMap { try? JSONDecoder().decode(T.self, from: $0) }
        }
        commands = decode("command", [[String]].self) ?? []
        confusion = decode("confusion", Confusion.self).flatMap { $0.isSquare ? $0 : nil }
        predictions = decode("predictions", Predictions.self)
            .flatMap { $0.actual.count == $0.predicted.count && !$0.actual.isEmpty ? $0 : nil }
        if let recorded = decode(RunFacts.artifactName, RunFacts.self) {
            facts = recorded
            factsAreRecorded = true
        } else {
            factsAreRecorded = false
            facts = try Self.currentFacts(workspace, settings)
        }
    }

    private static func currentFacts(
        _ workspace: Workspace, _ settings: Settings
    ) throws -> RunFacts? {
        guard let corpus = settings["dependencies.corpus"],
            try workspace.corpora().contains(where: { $0.name == corpus })
        else { return nil }
        return try RunFacts(
            workspace: workspace, corpus: corpus, fingerprint: settings["tokenizer"])
    }

    /// A metric's curve in the order of steps; empty where it was not recorded.
    func curve(_ split: String, _ name: String) -> [ChartPoint] {
        metrics[Key(split: split, name: name)] ?? []
    }

    /// The names of a split's metrics, in the order in which they are shown.
    func metricNames(_ split: String) -> [String] {
        metrics.keys.filter { $0.split == split }.map(\.name).sorted {
            let (a, b) = (MetricDescription.order($0), MetricDescription.order($1))
            return a != b ? a < b : $0 < $1
        }
    }

    /// The splits other than `train` and `validation` that metrics were recorded on.
    var otherSplits: [String] {
        Set(metrics.keys.map(\.split)).subtracting(["train", "validation"]).sorted()
    }

    /// How long the run took, or has taken.
    var seconds: Double {
        (summary.finishedAt ?? summary.updatedAt).timeIntervalSince(summary.startedAt)
    }
}
