import GRDB
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run that goes on: where a trainer writes down what happens.
///
/// Metrics are gathered and written together, at the latest a second after the first of them came
/// with the next call; everything else is written at once. Any thread may call. A run that is
/// never finished shows as running until its process is gone, and as interrupted then.
public final class Run: Sendable {
    /// Identifies the run in its workspace.
    public let id: Int64

    let workspace: Workspace
    private let buffer = Mutex(Buffer())

    private struct Buffer {
        var metrics: [Metric] = []
        var since: Int64 = 0
    }

    private static let bufferedMetricCount = 256
    private static let bufferedMilliseconds = 1000

    init(workspace: Workspace, id: Int64) {
        self.workspace = workspace
        self.id = id
    }

    /// Adds one value of a metric; a second value for the same step, split and name replaces the
    /// first.
    ///
    /// - Throws: ``StoreError``, as `.locked`; nothing is lost, the next call tries again.
    public func log(step: Int, split: String, name: String, value: Double) throws {
        try log([Metric(step: step, split: split, name: name, value: value)])
    }

    /// Adds several metrics of one step.
    public func log(step: Int, split: String, _ values: KeyValuePairs<String, Double>) throws {
        try log(values.map { Metric(step: step, split: split, name: $0.key, value: $0.value) })
    }

    /// Adds metrics.
    public func log(_ metrics: [Metric]) throws {
        let now = Workspace.now()
        let isDue = buffer.withLock { buffer in
            if buffer.metrics.isEmpty { buffer.since = now }
            buffer.metrics += metrics
            return buffer.metrics.count >= Self.bufferedMetricCount
                || now - buffer.since >= Self.bufferedMilliseconds
        }
        if isDue { try flush() }
    }

    /// Writes the metrics that wait.
    public func flush() throws {
        let metrics = buffer.withLock { buffer in
            defer { buffer.metrics = [] }
            return buffer.metrics
        }
        guard !metrics.isEmpty else { return }
        do {
            try workspace.write { db in
                let insert = try db.cachedStatement(
                    sql: """
                        INSERT OR REPLACE INTO metric (runID, name, split, step, value)
                        VALUES (?, ?, ?, ?, ?)
                        """)
                for metric in metrics {
                    // SQLite has no not-a-number; NULL stands for it.
                    let value = metric.value.isNaN ? nil : metric.value
                    try insert.execute(
                        arguments: [id, metric.name, metric.split, metric.step, value])
                }
                try touch(db)
            }
        } catch {
            buffer.withLock { $0.metrics = metrics + $0.metrics }
            throw error
        }
    }

    /// Records a checkpoint's folder.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - step: The step after which it was written.
    ///   - metric: The metric that it is judged by.
    ///   - value: The value of that metric.
    public func addCheckpoint(
        path: String, step: Int, metric: String? = nil, value: Double? = nil
    ) throws {
        try flush()
        try workspace.write { db in
            try db.execute(
                sql: """
                    INSERT INTO checkpoint (runID, step, path, metric, value, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """, arguments: [id, step, path, metric, value, Workspace.now()])
            try touch(db)
        }
    }

    /// Forgets a checkpoint whose folder has been deleted.
    public func removeCheckpoint(path: String) throws {
        try workspace.write { db in
            try db.execute(
                sql: "DELETE FROM checkpoint WHERE runID = ? AND path = ?", arguments: [id, path])
        }
    }

    /// Records a generated text.
    public func addSample(step: Int, prompt: String, text: String) throws {
        try workspace.write { db in
            try db.execute(
                sql: """
                    INSERT INTO sample (runID, step, prompt, text, createdAt)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [id, step, prompt, text, Workspace.now()])
            try touch(db)
        }
    }

    /// Attaches a result that is no number, as a confusion matrix; one of the same name is replaced.
    ///
    /// - Parameters:
    ///   - name: What it is, as `confusion`; 1 to 200 characters.
    ///   - json: The result, as a JSON document in UTF-8.
    /// - Throws: ``StoreError`` with code `.invalidName` or, for bytes that are no JSON,
    ///   `.invalidJSON`.
    public func attach(name: String, json: Data) throws {
        try Workspace.checkName(name, of: "artifact")
        guard let text = String(validating: json, as: UTF8.self) else {
            throw StoreError(.invalidJSON(what: "artifact", name: name))
        }
        try workspace.write { db in
            guard try Bool.fetchOne(db, sql: "SELECT json_valid(?)", arguments: [text]) == true
            else { throw StoreError(.invalidJSON(what: "artifact", name: name)) }
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO runArtifact (runID, name, json, createdAt)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [id, name, text, Workspace.now()])
            try touch(db)
        }
    }

    /// Ends the run.
    ///
    /// - Parameters:
    ///   - status: How it ended.
    ///   - message: One line, where there is something to say, as the error.
    public func finish(_ status: RunStatus, message: String? = nil) throws {
        try flush()
        try workspace.write { db in
            let now = Workspace.now()
            try db.execute(
                sql: """
                    UPDATE run SET status = ?, message = ?, updatedAt = ?, finishedAt = ?,
                        owner = NULL
                    WHERE id = ?
                    """, arguments: [status.rawValue, message, now, now, id])
        }
    }

    private func touch(_ db: Database) throws {
        try db.execute(
            sql: "UPDATE run SET updatedAt = ? WHERE id = ?", arguments: [Workspace.now(), id])
    }
}
