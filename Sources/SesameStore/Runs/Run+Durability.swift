import GRDB

extension Run {
    /// Writes the metrics that wait, and makes everything written so far survive a power failure.
    ///
    /// A trainer calls this before it writes a checkpoint: a run that goes on from there has all the
    /// metrics up to it. (Commits alone survive the end of the process, but SQLite syncs them to the
    /// disk only when it empties its log.)
    package func flushDurably() throws {
        try flush()
        try workspace.syncToDisk()
    }
}

extension Workspace {
    /// Empties SQLite's log into the database as far as readers allow, which syncs both.
    func syncToDisk() throws {
        try translating {
            try databasePool.writeWithoutTransaction { db in
                _ = try db.checkpoint(.passive)
            }
        }
    }
}
