import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Builds a token stream chunk by chunk under a row that readers do not see.
struct TokenStreamWriter {
    private let workspace: Workspace
    private let vocabularySize: Int
    private let width: Int
    let id: Int64
    private var pending: [UInt8] = []
    private var pendingEnds: [UInt8] = []
    private var chunkCount = 0
    private var boundaryChunkCount = 0
    private(set) var tokenCount = 0
    private(set) var documentCount = 0

    /// - Parameter split: The split's name, empty for the whole corpus.
    init(
        workspace: Workspace, corpusID: Int64, split: String, fingerprint: String,
        vocabularySize: Int, contentHash: UInt64, revision: Int
    ) throws {
        self.workspace = workspace
        self.vocabularySize = vocabularySize
        let width = vocabularySize <= 1 << 16 ? 2 : 4
        self.width = width
        id = try workspace.write { db in
            try db.execute(
                sql: """
                    INSERT INTO tokenStream (corpusID, split, fingerprint, width, contentHash,
                        revision, createdAt, owner)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    corpusID, split, fingerprint, width, Int64(bitPattern: contentHash), revision,
                    Workspace.now(), Owner.current.text,
                ])
            return db.lastInsertedRowID
        }
    }

    mutating func append(_ ids: [Int32], documentID: Int64) throws {
        for token in ids {
            guard token >= 0, Int(token) < vocabularySize else {
                throw StoreError(
                    .tokenOutOfRange(
                        id: Int(token), vocabularySize: vocabularySize, documentID: documentID))
            }
            pending.append(UInt8(truncatingIfNeeded: token))
            pending.append(UInt8(truncatingIfNeeded: token >> 8))
            if width == 4 {
                pending.append(UInt8(truncatingIfNeeded: token >> 16))
                pending.append(UInt8(truncatingIfNeeded: token >> 24))
            }
        }
        tokenCount += ids.count
        documentCount += 1
        withUnsafeBytes(of: UInt64(tokenCount).littleEndian) {
            pendingEnds.append(contentsOf: $0)
        }
    }

    /// Writes the chunks that are full, or every one at the end; one transaction.
    mutating func flush(atEnd: Bool = false) throws {
        let chunkBytes = TokenStream.chunkIDCount * width
        let boundaryBytes = TokenStream.boundaryCount * 8
        guard atEnd || pending.count >= chunkBytes || pendingEnds.count >= boundaryBytes else {
            return
        }
        let chunks = Self.takeChunks(&pending, size: chunkBytes, all: atEnd)
        let boundaries = Self.takeChunks(&pendingEnds, size: boundaryBytes, all: atEnd)
        try workspace.write { db in
            for (index, chunk) in chunks.enumerated() {
                try db.execute(
                    sql: "INSERT INTO tokenChunk (streamID, ordinal, ids) VALUES (?, ?, ?)",
                    arguments: [id, chunkCount + index, chunk])
            }
            for (index, chunk) in boundaries.enumerated() {
                try db.execute(
                    sql: "INSERT INTO tokenBoundary (streamID, ordinal, ends) VALUES (?, ?, ?)",
                    arguments: [id, boundaryChunkCount + index, chunk])
            }
        }
        chunkCount += chunks.count
        boundaryChunkCount += boundaries.count
    }

    private static func takeChunks(_ bytes: inout [UInt8], size: Int, all: Bool) -> [Data] {
        var chunks: [Data] = []
        var start = 0
        while start + size <= bytes.count {
            chunks.append(Data(bytes[start..<start + size]))
            start += size
        }
        if all, start < bytes.count {
            chunks.append(Data(bytes[start...]))
            start = bytes.count
        }
        bytes.removeFirst(start)
        return chunks
    }

    /// Makes the stream visible in place of the one before it.
    mutating func finish(corpus: String, corpusID: Int64, revision: Int) throws {
        try flush(atEnd: true)
        try workspace.write { db in
            let current = try Int.fetchOne(
                db, sql: "SELECT revision FROM corpus WHERE id = ?", arguments: [corpusID])
            guard current == revision else {
                throw StoreError(.changed(what: "corpus", name: corpus))
            }
            try db.execute(
                sql: """
                    DELETE FROM tokenStream WHERE owner IS NULL AND (corpusID, split, fingerprint)
                        = (SELECT corpusID, split, fingerprint FROM tokenStream WHERE id = ?)
                    """, arguments: [id])
            try db.execute(
                sql: """
                    UPDATE tokenStream SET owner = NULL, tokenCount = ?, documentCount = ?
                    WHERE id = ?
                    """, arguments: [tokenCount, documentCount, id])
        }
    }

    /// Removes whatever was stored.
    func abandon() {
        // Should even this fail, the next process to open the workspace clears it away.
        try? workspace.write { db in
            try db.execute(sql: "DELETE FROM tokenStream WHERE id = ?", arguments: [id])
        }
    }
}
