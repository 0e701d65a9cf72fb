import Foundation
import GRDB
import SesameStore

/// A folder that goes away with the test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "sesame-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a file and returns its path; folders on the way are made.
    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file.path
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    func workspace(_ name: String = "w.sqlite") throws -> Workspace {
        try Workspace(path: path(name))
    }
}

extension Workspace {
    /// All documents of a corpus or split at once.
    func all(_ corpus: String, _ split: Split? = nil) throws -> [Document] {
        let cursor = try documents(corpus: corpus, split: split)
        var found: [Document] = []
        try cursor.forEach { found.append($0) }
        return found
    }

    func texts(_ corpus: String, _ split: Split? = nil) throws -> [String] {
        try all(corpus, split).map(\.text)
    }
}

/// The code and message of the error that `body` throws.
func failure(_ body: () throws -> Void) -> (code: StoreError.Code?, message: String) {
    do {
        try body()
        return (nil, "no error")
    } catch let error as StoreError {
        return (error.code, error.description)
    } catch {
        return (nil, "\(error)")
    }
}

extension Workspace {
    func rowCount(_ table: String) throws -> Int {
        try databasePool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? -1
        }
    }
}
