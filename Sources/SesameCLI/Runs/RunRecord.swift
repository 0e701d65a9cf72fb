import Foundation
import Sesame

/// A run as `--json` prints it.
struct RunRecord: Encodable {
    let id: Int64
    let kind: String
    let status: String
    let message: String?
    let startedAt: String
    let finishedAt: String?
    let seconds: Double?
    let lastStep: Int?
    /// The last value of each metric, by "split.name".
    let metrics: [String: Double]
    let checkpoint: String?

    init(_ run: RunSummary) {
        id = run.id
        kind = run.kind
        status = run.status.rawValue
        message = run.message
        startedAt = run.startedAt.iso8601
        finishedAt = run.finishedAt?.iso8601
        seconds = run.seconds
        lastStep = run.lastStep
        metrics = Dictionary(
            run.lastMetrics.map { ("\($0.split).\($0.name)", $0.value) },
            uniquingKeysWith: { first, _ in first })
        checkpoint = run.lastCheckpoint
    }
}

extension RunSummary {
    /// How long the run took; nil while it goes on.
    var seconds: Double? { finishedAt.map { $0.timeIntervalSince(startedAt) } }

    /// The last metrics of a split, by name.
    func lastMetrics(of split: String) -> Metrics {
        Dictionary(
            lastMetrics.filter { $0.split == split }.map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first })
    }
}

extension Date {
    /// The moment in UTC, to the second: "2026-05-01T12:00:00Z".
    var iso8601: String { formatted(.iso8601) }
}
