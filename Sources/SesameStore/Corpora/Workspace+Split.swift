import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a corpus is divided.
public enum SplitMethod: Sendable, Hashable {
    /// Whole documents, drawn at random; the same seed draws the same ones.
    case shuffled(seed: UInt64)
    /// In order: the beginning is for training, then comes validation, and the test at the end.
    /// Fractions count characters (Unicode code points). With `cutting`, a document that lies
    /// across a boundary is cut in two right there, as nanoGPT cuts its single text; without, it
    /// goes where its first character falls.
    case contiguous(cutting: Bool)
    /// Whole documents, spread evenly: of shares of 1/5 for validation and none for the test every fifth one.
    case interleaved
}

extension Workspace {
    /// Divides a corpus anew into train, validation and test.
    ///
    /// Of n documents, `shuffled` gives n·validation and n·test, rounded, and at least one where the
    /// fraction is not zero; `contiguous` ends the training part at character ⌊n·train⌋; `interleaved` takes, of the
    /// first i documents, ⌊i·validation⌋ for validation and ⌊i·test + ½⌋ for the test. Documents
    /// that an earlier split cut are joined again first, so that a split does not depend on
    /// those before it.
    ///
    /// - Parameters:
    ///   - name: The corpus.
    ///   - validation: The fraction for validation, at least 0.
    ///   - test: The fraction for the test, at least 0; both together below 1.
    ///   - method: At random, in order or evenly.
    /// - Throws: ``StoreError`` with code `.invalidSplit` for fractions out of range or a corpus with
    ///   too few documents, `.notFound`.
    @discardableResult
    public func split(
        corpus name: String, validation: Double, test: Double = 0, method: SplitMethod
    ) throws -> CorpusSummary {
        guard validation >= 0, test >= 0, validation + test < 1 else {
            throw StoreError(
                .invalidSplit(
                    "fractions of \(validation) for validation and \(test) for the test: each must "
                        + "be at least 0, both together below 1"))
        }
        return try write { db in
            let id = try Self.corpusID(db, name)
            try Self.joinPieces(db, id)
            switch method {
            case .shuffled(let seed):
                try Self.splitShuffled(db, id, name, validation, test, seed)
            case .contiguous(let cutting):
                try Self.splitContiguous(db, id, validation, test, cutting)
            case .interleaved:
                try Self.splitInterleaved(db, id, name, validation, test)
            }
            try Self.refreshTotals(db, id)
            return try Self.summary(db, Self.corpusRow(db, name))
        }
    }

    private static func splitShuffled(
        _ db: Database, _ corpusID: Int64, _ name: String, _ validation: Double, _ test: Double,
        _ seed: UInt64
    ) throws {
        var ids = try Int64.fetchAll(
            db, sql: "SELECT id FROM document WHERE corpusID = ? ORDER BY ordinal",
            arguments: [corpusID])
        func share(_ fraction: Double) -> Int {
            fraction == 0 ? 0 : max(1, Int((Double(ids.count) * fraction).rounded()))
        }
        let validationCount = share(validation)
        let testCount = share(test)
        guard validationCount + testCount < ids.count else {
            throw tooFew(ids.count, name)
        }
        try db.execute(
            sql: "UPDATE document SET split = 'train' WHERE corpusID = ? AND split <> 'train'",
            arguments: [corpusID])
        // Fisher-Yates from the front: only as many draws as documents are wanted.
        var random = SplitMix64(state: seed)
        let assign = try db.cachedStatement(sql: "UPDATE document SET split = ? WHERE id = ?")
        for index in 0..<validationCount + testCount {
            ids.swapAt(index, index + random.next(below: ids.count - index))
            let split = index < validationCount ? Split.validation : .test
            try assign.execute(arguments: [split.rawValue, ids[index]])
        }
    }

    private static func splitContiguous(
        _ db: Database, _ corpusID: Int64, _ validation: Double, _ test: Double, _ cutting: Bool
    ) throws {
        let total =
            try Int.fetchOne(
                db, sql: "SELECT coalesce(sum(characterCount), 0) FROM document WHERE corpusID = ?",
                arguments: [corpusID]) ?? 0
        let validationStart = Int(Double(total) * (1 - validation - test))
        let testStart = test == 0 ? total : Int(Double(total) * (1 - test))

        if cutting {
            // The later cut first, so that the earlier one's positions still hold.
            for boundary in Set([validationStart, testStart]).sorted(by: >)
            where boundary > 0 && boundary < total {
                try cut(db, corpusID, atCharacter: boundary)
            }
        }
        let places = try Row.fetchAll(
            db, sql: "SELECT id, characterCount FROM document WHERE corpusID = ? ORDER BY ordinal",
            arguments: [corpusID])
        let assign = try db.cachedStatement(
            sql: "UPDATE document SET split = ?1 WHERE id = ?2 AND split <> ?1")
        var position = 0
        for row in places {
            let split: Split =
                position < validationStart ? .train : position < testStart ? .validation : .test
            try assign.execute(arguments: [split.rawValue, row[0] as Int64])
            position += row[1] as Int
        }
    }

    private static func splitInterleaved(
        _ db: Database, _ corpusID: Int64, _ name: String, _ validation: Double, _ test: Double
    ) throws {
        let ids = try Int64.fetchAll(
            db, sql: "SELECT id FROM document WHERE corpusID = ? ORDER BY ordinal",
            arguments: [corpusID])
        let assign = try db.cachedStatement(
            sql: "UPDATE document SET split = ?1 WHERE id = ?2 AND split <> ?1")
        // A little more, for products that are rounded down.
        func share(_ fraction: Double, of count: Int, from first: Double) -> Int {
            Int(fraction * Double(count) + first + 1e-9)
        }
        var counts: [Split: Int] = [:]
        for (index, id) in ids.enumerated() {
            let split: Split =
                if counts[.validation, default: 0] < share(validation, of: index + 1, from: 0) {
                    .validation
                } else if counts[.test, default: 0] < share(test, of: index + 1, from: 0.5) {
                    .test
                } else {
                    .train
                }
            counts[split, default: 0] += 1
            try assign.execute(arguments: [split.rawValue, id])
        }
        for (split, fraction) in [(Split.validation, validation), (.test, test)]
        where fraction > 0 && counts[split] == nil {
            throw Self.tooFew(ids.count, name)
        }
    }

    private static func tooFew(_ count: Int, _ name: String) -> StoreError {
        StoreError(
            .invalidSplit(
                "corpus '\(name)' has \(count) documents, too few to split them: split it "
                    + "contiguously by characters, or import it by paragraph or line"))
    }

    /// Cuts the document that holds a character of the corpus, so that one begins there.
    private static func cut(_ db: Database, _ corpusID: Int64, atCharacter boundary: Int) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT id, characterCount FROM document WHERE corpusID = ? ORDER BY ordinal",
            arguments: [corpusID])
        var position = 0
        var found: (id: Int64, characters: Int)?
        while let row = try rows.next() {
            let count: Int = row[1]
            if position == boundary { return }
            if boundary < position + count {
                found = (row[0], boundary - position)
                break
            }
            position += count
        }
        guard let found,
            let row = try Row.fetchOne(
                db, sql: Document.query + " WHERE d.id = ?", arguments: [found.id])
        else { return }
        let document = try Document(row: row)
        // A pair has no order in a running text: it goes whole to the earlier part.
        guard document.pair == nil else { return }
        let text = Array(document.text.utf8)
        let cutOffset = offset(ofCharacter: found.characters, in: text)

        // Two steps, since places are unique at every moment.
        try db.execute(
            sql: """
                UPDATE document SET ordinal = -ordinal - 2 WHERE corpusID = ? AND ordinal > ?
                """, arguments: [corpusID, document.ordinal])
        try db.execute(
            sql: "UPDATE document SET ordinal = -ordinal - 1 WHERE corpusID = ? AND ordinal < 0",
            arguments: [corpusID])
        let (head, tail) = (Array(text[..<cutOffset]), Array(text[cutOffset...]))
        let breaks = head.count { $0 == 0x0A }
        try db.execute(
            sql: """
                INSERT INTO document (corpusID, ordinal, split, label, sourceID, line, byteOffset,
                    byteCount, characterCount, hash, continuesPrevious)
                SELECT corpusID, ordinal + 1, split, label, sourceID, line + ?, byteOffset + ?, ?, ?,
                    ?, 1
                FROM document WHERE id = ?
                """,
            arguments: [
                breaks, cutOffset, tail.count, TextBridge.characterCount(tail),
                Int64(bitPattern: ContentHash.document(text: tail, pair: nil)), document.id,
            ])
        try db.execute(
            sql: "INSERT INTO documentText (documentID, text) VALUES (?, CAST(? AS TEXT))",
            arguments: [db.lastInsertedRowID, Data(tail)])
        try setText(db, documentID: document.id, head)
    }

    /// Undoes earlier cuts.
    private static func joinPieces(_ db: Database, _ corpusID: Int64) throws {
        let pieces = try Row.fetchAll(
            db,
            sql: """
                SELECT id, ordinal FROM document WHERE corpusID = ? AND continuesPrevious = 1
                ORDER BY ordinal DESC
                """, arguments: [corpusID])
        for piece in pieces {
            let ordinal: Int = piece[1]
            func text(_ ordinal: Int) throws -> (id: Int64, bytes: [UInt8])? {
                try Row.fetchOne(
                    db,
                    sql: """
                        SELECT d.id, t.text FROM document d JOIN documentText t
                            ON t.documentID = d.id
                        WHERE d.corpusID = ? AND d.ordinal = ?
                        """, arguments: [corpusID, ordinal]
                ).map { ($0[0], Array((try $0.text(at: 1) ?? "").utf8)) }
            }
            guard let head = try text(ordinal - 1), let tail = try text(ordinal) else { continue }
            try db.execute(sql: "DELETE FROM document WHERE id = ?", arguments: [tail.id])
            try db.execute(
                sql: """
                    UPDATE document SET ordinal = -ordinal WHERE corpusID = ? AND ordinal > ?
                    """, arguments: [corpusID, ordinal])
            try db.execute(
                sql: """
                    UPDATE document SET ordinal = -ordinal - 1 WHERE corpusID = ? AND ordinal < 0
                    """, arguments: [corpusID])
            try setText(db, documentID: head.id, head.bytes + tail.bytes)
        }
    }

    /// Changes a document's text and everything that is counted from it.
    private static func setText(_ db: Database, documentID: Int64, _ text: [UInt8]) throws {
        try db.execute(
            sql: "UPDATE documentText SET text = CAST(? AS TEXT) WHERE documentID = ?",
            arguments: [Data(text), documentID])
        try db.execute(
            sql: "UPDATE document SET byteCount = ?, characterCount = ?, hash = ? WHERE id = ?",
            arguments: [
                text.count, TextBridge.characterCount(text),
                Int64(bitPattern: ContentHash.document(text: text, pair: nil)), documentID,
            ])
        try db.execute(
            sql: "DELETE FROM documentSentences WHERE documentID = ?", arguments: [documentID])
    }

    private static func offset(ofCharacter index: Int, in text: [UInt8]) -> Int {
        var characters = 0
        for (offset, byte) in text.enumerated() where Int8(bitPattern: byte) >= -64 {
            if characters == index { return offset }
            characters += 1
        }
        return text.count
    }
}

/// A small generator for draws that must be the same everywhere.
///
/// Source: Guy Steele, Doug Lea, Christine Flood, Fast Splittable Pseudorandom Number Generators,
/// 2014.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 to below `bound`, each as likely as the others (Lemire's method).
    mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "a draw below \(bound)")
        let bound = UInt64(bound)
        while true {
            let product = next().multipliedFullWidth(by: bound)
            // Reject the few low parts that would favour some results.
            if product.low >= (0 &- bound) % bound { return Int(product.high) }
        }
    }
}
