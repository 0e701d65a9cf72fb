import GRDB

/// Rows that processes wrote and did not finish, each with the owner that it was seen with.
package struct AbandonedRows {
    typealias Row = (id: Int64, owner: String)

    var corpora: [Row] = []
    var tokenStreams: [Row] = []
    var runs: [Row] = []

    var isEmpty: Bool { corpora.isEmpty && tokenStreams.isEmpty && runs.isEmpty }
}

extension Workspace {
    /// What has an owner that is gone.
    package func abandonedRows() throws -> AbandonedRows {
        let now = Self.now()
        func abandoned(
            _ db: Database, _ table: String, _ started: String
        ) throws -> [AbandonedRows.Row] {
            try Row.fetchAll(
                db, sql: "SELECT id, owner, \(started) FROM \(table) WHERE owner IS NOT NULL"
            ).compactMap { row in
                Owner.isGone(row[1], sinceMilliseconds: row[2], now: now) ? (row[0], row[1]) : nil
            }
        }
        return try read { db in
            AbandonedRows(
                corpora: try abandoned(db, "corpus", "updatedAt"),
                tokenStreams: try abandoned(db, "tokenStream", "createdAt"),
                runs: try abandoned(db, "run", "updatedAt"))
        }
    }

    /// Clears away what interrupted processes left half-written, and marks their runs.
    ///
    /// A process may finish its work and end between the look at the rows and the look at the process: its rows have
    /// no owner any more, and are left alone. The same goes for a run that another process resumed meanwhile.
    package func clear(_ rows: AbandonedRows) throws {
        guard !rows.isEmpty else { return }
        try write { db in
            for row in rows.corpora {
                try db.execute(
                    sql: "DELETE FROM corpus WHERE id = ? AND owner = ?",
                    arguments: [row.id, row.owner])
            }
            for row in rows.tokenStreams {
                try db.execute(
                    sql: "DELETE FROM tokenStream WHERE id = ? AND owner = ?",
                    arguments: [row.id, row.owner])
            }
            for row in rows.runs {
                try db.execute(
                    sql: """
                        UPDATE run SET status = 'interrupted', finishedAt = updatedAt, owner = NULL
                        WHERE id = ? AND owner = ? AND status = 'running'
                        """, arguments: [row.id, row.owner])
            }
        }
    }
}
