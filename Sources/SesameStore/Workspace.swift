import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One SQLite file that holds corpora, vocabularies, tokenized streams and the record of runs.
///
/// A workspace may be used from any number of threads, and the same file from several processes:
/// readers never wait, writers take turns. Whoever waits longer than the busy timeout gets a
/// ``StoreError`` with code `.locked`.
///
///     let workspace = try Workspace(path: "sesame.sqlite")
///     try workspace.importCorpus(name: "novels", from: CorpusSource(paths: ["novels/"]))
///     let documents = try workspace.documents(corpus: "novels", split: .train)
///     while let document = try documents.next() { print(document.text.count) }
public final class Workspace: Sendable {
    /// What to do about a file that exists or does not.
    public enum Mode: Sendable {
        /// Opens the file, which must be a workspace.
        case open
        /// Creates the file, which must not exist.
        case create
        /// Opens the file, or creates it where there is none.
        case openOrCreate
    }

    /// The file's path.
    public let path: String

    /// How long a call waits for another process's lock, in seconds.
    public let busyTimeoutSeconds: Double

    package let databasePool: DatabasePool

    /// Opens or creates a workspace, and brings an older schema up to date.
    ///
    /// - Parameters:
    ///   - path: The SQLite file. Its folder must exist.
    ///   - mode: What to do about a file that exists or does not.
    ///   - busyTimeoutSeconds: How long a call waits for another process's lock, in seconds.
    /// - Throws: ``StoreError`` with code `.noWorkspace`, `.workspaceExists`, `.notAWorkspace`,
    ///   `.newerSchema`, `.locked`, `.damaged` or `.notWritable`. A file that is refused is not
    ///   touched.
    public init(
        path: String, mode: Mode = .openOrCreate, busyTimeoutSeconds: Double = 10
    ) throws {
        self.path = path
        self.busyTimeoutSeconds = busyTimeoutSeconds

        let exists =
            switch Platform.kind(of: path) {
            case .missing: false
            case .regular: true
            case .folder:
                throw StoreError(.notAWorkspace(path: path, found: "a folder"))
            case .other:
                throw StoreError(.notAWorkspace(path: path, found: "no regular file"))
            }
        if exists, mode == .create { throw StoreError(.workspaceExists(path: path)) }
        if !exists, mode == .open { throw StoreError(.noWorkspace(path: path)) }

        var configuration = Configuration()
        configuration.label = "Sesame workspace"
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            // 16 MB of pages a connection: an import touches five indexes at once.
            try db.execute(sql: "PRAGMA cache_size = -16000")
            // Debian's SQLite overwrites what is deleted, which doubles the time of a replacement.
            try db.execute(sql: "PRAGMA secure_delete = FAST")
        }
        do {
            if exists { try Self.inspect(path: path, configuration: configuration) }
            databasePool = try Self.openPool(
                path: path, configuration: configuration, timeoutSeconds: busyTimeoutSeconds)
        } catch let error as DatabaseError {
            throw Self.translated(error, path: path, seconds: busyTimeoutSeconds)
        }
        try clear(abandonedRows())
    }

    /// Opens or creates a workspace at a file URL; see ``init(path:mode:busyTimeoutSeconds:)``.
    public convenience init(
        url: URL, mode: Mode = .openOrCreate, busyTimeoutSeconds: Double = 10
    ) throws {
        try self.init(path: url.path, mode: mode, busyTimeoutSeconds: busyTimeoutSeconds)
    }

    /// Closes the file. Any later call throws; a workspace also closes when it is released.
    public func close() throws {
        try translating { try databasePool.close() }
    }

    /// Looks for damage: SQLite's own integrity check, dangling references, and documents whose
    /// text no longer has the hash it was stored with.
    ///
    /// - Returns: One line a problem; empty when all is well.
    /// - Complexity: Reads the whole file.
    public func check() throws -> [String] {
        var problems = try read { db in
            var found = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
            found.removeAll { $0 == "ok" }
            for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
                let table: String = row[0]
                let parent: String = row[2]
                found.append("a row of \(table) refers to a \(parent) that is not there")
            }
            return found
        }
        for corpus in try corpora() {
            let documents = try documents(corpus: corpus.name)
            var count = 0
            while let document = try documents.next() {
                count += 1
                let hash = ContentHash.document(
                    text: Array(document.text.utf8), pair: document.pair.map { Array($0.utf8) })
                if hash != document.hash {
                    problems.append(
                        "document \(document.ordinal) of corpus '\(corpus.name)' differs from "
                            + "its hash")
                }
            }
            if count != corpus.documentCount {
                problems.append(
                    "corpus '\(corpus.name)' has \(count) documents, its record says "
                        + "\(corpus.documentCount)")
            }
        }
        return problems
    }
}

// MARK: - Opening

extension Workspace {
    /// Refuses a file that is no workspace or too new, without writing to it.
    private static func inspect(path: String, configuration: Configuration) throws {
        var readOnly = configuration
        readOnly.readonly = true
        let (applicationID, version, tableCount): (Int, Int, Int)
        do {
            let queue = try DatabaseQueue(path: path, configuration: readOnly)
            (applicationID, version, tableCount) = try queue.read { db in
                (
                    try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                    try Int.fetchOne(
                        db,
                        sql: """
                            SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'
                            """) ?? 0
                )
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            throw StoreError(.notAWorkspace(path: path, found: "no SQLite database"))
        }
        // A database without tables (but for the migrator's) is an empty file, or one that another
        // process is creating at this moment.
        if applicationID == 0, version == 0, tableCount == 0 { return }
        guard applicationID == Schema.applicationID else {
            throw StoreError(
                .notAWorkspace(
                    path: path, found: "a SQLite database with application_id \(applicationID)"))
        }
        guard version <= Schema.version else {
            throw StoreError(
                .newerSchema(path: path, found: version, supported: Schema.version))
        }
    }

    /// Opens the pool and migrates.
    ///
    /// When several processes create one file at the same moment, SQLite refuses the change to WAL
    /// mode without waiting, and all but one may find the tables made already. Whoever fails looks
    /// again until the busy timeout is over.
    private static func openPool(
        path: String, configuration: Configuration, timeoutSeconds: Double
    ) throws -> DatabasePool {
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        while true {
            do {
                let pool = try DatabasePool(path: path, configuration: configuration)
                try Schema.migrator.migrate(pool)
                return pool
            } catch let error as DatabaseError
                where [.SQLITE_BUSY, .SQLITE_ERROR].contains(error.resultCode)
                && ContinuousClock.now < deadline
            {
                Platform.pause(milliseconds: 20)
            }
        }
    }
}

// MARK: - Access

extension Workspace {
    /// Reads in one snapshot. Never call back into the caller's code from `body`.
    func read<T>(_ body: (Database) throws -> T) throws -> T {
        try translating { try databasePool.read(body) }
    }

    /// Writes in one transaction.
    func write<T>(_ body: (Database) throws -> T) throws -> T {
        try translating { try databasePool.write(body) }
    }

    func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw Self.translated(error, path: path, seconds: busyTimeoutSeconds)
        }
    }

    private static func translated(
        _ error: DatabaseError, path: String, seconds: Double
    ) -> StoreError {
        let message = error.message ?? "no message"
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            StoreError(.locked(path: path, seconds: seconds))
        case .SQLITE_CORRUPT: StoreError(.damaged(path: path, reason: message))
        case .SQLITE_NOTADB: StoreError(.notAWorkspace(path: path, found: "no SQLite database"))
        case .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM:
            StoreError(.notWritable(path: path, reason: message))
        default:
            StoreError(
                .database(
                    path: path, code: Int(error.extendedResultCode.rawValue), message: message))
        }
    }

    /// Milliseconds since 1970, the unit of every time in a workspace.
    static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// Refuses names that would be trouble on a command line or in a file name's place.
    static func checkName(_ name: String, of what: String) throws {
        let scalars = name.unicodeScalars
        let hasControl = scalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        guard !name.isEmpty, name.utf8.count <= 200, !hasControl,
            scalars.first != " ", scalars.last != " "
        else { throw StoreError(.invalidName(what: what, name: name)) }
    }
}
