import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The tokens of a corpus's split, one document after the other, kept in the workspace.
///
/// Ids are packed little-endian in two bytes each, or four for vocabularies above 65,536, in chunks
/// of 65,536 ids; any range is read by the chunks it touches. A value of this type may be used from
/// any thread, and stays good until the stream is built anew or deleted.
public struct TokenStream: Sendable {
    /// The corpus.
    public let corpus: String
    /// The split; nil for the whole corpus.
    public let split: Split?
    /// What made the ids: the tokenizer's fingerprint, and anything else that its caller added.
    public let fingerprint: String
    /// How many ids there are.
    public let count: Int
    /// How many documents there are, those without any token included.
    public let documentCount: Int

    let workspace: Workspace
    let id: Int64
    let width: Int

    /// Ids in a chunk: 128 KB in two bytes each, a few dozen SQLite pages.
    static let chunkIDCount = 65_536
    /// Document ends in a chunk of boundaries.
    static let boundaryCount = 8192

    /// All ids, four bytes each in memory.
    public func ids() throws -> [Int32] { try ids(in: 0..<count) }

    /// A range of ids.
    ///
    /// - Parameter range: Places in the stream, within `0..<count`.
    /// - Throws: ``StoreError`` with code `.changed` if the stream is no longer there.
    public func ids(in range: Range<Int>) throws -> [Int32] {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count,
            "range \(range) of a token stream of \(count)")
        return try [Int32](unsafeUninitializedCapacity: range.count) { buffer, initializedCount in
            initializedCount = 0
            guard !range.isEmpty else { return }
            try workspace.read { db in
                let firstChunk = range.lowerBound / Self.chunkIDCount
                let lastChunk = (range.upperBound - 1) / Self.chunkIDCount
                let statement = try db.cachedStatement(
                    sql: """
                        SELECT ordinal, ids FROM tokenChunk
                        WHERE streamID = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal
                        """)
                let rows = try Row.fetchCursor(statement, arguments: [id, firstChunk, lastChunk])
                while let row = try rows.next() {
                    let start = (row[0] as Int) * Self.chunkIDCount
                    let wanted = range.clamped(to: start..<start + Self.chunkIDCount)
                    try row.withUnsafeData(atIndex: 1) { data in
                        data?.withUnsafeBytes { bytes in
                            Self.unpack(
                                bytes, width: width,
                                from: wanted.lowerBound - start, count: wanted.count,
                                to: buffer, at: &initializedCount)
                        }
                    }
                }
            }
            guard initializedCount == range.count else {
                throw StoreError(.changed(what: "token stream of corpus", name: corpus))
            }
        }
    }

    /// Where each document ends: document i holds the ids from `ends[i - 1]` (or 0) to `ends[i]`.
    /// Documents are those of ``Workspace/documentIDs(corpus:split:)``, in that order.
    public func documentEnds() throws -> [Int] {
        var ends: [Int] = []
        ends.reserveCapacity(documentCount)
        try workspace.read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT ends FROM tokenBoundary WHERE streamID = ? ORDER BY ordinal",
                arguments: [id])
            while let row = try rows.next() {
                try row.withUnsafeData(atIndex: 0) { data in
                    data?.withUnsafeBytes { bytes in
                        for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                            ends.append(
                                Int(
                                    UInt64(
                                        littleEndian: bytes.loadUnaligned(
                                            fromByteOffset: offset, as: UInt64.self))))
                        }
                    }
                }
            }
        }
        guard ends.count == documentCount else {
            throw StoreError(.changed(what: "token stream of corpus", name: corpus))
        }
        return ends
    }

    private static func unpack(
        _ bytes: UnsafeRawBufferPointer, width: Int, from: Int, count: Int,
        to buffer: UnsafeMutableBufferPointer<Int32>, at position: inout Int
    ) {
        // A chunk that is shorter than it should be is noticed by the caller's count.
        let available = max(0, min(count, bytes.count / width - from, buffer.count - position))
        if width == 2 {
            for index in 0..<available {
                let id = UInt16(
                    littleEndian: bytes.loadUnaligned(
                        fromByteOffset: (from + index) * 2, as: UInt16.self))
                buffer.initializeElement(at: position + index, to: Int32(id))
            }
        } else {
            for index in 0..<available {
                let id = UInt32(
                    littleEndian: bytes.loadUnaligned(
                        fromByteOffset: (from + index) * 4, as: UInt32.self))
                buffer.initializeElement(at: position + index, to: Int32(bitPattern: id))
            }
        }
        position += available
    }
}

/// A tokenized stream in a line.
public struct TokenStreamSummary: Sendable, Hashable, Codable {
    /// The corpus.
    public let corpus: String
    /// The split; nil for the whole corpus.
    public let split: Split?
    /// What made the ids.
    public let fingerprint: String
    /// How many ids there are.
    public let tokenCount: Int
    /// How many documents there are.
    public let documentCount: Int
    /// The space that the ids take, in bytes.
    public let byteCount: Int
}
