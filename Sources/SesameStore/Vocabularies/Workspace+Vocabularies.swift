import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Workspace {
    /// Every vocabulary, by name.
    public func vocabularies() throws -> [VocabularySummary] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT \(Self.summaryColumns) FROM vocabulary ORDER BY name")
                .map(Self.vocabularySummary)
        }
    }

    /// One vocabulary.
    ///
    /// - Throws: ``StoreError`` with code `.notFound`, which lists the names there are.
    public func vocabulary(named name: String) throws -> VocabularySummary {
        try read { db in Self.vocabularySummary(try Self.vocabularyRow(db, name)) }
    }

    /// Tokens with their counts, in the order of their ids.
    ///
    /// - Parameters:
    ///   - name: The vocabulary.
    ///   - ids: The ids to stay within; those beyond the last token are left out.
    public func tokens(
        vocabulary name: String, ids: Range<Int> = 0..<Int(Int32.max)
    ) throws -> [VocabularyToken] {
        try read { db in
            let id: Int64 = try Self.vocabularyRow(db, name)["id"]
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT id, token, count FROM vocabularyToken
                    WHERE vocabularyID = ? AND id >= ? AND id < ? ORDER BY id
                    """, arguments: [id, ids.lowerBound, ids.upperBound]
            ).map(Self.token)
        }
    }

    /// The token of exactly these bytes, if the vocabulary has it.
    public func token(_ text: String, vocabulary name: String) throws -> VocabularyToken? {
        try read { db in
            let id: Int64 = try Self.vocabularyRow(db, name)["id"]
            // Left to itself, SQLite walks the whole vocabulary, since that is in the order of ids.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT id, token, count FROM vocabularyToken INDEXED BY vocabularyTokenByToken
                    WHERE vocabularyID = ? AND token = ? ORDER BY id
                    """)
            return try Row.fetchOne(
                statement, arguments: [id, Data(text.utf8)]
            ).map(Self.token)
        }
    }

    /// Deletes a vocabulary.
    public func deleteVocabulary(_ name: String) throws {
        try write { db in
            let id: Int64 = try Self.vocabularyRow(db, name)["id"]
            try db.execute(sql: "DELETE FROM vocabulary WHERE id = ?", arguments: [id])
        }
    }

    @discardableResult
    func saveVocabulary(_ record: VocabularyRecord, replacing: Bool) throws -> VocabularySummary {
        try Self.checkName(record.name, of: "vocabulary")
        precondition(
            record.counts == nil || record.counts?.count == record.tokens.count,
            "\(record.counts?.count ?? 0) counts for \(record.tokens.count) tokens")
        return try write { db in
            if replacing {
                try db.execute(
                    sql: "DELETE FROM vocabulary WHERE name = ?", arguments: [record.name])
            } else if try Row.fetchOne(
                db, sql: "SELECT 1 FROM vocabulary WHERE name = ?", arguments: [record.name]) != nil
            {
                throw StoreError(
                    .nameTaken(
                        what: "vocabulary", name: record.name,
                        advice: "choose another name, or ask to replace it"))
            }
            try db.execute(
                sql: """
                    INSERT INTO vocabulary (name, kind, fingerprint, tokenizer, tokenCount, corpus,
                        options, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.name, record.kind, record.fingerprint, record.tokenizer,
                    record.tokens.count, record.corpus, record.options, Self.now(),
                ])
            let id = db.lastInsertedRowID
            let insert = try db.cachedStatement(
                sql: """
                    INSERT INTO vocabularyToken (vocabularyID, id, token, count)
                    VALUES (?, ?, ?, ?)
                    """)
            for (index, token) in record.tokens.enumerated() {
                try insert.execute(arguments: [id, index, Data(token), record.counts?[index]])
            }
            return Self.vocabularySummary(try Self.vocabularyRow(db, record.name))
        }
    }

    /// The tokenizer's JSON, as it was stored.
    func tokenizerJSON(vocabulary name: String) throws -> Data {
        try read { db in try Self.vocabularyRow(db, name, columns: "tokenizer")["tokenizer"] }
    }

    /// Everything but the tokenizer, which may take megabytes.
    private static let summaryColumns =
        "id, name, kind, fingerprint, tokenCount, corpus, options, createdAt"

    private static func vocabularyRow(
        _ db: Database, _ name: String, columns: String = summaryColumns
    ) throws -> Row {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM vocabulary WHERE name = ?")
        if let row = try Row.fetchOne(statement, arguments: [name]) {
            return row
        }
        let names = try String.fetchAll(db, sql: "SELECT name FROM vocabulary ORDER BY name")
        throw StoreError(.notFound(what: "vocabulary", name: name, existing: names))
    }

    private static func vocabularySummary(_ row: Row) -> VocabularySummary {
        VocabularySummary(
            name: row["name"], kind: row["kind"], fingerprint: row["fingerprint"],
            tokenCount: row["tokenCount"], corpus: row["corpus"], options: row["options"],
            createdAt: date(row["createdAt"]))
    }

    private static func token(_ row: Row) -> VocabularyToken {
        VocabularyToken(id: row[0], bytes: Array(row[1] as Data), count: row[2])
    }
}
