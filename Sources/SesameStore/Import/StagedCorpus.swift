import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A document ready to be stored.
struct PreparedDocument {
    var text: [UInt8]
    var pair: [UInt8]?
    var label: [UInt8]?
    var split: Split
    var line: Int
    var byteOffset: Int
    var characterCount: Int
    var hash: UInt64
    var sentences: [Range<Int>]?
    var wasRepaired: Bool

    var byteCount: Int { text.count + (pair?.count ?? 0) }
}

/// A corpus while it is imported: it grows by one transaction a batch under a row that readers do
/// not see, and appears, replaces or joins the corpus of its name in one last transaction.
struct StagedCorpus {
    let workspace: Workspace
    let name: String
    let options: ImportOptions
    let id: Int64
    /// The corpus that documents are to be added to.
    private let target: Int64?
    private(set) var documentCount = 0
    private(set) var emptyCount = 0

    init(workspace: Workspace, name: String, format: String, options: ImportOptions) throws {
        self.workspace = workspace
        self.name = name
        self.options = options
        (id, target) = try workspace.write { db in
            let existing = try Workspace.existingCorpusID(db, name)
            if existing != nil, options.existing == .fail { throw Self.nameTaken(name) }
            let now = Workspace.now()
            try db.execute(
                sql: """
                    INSERT INTO corpus (name, format, createdAt, updatedAt, owner)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [name, format, now, now, Owner.current.text])
            return (
                db.lastInsertedRowID, options.existing == .append ? existing : nil
            )
        }
    }

    private static func nameTaken(_ name: String) -> StoreError {
        StoreError(
            .nameTaken(
                what: "corpus", name: name,
                advice: "import under another name, or ask to replace it or to append to it"))
    }

    /// Records a file, to which the next documents belong.
    func beginSource(path: String) throws -> Int64 {
        try workspace.write { db in
            try db.execute(
                sql: "INSERT INTO source (corpusID, path) VALUES (?, ?)", arguments: [id, path])
            return db.lastInsertedRowID
        }
    }

    /// Stores one batch in one transaction, and what the file has come to.
    mutating func add(
        _ batch: [PreparedDocument], sourceID: Int64, byteCount: Int, emptyCount: Int,
        repairedCount: Int
    ) throws {
        let (stored, dropped) = try workspace.write { db in
            let insertDocument = try db.cachedStatement(
                sql: """
                    INSERT INTO document (corpusID, ordinal, split, label, sourceID, line,
                        byteOffset, byteCount, characterCount, hash)
                    VALUES (?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?)
                    """)
            // Text is bound as bytes: a C string would end at the first U+0000.
            let insertText = try db.cachedStatement(
                sql: """
                    INSERT INTO documentText (documentID, text, pair)
                    VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT))
                    """)
            var stored = 0
            var dropped = 0
            var repairedDocuments = 0
            for document in batch {
                let text = Data(document.text)
                let pair = document.pair.map { Data($0) }
                if options.dropsDuplicates,
                    try isStored(db, hash: document.hash, text: text, pair: pair)
                {
                    dropped += 1
                    continue
                }
                let signedHash = Int64(bitPattern: document.hash)
                try insertDocument.execute(arguments: [
                    id, documentCount + stored, document.split.rawValue,
                    document.label.map { Data($0) }, sourceID, document.line,
                    document.byteOffset, document.byteCount, document.characterCount, signedHash,
                ])
                let documentID = db.lastInsertedRowID
                try insertText.execute(arguments: [documentID, text, pair])
                if let sentences = document.sentences {
                    try Self.insertSentences(db, documentID: documentID, sentences)
                }
                stored += 1
                if document.wasRepaired { repairedDocuments += 1 }
            }
            try db.execute(
                sql: """
                    UPDATE source SET byteCount = ?, emptyCount = emptyCount + ?,
                        repairedCount = repairedCount + ?,
                        repairedDocumentCount = repairedDocumentCount + ?,
                        droppedCount = droppedCount + ?
                    WHERE id = ?
                    """,
                arguments: [
                    byteCount, emptyCount, repairedCount, repairedDocuments, dropped, sourceID,
                ])
            try db.execute(
                sql: "UPDATE corpus SET updatedAt = ? WHERE id = ?",
                arguments: [Workspace.now(), id])
            return (stored, dropped)
        }
        _ = dropped
        documentCount += stored
        self.emptyCount += emptyCount
    }

    /// Whether the same text is in this import or in the corpus that it is added to.
    private func isStored(_ db: Database, hash: UInt64, text: Data, pair: Data?) throws -> Bool {
        let find = try db.cachedStatement(
            sql: """
                SELECT 1 FROM document d JOIN documentText t ON t.documentID = d.id
                WHERE d.corpusID IN (?, ?) AND d.hash = ? AND t.text = CAST(? AS TEXT)
                    AND t.pair IS CAST(? AS TEXT) LIMIT 1
                """)
        return try Int.fetchOne(
            find, arguments: [id, target ?? id, Int64(bitPattern: hash), text, pair]) != nil
    }

    static func insertSentences(
        _ db: Database, documentID: Int64, _ sentences: [Range<Int>]
    ) throws {
        var packed = Data(capacity: sentences.count * 8)
        for range in sentences {
            for offset in [range.lowerBound, range.upperBound] {
                withUnsafeBytes(of: UInt32(offset).littleEndian) { packed.append(contentsOf: $0) }
            }
        }
        try db.cachedStatement(
            sql: "INSERT INTO documentSentences (documentID, count, ranges) VALUES (?, ?, ?)"
        ).execute(arguments: [documentID, sentences.count, packed])
    }

    /// Makes the corpus visible under its name.
    func finish(sources: [String]) throws -> CorpusSummary {
        guard documentCount > 0 else {
            throw StoreError(.emptyCorpus(name: name, sources: sources, skipped: emptyCount))
        }
        return try workspace.write { db in
            let existing = try Workspace.existingCorpusID(db, name)
            var finished = id
            switch options.existing {
            case .append where existing != nil:
                guard let existing else { break }
                guard existing == target else {
                    throw StoreError(.changed(what: "corpus", name: name))
                }
                finished = existing
                let offset =
                    try Int.fetchOne(
                        db, sql: "SELECT max(ordinal) + 1 FROM document WHERE corpusID = ?",
                        arguments: [existing]) ?? 0
                try db.execute(
                    sql: """
                        UPDATE document SET corpusID = ?, ordinal = ordinal + ? WHERE corpusID = ?
                        """, arguments: [existing, offset, id])
                try db.execute(
                    sql: "UPDATE source SET corpusID = ? WHERE corpusID = ?",
                    arguments: [existing, id])
                try db.execute(sql: "DELETE FROM corpus WHERE id = ?", arguments: [id])
            case .replace where existing != nil:
                try db.execute(sql: "DELETE FROM corpus WHERE id = ?", arguments: [existing])
            case .fail where existing != nil:
                throw Self.nameTaken(name)
            default:
                break
            }
            try db.execute(
                sql: "UPDATE corpus SET owner = NULL WHERE id = ?", arguments: [finished])
            try Workspace.refreshTotals(db, finished)
            return try Workspace.summary(db, Workspace.corpusRow(db, name))
        }
    }

    /// Removes whatever was stored.
    func abandon() {
        // Should even this fail, the next process to open the workspace clears it away.
        try? workspace.write { db in
            try db.execute(sql: "DELETE FROM corpus WHERE id = ?", arguments: [id])
        }
    }
}
