import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Workspace {
    /// Begins a run.
    ///
    /// - Parameters:
    ///   - kind: What it does, as `pretrain gpt`.
    ///   - configuration: Its settings, as JSON.
    public func createRun(kind: String, configuration: String) throws -> Run {
        try write { db in
            let now = Self.now()
            try db.execute(
                sql: """
                    INSERT INTO run (kind, status, configuration, startedAt, updatedAt, owner)
                    VALUES (?, 'running', ?, ?, ?, ?)
                    """, arguments: [kind, configuration, now, now, Owner.current.text])
            return Run(workspace: self, id: db.lastInsertedRowID)
        }
    }

    /// Goes on with a run that ended, from a checkpoint.
    ///
    /// - Parameters:
    ///   - id: The run's number.
    ///   - step: The checkpoint's step. Metrics, samples and checkpoints after it are forgotten, as they will come
    ///     again.
    public func resumeRun(id: Int64, afterStep step: Int) throws -> Run {
        try write { db in
            _ = try Self.runRow(db, id)
            for table in ["metric", "sample", "checkpoint"] {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE runID = ? AND step > ?", arguments: [id, step])
            }
            try db.execute(
                sql: """
                    UPDATE run SET status = 'running', message = NULL, finishedAt = NULL,
                        updatedAt = ?, owner = ?
                    WHERE id = ?
                    """, arguments: [Self.now(), Owner.current.text, id])
            return Run(workspace: self, id: id)
        }
    }

    /// Every run, the latest first.
    public func runs() throws -> [RunSummary] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM run ORDER BY id DESC")
                .map { try Self.runSummary(db, $0) }
        }
    }

    /// One run.
    public func run(id: Int64) throws -> RunSummary {
        try read { db in try Self.runSummary(db, Self.runRow(db, id)) }
    }

    /// A run's metrics in the order of name, split and step.
    ///
    /// - Parameters:
    ///   - id: The run's number.
    ///   - name: Only the metric of this name.
    ///   - split: Only of this split.
    public func metrics(
        run id: Int64, name: String? = nil, split: String? = nil
    ) throws -> [Metric] {
        try read { db in
            _ = try Self.runRow(db, id)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT step, split, name, value FROM metric
                    WHERE runID = ?1 AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR split = ?3)
                    ORDER BY name, split, step
                    """, arguments: [id, name, split]
            ).map(Self.metric)
        }
    }

    /// The checkpoints that a run wrote and that have not been removed, in the order of steps.
    public func checkpoints(run id: Int64) throws -> [CheckpointRecord] {
        try read { db in
            _ = try Self.runRow(db, id)
            return try Row.fetchAll(
                db, sql: "SELECT * FROM checkpoint WHERE runID = ? ORDER BY step, id",
                arguments: [id]
            ).map { row in
                CheckpointRecord(
                    step: row["step"], path: row["path"], metric: row["metric"],
                    value: row["value"], createdAt: Self.date(row["createdAt"]))
            }
        }
    }

    /// The texts that a run generated, in the order of steps.
    public func samples(run id: Int64) throws -> [SampleRecord] {
        try read { db in
            _ = try Self.runRow(db, id)
            return try Row.fetchAll(
                db, sql: "SELECT * FROM sample WHERE runID = ? ORDER BY step, id", arguments: [id]
            ).map { row in
                SampleRecord(
                    step: row["step"], prompt: row["prompt"], text: row["text"],
                    createdAt: Self.date(row["createdAt"]))
            }
        }
    }

    /// What was attached to a run, by name.
    public func artifacts(run id: Int64) throws -> [RunArtifact] {
        try read { db in
            _ = try Self.runRow(db, id)
            return try Row.fetchAll(
                db, sql: "SELECT * FROM runArtifact WHERE runID = ? ORDER BY name", arguments: [id]
            ).map { row in
                RunArtifact(
                    name: row["name"], json: Data((row["json"] as String).utf8),
                    createdAt: Self.date(row["createdAt"]))
            }
        }
    }

    /// Deletes a run with its metrics, samples and artifacts. Its checkpoints' folders stay.
    public func deleteRun(id: Int64) throws {
        try write { db in
            _ = try Self.runRow(db, id)
            try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id])
        }
    }

    private static func runRow(_ db: Database, _ id: Int64) throws -> Row {
        if let row = try Row.fetchOne(db, sql: "SELECT * FROM run WHERE id = ?", arguments: [id]) {
            return row
        }
        let ids = try Int64.fetchAll(db, sql: "SELECT id FROM run ORDER BY id DESC")
        throw StoreError(.notFound(what: "run", name: String(id), existing: ids.map(String.init)))
    }

    private static func metric(_ row: Row) -> Metric {
        Metric(step: row[0], split: row[1], name: row[2], value: (row[3] as Double?) ?? .nan)
    }

    private static func runSummary(_ db: Database, _ row: Row) throws -> RunSummary {
        let id: Int64 = row["id"]
        // The last step of each name and split; SQLite takes the other columns from max's row.
        let last = try Row.fetchAll(
            db,
            sql: """
                SELECT max(step), split, name, value FROM metric WHERE runID = ?
                GROUP BY name, split ORDER BY name, split
                """, arguments: [id]
        ).map(metric)
        let checkpoint = try String.fetchOne(
            db, sql: "SELECT path FROM checkpoint WHERE runID = ? ORDER BY step DESC, id DESC",
            arguments: [id])
        return RunSummary(
            id: id, kind: row["kind"], status: RunStatus(rawValue: row["status"]) ?? .failed,
            configuration: row["configuration"], message: row["message"],
            startedAt: date(row["startedAt"]), updatedAt: date(row["updatedAt"]),
            finishedAt: (row["finishedAt"] as Int64?).map(date), lastStep: last.map(\.step).max(),
            lastMetrics: last, lastCheckpoint: checkpoint)
    }
}
