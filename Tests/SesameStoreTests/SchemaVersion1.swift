/// A workspace as the first version of the schema made it, byte for byte in its SQL, with a corpus, a
/// vocabulary's row and a run in it. A published migration never changes; this notices if one does.
enum SchemaVersion1 {
    static let script = tables + rows

    /// The whole of migration `1-workspace`, and the migrator's own table.
    private static let tables = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO grdb_migrations VALUES('1-workspace');
        PRAGMA application_id = 1399157613;
        PRAGMA user_version = 1;

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

    private static let rows = """
        INSERT INTO corpus VALUES(1, 'greetings', 'text by paragraph', 1, 1, 12, 12, 0, 1000, 1000,
            NULL);
        INSERT INTO source VALUES(1, 1, 't.txt', 13, 0, 0, 0, 0);
        INSERT INTO document VALUES(1, 1, 0, 'train', NULL, 1, 1, 0, 12, 12, 42, 0);
        INSERT INTO documentText VALUES(1, 'Hello there.', NULL);
        INSERT INTO vocabulary VALUES(1, 'letters', 'character', 'f00d', X'7B7D', 1, 'greetings',
            NULL, 1000);
        INSERT INTO vocabularyToken VALUES(1, 0, X'48', 3);
        INSERT INTO run VALUES(7, 'pretrain gpt', 'finished', '{"layers":4}', NULL, 1000, 2000, 2000,
            NULL);
        INSERT INTO metric VALUES(7, 'loss', 'train', 10, 2.5);
        INSERT INTO checkpoint VALUES(1, 7, 10, 'models/c', NULL, NULL, 1500);
        INSERT INTO sample VALUES(1, 7, 10, 'He', 'llo', 1600);
        """
}
