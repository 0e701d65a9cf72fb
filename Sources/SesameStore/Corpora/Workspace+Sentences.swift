import GRDB

extension Workspace {
    /// Splits the documents of a corpus into sentences where that has not been done.
    ///
    /// An import does this with ``ImportOptions/sentences``; anything that needs sentences calls
    /// this first, and it costs nothing the second time. Documents cut by a split are done anew.
    /// Sentences end where ICU's rules say so; a single line break counts as a space (prose is
    /// often wrapped), an empty line ends a sentence.
    ///
    /// - Parameters:
    ///   - name: The corpus's name.
    ///   - progress: Called after each batch with documents done and in all; it may throw to stop. What is done
    ///     stays.
    /// - Returns: How many documents were split into sentences.
    @discardableResult
    public func segmentSentences(
        corpus name: String, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> Int {
        let (corpusID, total) = try read { db in
            let id = try Self.corpusID(db, name)
            let total = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM document d WHERE corpusID = ? AND NOT EXISTS (
                        SELECT 1 FROM documentSentences s WHERE s.documentID = d.id)
                    """, arguments: [id])
            return (id, total ?? 0)
        }
        var done = 0
        var after = -1
        while done < total {
            let batch = try read { db -> [(id: Int64, ordinal: Int, hash: Int64, text: String)] in
                let rows = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT d.id, d.ordinal, d.hash, t.text
                        FROM document d JOIN documentText t ON t.documentID = d.id
                            LEFT JOIN documentSentences s ON s.documentID = d.id
                        WHERE d.corpusID = ? AND d.ordinal > ? AND s.documentID IS NULL
                        ORDER BY d.ordinal
                        """, arguments: [corpusID, after])
                var found: [(id: Int64, ordinal: Int, hash: Int64, text: String)] = []
                var byteCount = 0
                while found.count < 4096, byteCount < 4 << 20, let row = try rows.next() {
                    let text = try row.text(at: 3) ?? ""
                    byteCount += text.utf8.count
                    found.append((row[0], row[1], row[2], text))
                }
                return found
            }
            guard let last = batch.last else { break }
            after = last.ordinal
            let sentences = try batch.map { try TextBridge.sentences(of: Array($0.text.utf8)) }
            try write { db in
                for (document, ranges) in zip(batch, sentences) {
                    // The corpus may have been deleted or split anew since it was read.
                    let unchanged = try Int.fetchOne(
                        db.cachedStatement(
                            sql: """
                                SELECT 1 FROM document d WHERE id = ? AND hash = ? AND NOT EXISTS (
                                    SELECT 1 FROM documentSentences s WHERE s.documentID = d.id)
                                """), arguments: [document.id, document.hash])
                    guard unchanged != nil else { continue }
                    try StagedCorpus.insertSentences(db, documentID: document.id, ranges)
                }
            }
            done += batch.count
            try progress(done, total)
        }
        return done
    }
}
