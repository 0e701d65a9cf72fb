import GRDB

/// The tables of a workspace, as named migrations. `Docs/schema.md` explains them.
enum Schema {
    /// `application_id` of a workspace file: "Sesm".
    static let applicationID = 0x5365_736D

    /// `user_version` that this code reads and writes: the number of migrations.
    static let version = 3

    /// Every migration in order. A published migration never changes; a new one is added, and
    /// ``version`` goes up by one.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-workspace") { db in
            try db.execute(sql: corpora + vocabularies + streams + runs)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        migrator.registerMigration("2-run-artifacts") { db in
            try db.execute(sql: runArtifacts)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        migrator.registerMigration("3-document-vectors") { db in
            try db.execute(sql: documentVectors)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        return migrator
    }

    private static let corpora = """
        CREATE TABLE corpus (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            format TEXT NOT NULL,
            revision INTEGER NOT NULL DEFAULT 1,
            documentCount INTEGER NOT NULL DEFAULT 0,
            byteCount INTEGER NOT NULL DEFAULT 0,
            characterCount INTEGER NOT NULL DEFAULT 0,
            duplicateCount INTEGER NOT NULL DEFAULT 0,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL,
            owner TEXT
        );
        CREATE UNIQUE INDEX corpusByName ON corpus(name) WHERE owner IS NULL;

        CREATE TABLE source (
            id INTEGER PRIMARY KEY,
            corpusID INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            byteCount INTEGER NOT NULL DEFAULT 0,
            repairedCount INTEGER NOT NULL DEFAULT 0,
            repairedDocumentCount INTEGER NOT NULL DEFAULT 0,
            emptyCount INTEGER NOT NULL DEFAULT 0,
            droppedCount INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX sourceByCorpus ON source(corpusID);

        CREATE TABLE document (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            corpusID INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
            label TEXT,
            sourceID INTEGER REFERENCES source(id),
            line INTEGER NOT NULL,
            byteOffset INTEGER NOT NULL,
            byteCount INTEGER NOT NULL,
            characterCount INTEGER NOT NULL,
            hash INTEGER NOT NULL,
            continuesPrevious INTEGER NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX documentByOrdinal ON document(corpusID, ordinal);
        CREATE INDEX documentBySplit ON document(corpusID, split, ordinal, hash);
        CREATE INDEX documentByHash ON document(corpusID, hash);
        CREATE INDEX documentBySource ON document(sourceID);

        CREATE TABLE documentText (
            documentID INTEGER PRIMARY KEY REFERENCES document(id) ON DELETE CASCADE,
            text TEXT NOT NULL,
            pair TEXT
        );

        CREATE TABLE documentSentences (
            documentID INTEGER PRIMARY KEY REFERENCES document(id) ON DELETE CASCADE,
            count INTEGER NOT NULL,
            ranges BLOB NOT NULL
        );

        """

    private static let vocabularies = """
        CREATE TABLE vocabulary (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            tokenizer BLOB NOT NULL,
            tokenCount INTEGER NOT NULL,
            corpus TEXT,
            options TEXT,
            createdAt INTEGER NOT NULL
        );

        CREATE TABLE vocabularyToken (
            vocabularyID INTEGER NOT NULL REFERENCES vocabulary(id) ON DELETE CASCADE,
            id INTEGER NOT NULL,
            token BLOB NOT NULL,
            count INTEGER,
            PRIMARY KEY (vocabularyID, id)
        ) WITHOUT ROWID;
        CREATE INDEX vocabularyTokenByToken ON vocabularyToken(vocabularyID, token);

        """

    private static let streams = """
        CREATE TABLE tokenStream (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            corpusID INTEGER NOT NULL REFERENCES corpus(id) ON DELETE CASCADE,
            split TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            width INTEGER NOT NULL CHECK (width IN (2, 4)),
            contentHash INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            tokenCount INTEGER NOT NULL DEFAULT 0,
            documentCount INTEGER NOT NULL DEFAULT 0,
            createdAt INTEGER NOT NULL,
            owner TEXT
        );
        CREATE UNIQUE INDEX tokenStreamByKey ON tokenStream(corpusID, split, fingerprint)
            WHERE owner IS NULL;
        CREATE INDEX tokenStreamByCorpus ON tokenStream(corpusID);

        CREATE TABLE tokenChunk (
            id INTEGER PRIMARY KEY,
            streamID INTEGER NOT NULL REFERENCES tokenStream(id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            ids BLOB NOT NULL
        );
        CREATE UNIQUE INDEX tokenChunkByOrdinal ON tokenChunk(streamID, ordinal);

        CREATE TABLE tokenBoundary (
            id INTEGER PRIMARY KEY,
            streamID INTEGER NOT NULL REFERENCES tokenStream(id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            ends BLOB NOT NULL
        );
        CREATE UNIQUE INDEX tokenBoundaryByOrdinal ON tokenBoundary(streamID, ordinal);

        """

    private static let runs = """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            status TEXT NOT NULL
                CHECK (status IN ('running', 'finished', 'interrupted', 'failed')),
            configuration TEXT NOT NULL,
            message TEXT,
            startedAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL,
            finishedAt INTEGER,
            owner TEXT
        );

        CREATE TABLE metric (
            runID INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            split TEXT NOT NULL,
            step INTEGER NOT NULL,
            value REAL,
            PRIMARY KEY (runID, name, split, step)
        ) WITHOUT ROWID;

        CREATE TABLE checkpoint (
            id INTEGER PRIMARY KEY,
            runID INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            path TEXT NOT NULL,
            metric TEXT,
            value REAL,
            createdAt INTEGER NOT NULL
        );
        CREATE INDEX checkpointByRun ON checkpoint(runID, step);

        CREATE TABLE sample (
            id INTEGER PRIMARY KEY,
            runID INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            prompt TEXT NOT NULL,
            text TEXT NOT NULL,
            createdAt INTEGER NOT NULL
        );
        CREATE INDEX sampleByRun ON sample(runID, step);

        """

    private static let runArtifacts = """
        CREATE TABLE runArtifact (
            runID INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            json TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            PRIMARY KEY (runID, name)
        ) WITHOUT ROWID;

        """

    private static let documentVectors = """
        CREATE TABLE documentVectors (
            id INTEGER PRIMARY KEY,
            documentID INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
            model TEXT NOT NULL,
            hash INTEGER NOT NULL,
            rows INTEGER NOT NULL,
            columns INTEGER NOT NULL,
            vectors BLOB NOT NULL
        );
        CREATE UNIQUE INDEX documentVectorsByKey ON documentVectors(documentID, model);

        """
}
