import GRDB

/// Documents in order, in constant memory.
///
/// Each step may read a batch from the file; between batches no lock is held, so that a cursor may
/// stay open as long as it likes. A corpus that changes in the meantime ends it with an error of
/// code `.changed`. A cursor belongs to one thread; take one for each.
public final class DocumentCursor {
    private let workspace: Workspace
    private let corpus: String
    private let corpusID: Int64
    private let revision: Int
    private let split: Split?
    private let end: Int
    private var batch: [Document] = []
    private var position = 0
    private var nextOrdinal: Int
    private var atEnd = false

    /// A batch ends with the document that reaches either limit.
    private static let batchDocumentCount = 512
    private static let batchByteCount = 1 << 20

    init(
        workspace: Workspace, corpus: String, split: Split?, ordinals: Range<Int>
    ) throws {
        self.workspace = workspace
        self.corpus = corpus
        self.split = split
        nextOrdinal = ordinals.lowerBound
        end = ordinals.upperBound
        (corpusID, revision) = try workspace.read { db in
            let row = try Workspace.corpusRow(db, corpus)
            return (row["id"], row["revision"])
        }
    }

    /// The next document, nil at the end.
    public func next() throws -> Document? {
        if position == batch.count {
            guard !atEnd else { return nil }
            try readBatch()
            guard !batch.isEmpty else { return nil }
        }
        defer { position += 1 }
        return batch[position]
    }

    /// The next documents, for work in batches: at least one unless at the end.
    public func nextBatch() throws -> [Document] {
        if position == batch.count, !atEnd { try readBatch() }
        defer { position = batch.count }
        return Array(batch[position...])
    }

    /// Calls `body` with every document that is left.
    public func forEach(_ body: (Document) throws -> Void) throws {
        while let document = try next() { try body(document) }
    }

    private func readBatch() throws {
        batch.removeAll(keepingCapacity: true)
        position = 0
        let documents = try workspace.read { db -> [Document] in
            let current = try Int.fetchOne(
                db, sql: "SELECT revision FROM corpus WHERE id = ?", arguments: [corpusID])
            guard current == revision else {
                throw StoreError(.changed(what: "corpus", name: corpus))
            }
            let statement = try db.cachedStatement(
                sql: Document.query + " WHERE d.corpusID = ? AND d.ordinal >= ? AND d.ordinal < ?"
                    + Workspace.and(split, table: "d.") + " ORDER BY d.ordinal")
            let rows = try Row.fetchCursor(
                statement, arguments: [corpusID, nextOrdinal, end])
            var found: [Document] = []
            var byteCount = 0
            while found.count < Self.batchDocumentCount, byteCount < Self.batchByteCount,
                let row = try rows.next()
            {
                let document = try Document(row: row)
                byteCount += document.text.utf8.count + (document.pair?.utf8.count ?? 0)
                found.append(document)
            }
            return found
        }
        batch = documents
        if let last = documents.last { nextOrdinal = last.ordinal + 1 } else { atEnd = true }
    }
}

extension Document {
    /// The columns that ``init(row:)`` reads, by place.
    static let query = """
        SELECT d.id, d.ordinal, t.text, t.pair, d.label, d.split, s.ranges, f.path, d.line,
            d.byteOffset, d.hash
        FROM document d JOIN documentText t ON t.documentID = d.id
            LEFT JOIN documentSentences s ON s.documentID = d.id
            LEFT JOIN source f ON f.id = d.sourceID
        """

    init(row: Row) throws {
        let split = Split(rawValue: row[5])
        self.init(
            id: row[0], ordinal: row[1], text: try row.text(at: 2) ?? "",
            pair: try row.text(at: 3), label: try row.text(at: 4), split: split ?? .train,
            sentences: try row.ranges(at: 6), source: try row.text(at: 7), line: row[8],
            byteOffset: row[9], hash: UInt64(bitPattern: row[10] as Int64))
    }
}

extension Row {
    /// Text that may hold U+0000, which reading by C string would end at.
    func text(at index: Int) throws -> String? {
        try withUnsafeData(atIndex: index) { data in
            data.map { $0.isEmpty ? "" : String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Byte ranges packed as pairs of little-endian UInt32.
    func ranges(at index: Int) throws -> [Range<Int>]? {
        try withUnsafeData(atIndex: index) { data -> [Range<Int>]? in
            guard let data else { return nil }
            return data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> [Range<Int>] in
                func offset(_ place: Int) -> Int {
                    Int(
                        UInt32(
                            littleEndian: bytes.loadUnaligned(
                                fromByteOffset: place * 4, as: UInt32.self)))
                }
                return (0..<bytes.count / 8).map { (pair: Int) -> Range<Int> in
                    let lower = offset(pair * 2)
                    return lower..<Swift.max(lower, offset(pair * 2 + 1))
                }
            }
        }
    }
}

extension Workspace {
    /// The documents of a corpus, or of one split, in order and in constant memory.
    ///
    /// - Parameters:
    ///   - corpus: The corpus's name.
    ///   - split: Only documents of this split; nil for all.
    ///   - ordinals: The places in the corpus to stay within, from 0.
    public func documents(
        corpus: String, split: Split? = nil, ordinals: Range<Int> = 0..<Int.max
    ) throws -> DocumentCursor {
        try DocumentCursor(workspace: self, corpus: corpus, split: split, ordinals: ordinals)
    }

    /// The ids of a corpus's or split's documents, in order: eight bytes a document.
    public func documentIDs(corpus: String, split: Split? = nil) throws -> [Int64] {
        try read { db in
            let id = try Self.corpusID(db, corpus)
            return try Int64.fetchAll(
                db,
                sql: "SELECT id FROM document WHERE corpusID = ?" + Self.and(split)
                    + " ORDER BY ordinal",
                arguments: [id])
        }
    }

    /// One document by its id.
    public func document(id: Int64) throws -> Document {
        try documents(ids: [id])[0]
    }

    /// Documents by their ids, in the order of the ids; an id may occur twice.
    public func documents(ids: some Collection<Int64>) throws -> [Document] {
        try read { db in
            let statement = try db.cachedStatement(sql: Document.query + " WHERE d.id = ?")
            return try ids.map { id in
                guard let row = try Row.fetchOne(statement, arguments: [id]) else {
                    throw StoreError(.noDocument(id: id))
                }
                return try Document(row: row)
            }
        }
    }
}
