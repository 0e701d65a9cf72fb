import Foundation
import SesameStore
import Testing

@Suite struct ImportTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    @Test(arguments: [
        (TextUnit.paragraph, "a\nb\n\nc\n", ["a\nb", "c"]),
        (.paragraph, "\n\n a\n \t\n\u{3000}\nb", [" a", "b"]),
        (.paragraph, "a\r\nb\r\n\r\nc\r\n", ["a\nb", "c"]),
        (.line, "a\n\n b \nc", ["a", " b ", "c"]),
        (.line, "a\r\nb\r\r\n", ["a", "b\r"]),
        (.file, "a\n\nb\n", ["a\n\nb\n"]),
        (.file, "a\r\nb", ["a\nb"]),
        (.file, "\u{FEFF}a\u{FEFF}\n", ["a\u{FEFF}\n"]),
        (.line, "\u{FEFF}a\nb\n", ["a", "b"]),
        (.line, "a\0b\n", ["a\0b"]),
        (.line, "e\u{301}\né\n", ["e\u{301}", "é"]),
    ])
    func text(unit: TextUnit, content: String, expected: [String]) throws {
        let path = try folder.write("t.txt", content)
        let summary = try workspace.importCorpus(
            name: "c", from: CorpusSource(.text(unit: unit), paths: [path]))
        // Compared as bytes: strings would be equal by canonical equivalence.
        #expect(try workspace.texts("c").map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        #expect(summary.documentCount == expected.count)
        #expect(summary.byteCount == expected.reduce(0) { $0 + $1.utf8.count })
        #expect(summary.characterCount == expected.reduce(0) { $0 + $1.unicodeScalars.count })
        #expect(summary.duplicateCount == 0)
    }

    @Test func placesInTheFile() throws {
        let path = try folder.write("t.txt", "\u{FEFF}one\r\n\r\ntwo\nmore\n\nthree")
        try workspace.importCorpus(name: "c", from: CorpusSource(paths: [path]))
        let documents = try workspace.all("c")
        #expect(documents.map(\.line) == [1, 3, 6])
        #expect(documents.map(\.byteOffset) == [3, 10, 20])
        #expect(documents.map(\.ordinal) == [0, 1, 2])
        #expect(documents.allSatisfy { $0.source == path })
    }

    @Test func longLineIsOneDocument() throws {
        // Longer than the reader's buffer, with a line break after the buffer's end.
        let long = String(repeating: "天地玄黄", count: 120_000)
        let path = try folder.write("t.txt", long + "\nx\n")
        try workspace.importCorpus(name: "c", from: CorpusSource(paths: [path]))
        #expect(try workspace.texts("c") == [long + "\nx"])
    }

    @Test(arguments: [4, 5, 7, 64])
    func lineReaderInSmallPieces(size: Int) throws {
        let path = try folder.write("t.txt", "\u{FEFF}ab\r\n\nlonger line\r\nlast\r")
        let reader = try LineReader(path: path, bufferByteCount: size)
        var lines: [String] = []
        var offsets: [Int] = []
        var line: [UInt8] = []
        while let position = try reader.next(appendingTo: &line) {
            lines.append(String(decoding: line, as: UTF8.self))
            offsets.append(position.byteOffset)
            line = []
        }
        #expect(lines == ["ab", "", "longer line", "last\r"])
        #expect(offsets == [3, 7, 8, 21])
        #expect(reader.bytesRead == 26)
        #expect(!reader.endedWithLineFeed)
    }

    @Test func invalidUTF8IsRepairedAndCounted() throws {
        let bytes: [UInt8] = Array("good\nb".utf8) + [0xFF] + Array("d ".utf8) + [0xE4, 0xBD]
        let path = try folder.write("t.txt", bytes + Array("\nfine\n".utf8))
        let source = CorpusSource(.text(unit: .line), paths: [path])
        let summary = try workspace.importCorpus(name: "c", from: source)
        #expect(try workspace.texts("c") == ["good", "b\u{FFFD}d \u{FFFD}", "fine"])
        #expect(summary.repairedCount == 2)
        #expect(summary.repairedDocumentCount == 1)

        let strict = failure {
            try workspace.importCorpus(
                name: "s", from: source, options: ImportOptions(strictUTF8: true))
        }
        #expect(strict.code == .invalidUTF8)
        #expect(strict.message.contains("\(path):2:"))
        #expect(strict.message.contains("byte offset 6:"))
        #expect(try workspace.corpora().map(\.name) == ["c"])
    }

    @Test func strictNamesTheLineWithinAParagraph() throws {
        let path = try folder.write("t.txt", Array("one\ntwo\n".utf8) + [0xC0, 0x80])
        let strict = failure {
            try workspace.importCorpus(
                name: "s", from: CorpusSource(paths: [path]),
                options: ImportOptions(strictUTF8: true))
        }
        #expect(strict.message.contains("\(path):3:"))
        #expect(strict.message.contains("byte offset 8:"))
    }

    @Test func foldersAreReadInOrder() throws {
        try folder.write("in/b.txt", "b")
        try folder.write("in/a/z.txt", "z")
        try folder.write("in/a/Y.TXT", "y")
        try folder.write("in/c.jsonl", "{}")
        try folder.write("in/.hidden.txt", "hidden")
        let summary = try workspace.importCorpus(
            name: "c", from: CorpusSource(paths: [folder.path("in")]))
        #expect(try workspace.texts("c") == ["y", "z", "b"])
        #expect(
            summary.sources.map { $0.split(separator: "/").last } == ["Y.TXT", "z.txt", "b.txt"])

        let none = failure {
            try workspace.importCorpus(
                name: "d",
                from: CorpusSource(.csv(Columns(), header: true), paths: [folder.path("in")]))
        }
        #expect(none.code == .unreadable)
        #expect(none.message.contains(".csv"))
    }

    @Test func existingNames() throws {
        let one = try folder.write("1.txt", "one\n\ntwo")
        let two = try folder.write("2.txt", "three")
        try workspace.importCorpus(name: "c", from: CorpusSource(paths: [one]))
        let id = try workspace.documentIDs(corpus: "c")[0]

        let taken = failure {
            try workspace.importCorpus(name: "c", from: CorpusSource(paths: [two]))
        }
        #expect(taken.code == .nameTaken)

        let appended = try workspace.importCorpus(
            name: "c", from: CorpusSource(paths: [two]), options: ImportOptions(existing: .append))
        #expect(appended.documentCount == 3)
        #expect(appended.sources == [one, two])
        #expect(try workspace.texts("c") == ["one", "two", "three"])
        #expect(try workspace.all("c").map(\.ordinal) == [0, 1, 2])
        #expect(try workspace.documentIDs(corpus: "c")[0] == id)

        let replaced = try workspace.importCorpus(
            name: "c", from: CorpusSource(paths: [two]), options: ImportOptions(existing: .replace))
        #expect(replaced.documentCount == 1)
        #expect(try workspace.texts("c") == ["three"])
        #expect(try workspace.check() == [])
    }

    @Test func duplicates() throws {
        let path = try folder.write("t.txt", "a\nb\na\nc\na\n")
        let source = CorpusSource(.text(unit: .line), paths: [path])
        #expect(try workspace.importCorpus(name: "all", from: source).duplicateCount == 2)
        let options = ImportOptions(dropsDuplicates: true)
        let dropped = try workspace.importCorpus(name: "c", from: source, options: options)
        #expect(dropped.duplicateCount == 0)
        #expect(dropped.droppedCount == 2)
        #expect(try workspace.texts("c") == ["a", "b", "c"])

        // Those of the corpus that is added to count as well.
        let more = try folder.write("more.txt", "d\nb\n")
        let appended = try workspace.importCorpus(
            name: "c", from: CorpusSource(.text(unit: .line), paths: [more]),
            options: ImportOptions(existing: .append, dropsDuplicates: true))
        #expect(try workspace.texts("c") == ["a", "b", "c", "d"])
        #expect(appended.droppedCount == 3)
    }

    @Test func splitsOfFilesAndLimit() throws {
        let train = try folder.write("train.txt", "1\n2\n3\n")
        let dev = try folder.write("dev.txt", "4\n")
        let source = CorpusSource(
            .text(unit: .line), inputs: [.init(train), .init(dev, split: .validation)])
        let summary = try workspace.importCorpus(name: "c", from: source)
        #expect(summary.splitCounts == [.train: 3, .validation: 1])
        #expect(try workspace.texts("c", .validation) == ["4"])
        try workspace.importCorpus(name: "two", from: source, options: ImportOptions(limit: 2))
        #expect(try workspace.texts("two") == ["1", "2"])
    }

    @Test func emptyAndUnreadableInputs() throws {
        let blank = try folder.write("t.txt", " \n\n\t\n")
        let utf16 = try folder.write("u.txt", [0xFF, 0xFE, 0x61, 0x00])
        let zipped = try folder.write("z.txt", [0x1F, 0x8B, 0x08, 0x00])
        func code(_ path: String) -> StoreError.Code? {
            failure {
                try workspace.importCorpus(name: "c", from: CorpusSource(paths: [path]))
            }.code
        }
        #expect(code(blank) == .emptyCorpus)
        #expect(code(utf16) == .unreadable)
        #expect(code(zipped) == .unreadable)
        #expect(code(folder.path("none.txt")) == .unreadable)
        #expect(try workspace.corpora().isEmpty)
    }

    @Test(arguments: ["", " a", "a ", "a\nb", String(repeating: "x", count: 201)])
    func namesThatCannotBe(name: String) {
        let error = failure {
            try workspace.importCorpus(name: name, documents: [NewDocument("x")])
        }
        #expect(error.code == .invalidName)
    }

    @Test func programsDocuments() throws {
        let summary = try workspace.importCorpus(
            name: "c",
            documents: [
                NewDocument("premise", pair: "hypothesis", label: "yes", split: .test),
                NewDocument("", label: "no"), NewDocument("plain"),
            ])
        #expect(summary.emptyCount == 1)
        let documents = try workspace.all("c")
        #expect(documents.map(\.text) == ["premise", "plain"])
        #expect(documents.map(\.pair) == ["hypothesis", nil])
        #expect(documents.map(\.label) == ["yes", nil])
        #expect(documents.map(\.split) == [.test, .train])
    }

    @Test func batchesArriveWholeAndInOrder() throws {
        // More than two batches of 4,096, so that several transactions make one corpus.
        let lines = (0..<10_000).map { "line \($0)" }
        let path = try folder.write("t.txt", lines.joined(separator: "\n"))
        var seen: [Int] = []
        var last: ImportProgress?
        try workspace.importCorpus(
            name: "c", from: CorpusSource(.text(unit: .line), paths: [path])
        ) { progress in
            seen.append(progress.documentCount)
            last = progress
            // Nothing shows before the end.
            let visible = try workspace.corpora()
            #expect(visible.isEmpty)
        }
        #expect(seen == [4096, 8192, 10_000])
        #expect(last?.bytesRead == last?.totalBytes)
        #expect(try workspace.texts("c") == lines)
    }

    @Test func stoppedImportLeavesNothing() throws {
        struct Stop: Error {}
        let lines = (0..<9000).map { "line \($0)" }
        let path = try folder.write("t.txt", lines.joined(separator: "\n"))
        try workspace.importCorpus(name: "c", documents: [NewDocument("before")])
        for existing in [ImportOptions.ExistingCorpus.replace, .append] {
            #expect(throws: Stop.self) {
                try workspace.importCorpus(
                    name: "c", from: CorpusSource(.text(unit: .line), paths: [path]),
                    options: ImportOptions(existing: existing)
                ) { if $0.documentCount > 4096 { throw Stop() } }
            }
        }
        #expect(try workspace.texts("c") == ["before"])
        #expect(try workspace.rowCount("document") == 1)
        #expect(try workspace.rowCount("documentText") == 1)
        #expect(try workspace.rowCount("source") == 1)
        #expect(try workspace.rowCount("corpus") == 1)
    }
}
