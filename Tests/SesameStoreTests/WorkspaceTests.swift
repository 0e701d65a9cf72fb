import Foundation
import GRDB
import SesameStore
import Testing

@Suite struct WorkspaceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func createsAndOpens() throws {
        let path = folder.path("w.sqlite")
        #expect(failure { _ = try Workspace(path: path, mode: .open) }.code == .noWorkspace)
        #expect(!FileManager.default.fileExists(atPath: path))
        do {
            let workspace = try Workspace(path: path, mode: .create)
            try workspace.importCorpus(name: "c", documents: [NewDocument("x")])
            try workspace.close()
        }
        #expect(failure { _ = try Workspace(path: path, mode: .create) }.code == .workspaceExists)
        let workspace = try Workspace(url: URL(fileURLWithPath: path), mode: .open)
        #expect(try workspace.texts("c") == ["x"])
        #expect(try workspace.check() == [])
        let pragmas = try workspace.databasePool.read { db in
            try ["application_id", "user_version", "foreign_keys"].map {
                try Int.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(pragmas == [0x5365_736D, 3, 1])
        #expect(
            try workspace.databasePool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
                == "wal")
    }

    @Test func emptyFileBecomesAWorkspace() throws {
        let path = try folder.write("w.sqlite", "")
        #expect(try Workspace(path: path).corpora().isEmpty)
    }

    @Test func manyCreateOneFileAtOnce() async throws {
        let path = folder.path("w.sqlite")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let workspace = try Workspace(path: path)
                    try workspace.importCorpus(name: "c\(index)", documents: [NewDocument("x")])
                }
            }
            try await group.waitForAll()
        }
        #expect(try Workspace(path: path).corpora().count == 8)
    }

    @Test func refusesWhatIsNoWorkspace() throws {
        let text = try folder.write("notes.txt", String(repeating: "not a database. ", count: 100))
        let foreign = folder.path("other.sqlite")
        try DatabaseQueue(path: foreign).write { try $0.execute(sql: "CREATE TABLE t(x)") }
        for path in [text, foreign, folder.url.path] {
            let before = FileManager.default.contents(atPath: path)
            let error = failure { _ = try Workspace(path: path) }
            #expect(error.code == .notAWorkspace)
            #expect(error.message.contains(path))
            #expect(FileManager.default.contents(atPath: path) == before)
        }
        let nowhere = failure { _ = try Workspace(path: folder.path("no/such/folder/w.sqlite")) }
        #expect(nowhere.code == .notWritable)
    }

    @Test func refusesANewerSchema() throws {
        let path = folder.path("w.sqlite")
        do {
            let workspace = try Workspace(path: path)
            try workspace.databasePool.write { try $0.execute(sql: "PRAGMA user_version = 9") }
            try workspace.close()
        }
        let error = failure { _ = try Workspace(path: path) }
        #expect(error.code == .newerSchema)
        #expect(error.message.contains("version 9, this version of Sesame knows 3"))
    }

    @Test func upgradesAFileOfTheFirstSchema() throws {
        let path = folder.path("old.sqlite")
        do {
            let queue = try DatabaseQueue(path: path)
            try queue.writeWithoutTransaction { try $0.execute(sql: SchemaVersion1.script) }
            try queue.close()
        }
        let workspace = try Workspace(path: path, mode: .open)
        #expect(try workspace.corpora().map(\.name) == ["greetings"])
        #expect(try workspace.texts("greetings") == ["Hello there."])
        #expect(try workspace.vocabularies().map(\.fingerprint) == ["f00d"])
        let run = try workspace.run(id: 7)
        #expect(run.lastMetrics.map(\.value) == [2.5])
        #expect(try workspace.samples(run: 7).map(\.text) == ["llo"])
        #expect(try workspace.artifacts(run: 7).isEmpty)
        let again = try workspace.resumeRun(id: 7, afterStep: 10)
        try again.attach(name: "note", json: Data(#""kept""#.utf8))
        #expect(try workspace.artifacts(run: 7).map(\.name) == ["note"])

        // The upgraded file has exactly the tables of a new one.
        func schema(_ workspace: Workspace) throws -> [String] {
            try workspace.databasePool.read { db in
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
                        WHERE name NOT LIKE '%grdb%' ORDER BY type, name
                        """)
            } + [
                "\(try workspace.databasePool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? -1 })"
            ]
        }
        #expect(try schema(workspace) == schema(folder.workspace("new.sqlite")))
    }

    @Test func locksEndInAnError() throws {
        let path = folder.path("w.sqlite")
        let workspace = try Workspace(path: path, busyTimeoutSeconds: 0.1)
        let other = try DatabaseQueue(path: path)
        try other.inDatabase { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let error = failure {
                try workspace.importCorpus(name: "c", documents: [NewDocument("x")])
            }
            #expect(error.code == .locked)
            #expect(error.message.contains("0.1 s"))
            // Readers go on.
            #expect(try workspace.corpora().isEmpty)
            try db.execute(sql: "ROLLBACK")
        }
        try workspace.importCorpus(name: "c", documents: [NewDocument("x")])
        #expect(try workspace.texts("c") == ["x"])
    }

    @Test func clearsWhatGoneProcessesLeft() throws {
        let path = folder.path("w.sqlite")
        let first = try Workspace(path: path)
        let running = try first.createRun(kind: "mine", configuration: "{}")
        try first.importCorpus(name: "kept", documents: [NewDocument("x")])
        // No process has this id; the second one is on a machine that cannot be asked, and recent.
        let host = ProcessInfo.processInfo.hostName
        let name = Owner.current.host
        #expect(!host.isEmpty)
        try first.databasePool.write { db in
            for (id, owner) in [(100, "\(name) 2147483646 t"), (101, "elsewhere 1 t")] {
                try db.execute(
                    sql: """
                        INSERT INTO corpus (id, name, format, createdAt, updatedAt, owner)
                        VALUES (?, 'kept', 'text', 0, ?, ?)
                        """, arguments: [id, Int64(Date().timeIntervalSince1970 * 1000), owner])
                try db.execute(
                    sql: """
                        INSERT INTO document (corpusID, ordinal, split, line, byteOffset, byteCount,
                            characterCount, hash) VALUES (?, 0, 'train', 1, 0, 1, 1, 0)
                        """, arguments: [id])
            }
            try db.execute(
                sql: """
                    INSERT INTO run (id, kind, status, configuration, startedAt, updatedAt, owner)
                    VALUES (50, 'lost', 'running', '{}', 0, 5000, ?)
                    """, arguments: ["\(name) 2147483646 t"])
        }
        #expect(try first.corpora().map(\.name) == ["kept"])
        let second = try Workspace(path: path)
        #expect(try second.rowCount("corpus") == 2)
        #expect(try second.rowCount("document") == 2)
        let lost = try second.run(id: 50)
        #expect(lost.status == .interrupted)
        #expect(lost.finishedAt == Date(timeIntervalSince1970: 5))
        #expect(try second.run(id: running.id).status == .running)
    }

    /// A process that ends its work and itself after its rows were read leaves nothing to clear.
    @Test func whatWasFinishedMeanwhileStays() throws {
        let workspace = try Workspace(path: folder.path("w.sqlite"))
        let gone = "\(Owner.current.host) 2147483646 t"
        try workspace.databasePool.write { db in
            for (id, name) in [(100, "finished"), (101, "lost")] {
                try db.execute(
                    sql: """
                        INSERT INTO corpus (id, name, format, createdAt, updatedAt, owner)
                        VALUES (?, ?, 'text', 0, 0, ?)
                        """, arguments: [id, name, gone])
            }
            for id in [50, 51] {
                try db.execute(
                    sql: """
                        INSERT INTO run (id, kind, status, configuration, startedAt, updatedAt, owner)
                        VALUES (?, 'train', 'running', '{}', 0, 5000, ?)
                        """, arguments: [id, gone])
            }
        }
        let rows = try workspace.abandonedRows()
        try workspace.databasePool.write { db in
            try db.execute(sql: "UPDATE corpus SET owner = NULL WHERE id = 100")
            // Resumed by a process that is there.
            try db.execute(
                sql: "UPDATE run SET owner = ? WHERE id = 50", arguments: [Owner.current.text])
        }
        try workspace.clear(rows)
        #expect(try workspace.corpora().map(\.name) == ["finished"])
        #expect(try workspace.rowCount("corpus") == 1)
        #expect(try workspace.run(id: 50).status == .running)
        #expect(try workspace.run(id: 51).status == .interrupted)
    }

    @Test func owners() {
        let now: Int64 = 1_000_000_000_000
        let mine = Owner.current
        func isGone(_ text: String, age: Int64 = 0) -> Bool {
            Owner.isGone(text, sinceMilliseconds: now - age, now: now)
        }
        #expect(!isGone(mine.text))
        // The same id in an earlier life of a container.
        #expect(isGone("\(mine.host) \(mine.processID) other"))
        #expect(isGone("\(mine.host) 2147483646 t"))
        #expect(!isGone("elsewhere 1 t"))
        #expect(isGone("elsewhere 1 t", age: 8 * 86_400_000))
        #expect(isGone("nonsense"))
    }

    #if os(Linux)
        @Test func deadButNotCollectedIsGone() throws {
            // A child that has ended and that nobody has waited for.
            var child: pid_t = 0
            let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
            defer { free(arguments[0]) }
            try #require(posix_spawnp(&child, "true", nil, nil, arguments, environ) == 0)
            let text = "\(Owner.current.host) \(child) t"
            var tries = 0
            while !Owner.isGone(text, sinceMilliseconds: 0, now: 0), tries < 500 {
                usleep(10_000)
                tries += 1
            }
            #expect(Owner.isGone(text, sinceMilliseconds: 0, now: 0))
            #expect(kill(child, 0) == 0)
            var status: Int32 = 0
            #expect(waitpid(child, &status, 0) == child)
        }
    #endif

    @Test func checkFindsDamage() throws {
        let workspace = try folder.workspace()
        try workspace.importCorpus(name: "c", documents: [NewDocument("one"), NewDocument("two")])
        try workspace.databasePool.write { db in
            try db.execute(sql: "UPDATE documentText SET text = 'tow' WHERE text = 'two'")
            try db.execute(sql: "UPDATE corpus SET documentCount = 3")
        }
        #expect(
            try workspace.check() == [
                "document 1 of corpus 'c' differs from its hash",
                "corpus 'c' has 2 documents, its record says 3",
            ])
    }

    @Test func manyThreadsAndTwoConnections() async throws {
        let path = folder.path("w.sqlite")
        let workspaces = [try Workspace(path: path), try Workspace(path: path)]
        try workspaces[0].importCorpus(
            name: "c", documents: (0..<3000).map { NewDocument("document \($0)") })
        let run = try workspaces[0].createRun(kind: "k", configuration: "{}")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<12 {
                let workspace = workspaces[index % 2]
                group.addTask {
                    switch index % 3 {
                    case 0:
                        try workspace.importCorpus(
                            name: "n\(index)",
                            documents: (0..<500).map { NewDocument("\(index) \($0)") })
                        return 3000
                    case 1:
                        for step in 0..<500 {
                            try run.log(step: step, split: "s\(index)", name: "x", value: 1)
                        }
                        return 3000
                    default:
                        return try workspace.texts("c").count
                    }
                }
            }
            for try await count in group { #expect(count == 3000) }
        }
        try run.finish(.finished)
        #expect(try workspaces[1].corpora().map(\.documentCount) == [3000, 500, 500, 500, 500])
        #expect(try workspaces[1].metrics(run: run.id).count == 2000)
        #expect(try workspaces[0].check() == [])
    }
}
