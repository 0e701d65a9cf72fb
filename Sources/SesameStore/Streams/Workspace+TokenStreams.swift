import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Workspace {
    /// The tokens of a corpus's split: those kept in the workspace, or made now and kept.
    ///
    /// A stream is kept for as long as the documents' contents and order stay the same; after a
    /// change it is built anew here.
    ///
    /// - Parameters:
    ///   - corpus: The corpus.
    ///   - split: The split; nil for the whole corpus.
    ///   - fingerprint: Whatever decides the ids: the tokenizer's fingerprint, and what is put
    ///     between documents.
    ///   - vocabularySize: Ids are below it. Up to 65,536 an id takes two bytes, else four.
    ///   - progress: Called after each batch with documents done and in all; it may throw to stop.
    ///   - encode: The ids of each document of a batch (up to 512 documents or about 1 MB), in
    ///     their order. May spread its work over threads.
    /// - Throws: ``StoreError``; whatever `encode` or `progress` throws.
    public func tokenStream(
        corpus: String, split: Split?, fingerprint: String, vocabularySize: Int,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
        encode: (_ batch: [Document]) throws -> [[Int32]]
    ) throws -> TokenStream {
        precondition(vocabularySize > 0, "a vocabulary of \(vocabularySize) tokens")
        if let stream = try storedTokenStream(
            corpus: corpus, split: split, fingerprint: fingerprint)
        {
            return stream
        }
        let (corpusID, revision, contentHash, total) = try read { db in
            let row = try Self.corpusRow(db, corpus)
            let id: Int64 = row["id"]
            let total = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM document WHERE corpusID = ?" + Self.and(split),
                arguments: [id])
            return (id, row["revision"] as Int, try Self.contentHash(db, id, split), total ?? 0)
        }
        var writer = try TokenStreamWriter(
            workspace: self, corpusID: corpusID, split: split?.rawValue ?? "",
            fingerprint: fingerprint, vocabularySize: vocabularySize, contentHash: contentHash,
            revision: revision)
        do {
            let documents = try documents(corpus: corpus, split: split)
            while true {
                let batch = try documents.nextBatch()
                if batch.isEmpty { break }
                let encoded = try encode(batch)
                precondition(
                    encoded.count == batch.count,
                    "encode returned \(encoded.count) lists for \(batch.count) documents")
                for (document, ids) in zip(batch, encoded) {
                    try writer.append(ids, documentID: document.id)
                }
                try writer.flush()
                try Task.checkCancellation()
                try progress(writer.documentCount, total)
            }
            try writer.finish(corpus: corpus, corpusID: corpusID, revision: revision)
        } catch {
            writer.abandon()
            throw error
        }
        guard
            let stream = try storedTokenStream(
                corpus: corpus, split: split, fingerprint: fingerprint)
        else { throw StoreError(.changed(what: "corpus", name: corpus)) }
        return stream
    }

    /// The stream that is kept for a corpus's split, if the corpus has not changed since.
    public func storedTokenStream(
        corpus: String, split: Split?, fingerprint: String
    ) throws -> TokenStream? {
        let found = try read { db -> (stream: TokenStream, revision: Int, isOlder: Bool)? in
            let corpusRow = try Self.corpusRow(db, corpus)
            let corpusID: Int64 = corpusRow["id"]
            let revision: Int = corpusRow["revision"]
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT * FROM tokenStream
                        WHERE corpusID = ? AND split = ? AND fingerprint = ? AND owner IS NULL
                        """, arguments: [corpusID, split?.rawValue ?? "", fingerprint])
            else { return nil }
            let isOlder = (row["revision"] as Int) != revision
            if isOlder {
                // The corpus has moved on; its contents here may still be the same.
                let hash = Int64(bitPattern: try Self.contentHash(db, corpusID, split))
                guard hash == row["contentHash"] else { return nil }
            }
            let stream = TokenStream(
                corpus: corpus, split: split, fingerprint: fingerprint, count: row["tokenCount"],
                documentCount: row["documentCount"], workspace: self, id: row["id"],
                width: row["width"])
            return (stream, revision, isOlder)
        }
        guard let found else { return nil }
        if found.isOlder {
            try write { db in
                try db.execute(
                    sql: "UPDATE tokenStream SET revision = ? WHERE id = ?",
                    arguments: [found.revision, found.stream.id])
            }
        }
        return found.stream
    }

    /// The streams that the workspace keeps, of one corpus or of all.
    public func tokenStreams(corpus: String? = nil) throws -> [TokenStreamSummary] {
        try read { db in
            if let corpus { _ = try Self.corpusID(db, corpus) }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT c.name, s.split, s.fingerprint, s.tokenCount, s.documentCount, s.width
                    FROM tokenStream s JOIN corpus c ON c.id = s.corpusID
                    WHERE s.owner IS NULL AND c.owner IS NULL AND (?1 IS NULL OR c.name = ?1)
                    ORDER BY c.name, s.split, s.fingerprint
                    """, arguments: [corpus]
            ).map { row in
                TokenStreamSummary(
                    corpus: row[0], split: Split(rawValue: row[1]), fingerprint: row[2],
                    tokenCount: row[3], documentCount: row[4],
                    byteCount: (row[3] as Int) * (row[5] as Int))
            }
        }
    }

    /// Deletes a corpus's streams, which can always be built again.
    public func deleteTokenStreams(corpus: String) throws {
        try write { db in
            try db.execute(
                sql: "DELETE FROM tokenStream WHERE corpusID = ? AND owner IS NULL",
                arguments: [Self.corpusID(db, corpus)])
        }
    }
}
