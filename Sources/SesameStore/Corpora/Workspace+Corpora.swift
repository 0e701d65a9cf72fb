import GRDB

extension Workspace {
    /// Every corpus, by name.
    public func corpora() throws -> [CorpusSummary] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM corpus WHERE owner IS NULL ORDER BY name"
            ).map { try Self.summary(db, $0) }
        }
    }

    /// One corpus.
    ///
    /// - Throws: ``StoreError`` with code `.notFound`, which lists the names there are.
    public func corpus(named name: String) throws -> CorpusSummary {
        try read { db in try Self.summary(db, Self.corpusRow(db, name)) }
    }

    /// A corpus counted by split and label.
    ///
    /// - Complexity: Reads every document's record, but no text.
    public func statistics(corpus name: String) throws -> CorpusStatistics {
        try read { db in
            let row = try Self.corpusRow(db, name)
            let summary = try Self.summary(db, row)
            let id: Int64 = row["id"]
            var total = CorpusStatistics.Share()
            var bySplit: [Split: CorpusStatistics.Share] = [:]
            var byLabel: [String: [Split: CorpusStatistics.Share]] = [:]
            var unlabelledCount = 0
            var segmentedCount = 0
            var longest = 0
            let groups = try Row.fetchCursor(
                db,
                sql: """
                    SELECT d.split, d.label, count(*), sum(d.byteCount), sum(d.characterCount),
                        coalesce(sum(s.count), 0), count(s.count), max(d.byteCount)
                    FROM document d LEFT JOIN documentSentences s ON s.documentID = d.id
                    WHERE d.corpusID = ? GROUP BY d.split, d.label
                    """, arguments: [id])
            while let group = try groups.next() {
                guard let split = Split(rawValue: group[0]) else { continue }
                let share = CorpusStatistics.Share(
                    documentCount: group[2], byteCount: group[3], characterCount: group[4],
                    sentenceCount: group[5])
                total = total + share
                bySplit[split] = (bySplit[split] ?? .init()) + share
                if let label: String = group[1] {
                    byLabel[label, default: [:]][split] = share
                } else {
                    unlabelledCount += share.documentCount
                }
                segmentedCount += group[6] as Int
                longest = max(longest, group[7])
            }
            return CorpusStatistics(
                summary: summary, total: total, bySplit: bySplit, byLabel: byLabel,
                unlabelledCount: unlabelledCount, segmentedCount: segmentedCount,
                longestByteCount: longest)
        }
    }

    /// The labels of a corpus in the order of their UTF-8 bytes, all splits together.
    public func labels(corpus name: String) throws -> [String] {
        try read { db in
            let id = try Self.corpusID(db, name)
            return try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT label FROM document
                    WHERE corpusID = ? AND label IS NOT NULL ORDER BY label
                    """, arguments: [id])
        }
    }

    /// How many documents a corpus, or one split of it, holds.
    public func documentCount(corpus name: String, split: Split? = nil) throws -> Int {
        try read { db in
            let id = try Self.corpusID(db, name)
            return try Int.fetchOne(
                db, sql: "SELECT count(*) FROM document WHERE corpusID = ?" + Self.and(split),
                arguments: [id]) ?? 0
        }
    }

    /// Gives a corpus another name.
    public func renameCorpus(_ name: String, to newName: String) throws {
        try Self.checkName(newName, of: "corpus")
        try write { db in
            let id = try Self.corpusID(db, name)
            guard try Self.existingCorpusID(db, newName) == nil else {
                throw StoreError(
                    .nameTaken(what: "corpus", name: newName, advice: "choose another name"))
            }
            try db.execute(
                sql: "UPDATE corpus SET name = ? WHERE id = ?", arguments: [newName, id])
        }
    }

    /// Deletes a corpus with its documents and tokenized streams.
    public func deleteCorpus(_ name: String) throws {
        try write { db in
            let id = try Self.corpusID(db, name)
            try db.execute(sql: "DELETE FROM corpus WHERE id = ?", arguments: [id])
        }
    }

    /// The hash of a corpus's or split's contents: of the documents' hashes, in order.
    ///
    /// Labels do not count. Two imports of the same text have the same hash on any machine.
    public func contentHash(corpus name: String, split: Split? = nil) throws -> UInt64 {
        try read { db in try Self.contentHash(db, Self.corpusID(db, name), split) }
    }
}

// MARK: - Rows

extension Workspace {
    static func corpusRow(_ db: Database, _ name: String) throws -> Row {
        if let row = try Row.fetchOne(
            db, sql: "SELECT * FROM corpus WHERE name = ? AND owner IS NULL", arguments: [name])
        {
            return row
        }
        let names = try String.fetchAll(
            db, sql: "SELECT name FROM corpus WHERE owner IS NULL ORDER BY name")
        throw StoreError(.notFound(what: "corpus", name: name, existing: names))
    }

    static func corpusID(_ db: Database, _ name: String) throws -> Int64 {
        try corpusRow(db, name)["id"]
    }

    static func existingCorpusID(_ db: Database, _ name: String) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT id FROM corpus WHERE name = ? AND owner IS NULL", arguments: [name])
    }

    /// A condition on the split, for the end of a query. The raw value is one of three words.
    static func and(_ split: Split?, table: String = "") -> String {
        split.map { " AND \(table)split = '\($0.rawValue)'" } ?? ""
    }

    static func contentHash(_ db: Database, _ corpusID: Int64, _ split: Split?) throws -> UInt64 {
        var hash = ContentHash()
        let hashes = try Int64.fetchCursor(
            db,
            sql: "SELECT hash FROM document WHERE corpusID = ?" + and(split) + " ORDER BY ordinal",
            arguments: [corpusID])
        while let next = try hashes.next() { hash.update(UInt64(bitPattern: next)) }
        return hash.value
    }

    static func summary(_ db: Database, _ row: Row) throws -> CorpusSummary {
        let id: Int64 = row["id"]
        var splitCounts: [Split: Int] = [:]
        let splits = try Row.fetchAll(
            db, sql: "SELECT split, count(*) FROM document WHERE corpusID = ? GROUP BY split",
            arguments: [id])
        for group in splits {
            if let split = Split(rawValue: group[0]) { splitCounts[split] = group[1] }
        }
        let sources = try Row.fetchAll(
            db, sql: "SELECT * FROM source WHERE corpusID = ? ORDER BY id", arguments: [id])
        func sum(_ column: String) -> Int {
            sources.reduce(0) { $0 + ($1[column] as Int) }
        }
        return CorpusSummary(
            name: row["name"], format: row["format"], documentCount: row["documentCount"],
            byteCount: row["byteCount"], characterCount: row["characterCount"],
            duplicateCount: row["duplicateCount"], droppedCount: sum("droppedCount"),
            emptyCount: sum("emptyCount"), repairedCount: sum("repairedCount"),
            repairedDocumentCount: sum("repairedDocumentCount"),
            sources: sources.map { $0["path"] }, splitCounts: splitCounts,
            revision: row["revision"], createdAt: date(row["createdAt"]),
            updatedAt: date(row["updatedAt"]))
    }

    /// Counts a corpus's documents anew and moves it to its next revision.
    static func refreshTotals(_ db: Database, _ corpusID: Int64) throws {
        try db.execute(
            sql: """
                UPDATE corpus SET
                    (documentCount, byteCount, characterCount, duplicateCount) = (
                        SELECT count(*), coalesce(sum(byteCount), 0),
                            coalesce(sum(characterCount), 0), count(*) - count(DISTINCT hash)
                        FROM document WHERE corpusID = :id),
                    revision = revision + 1, updatedAt = :now
                WHERE id = :id
                """, arguments: ["id": corpusID, "now": now()])
    }
}
