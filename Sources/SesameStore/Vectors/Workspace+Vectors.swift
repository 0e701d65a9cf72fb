import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A matrix that a model has computed of a document, such as a vector for each of its words.
public struct DocumentVectors: Sendable, Hashable {
    /// Rows of the matrix.
    public let rows: Int
    /// The size of a row.
    public let columns: Int
    /// The numbers, row by row.
    public let scalars: [Float]

    /// A matrix of the given numbers.
    public init(_ scalars: [Float], rows: Int, columns: Int) {
        precondition(
            rows >= 0 && columns >= 0 && scalars.count == rows * columns,
            "\(rows) × \(columns) numbers are not \(scalars.count)")
        self.rows = rows
        self.columns = columns
        self.scalars = scalars
    }
}

extension Workspace {
    /// Keeps what a model has computed of documents, in one transaction; earlier vectors of the same model are replaced.
    ///
    /// - Parameters:
    ///   - vectors: Documents as they were read, and their matrices. Documents that are gone or have changed since
    ///     are left out.
    ///   - model: Identifies the model and all else that decides the numbers.
    public func saveVectors(
        _ vectors: [(document: Document, vectors: DocumentVectors)], model: String
    ) throws {
        try write { db in
            for (document, matrix) in vectors {
                var bytes = Data(capacity: matrix.scalars.count * 4)
                for value in matrix.scalars {
                    withUnsafeBytes(of: value.bitPattern.littleEndian) {
                        bytes.append(contentsOf: $0)
                    }
                }
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO documentVectors
                            (documentID, model, hash, rows, columns, vectors)
                        SELECT id, ?, hash, ?, ?, ? FROM document WHERE id = ? AND hash = ?
                        """,
                    arguments: [
                        model, matrix.rows, matrix.columns, bytes, document.id,
                        Int64(bitPattern: document.hash),
                    ])
            }
        }
    }

    /// What a model has computed of documents, where it is kept and the document has not changed since.
    ///
    /// - Returns: By the documents' ids.
    /// - Throws: ``StoreError`` with code `.damaged` where a matrix has not as many numbers as it says.
    public func vectors(of documents: [Document], model: String) throws -> [Int64: DocumentVectors]
    {
        try read { db in
            var result: [Int64: DocumentVectors] = [:]
            for document in documents {
                guard
                    let row = try Row.fetchOne(
                        db.cachedStatement(
                            sql: """
                                SELECT rows, columns, vectors FROM documentVectors
                                WHERE documentID = ? AND model = ? AND hash = ?
                                """),
                        arguments: [document.id, model, Int64(bitPattern: document.hash)])
                else { continue }
                let (rows, columns, bytes) = (row[0] as Int, row[1] as Int, row[2] as Data)
                let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
                guard rows >= 0, columns >= 0, !overflow, bytes.count / 4 == count,
                    bytes.count % 4 == 0
                else {
                    throw StoreError(
                        .damaged(
                            path: path,
                            reason: "the vectors of document \(document.id) have \(bytes.count) "
                                + "bytes, expected \(rows) × \(columns) numbers"))
                }
                let scalars = bytes.withUnsafeBytes { bytes in
                    (0..<count).map {
                        Float(
                            bitPattern: UInt32(
                                littleEndian: bytes.loadUnaligned(
                                    fromByteOffset: 4 * $0, as: UInt32.self)))
                    }
                }
                result[document.id] = DocumentVectors(scalars, rows: rows, columns: columns)
            }
            return result
        }
    }

    /// How many documents of a corpus a model's vectors are kept of.
    public func vectorCount(corpus: String, model: String) throws -> Int {
        try read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM documentVectors v JOIN document d ON d.id = v.documentID
                    WHERE d.corpusID = ? AND v.model = ? AND v.hash = d.hash
                    """, arguments: [Self.corpusID(db, corpus), model]) ?? 0
        }
    }

    /// Deletes all vectors of a corpus's documents, which can be computed again.
    public func deleteVectors(corpus: String) throws {
        try write { db in
            try db.execute(
                sql: """
                    DELETE FROM documentVectors WHERE documentID IN (
                        SELECT id FROM document WHERE corpusID = ?)
                    """, arguments: [Self.corpusID(db, corpus)])
        }
    }
}
