import SesameStore
import Testing

/// Two files whose lines belong together.
@Suite struct PairedImportTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private func source(_ inputs: CorpusSource.Input...) -> CorpusSource {
        CorpusSource(inputs: inputs)
    }

    @Test func linesBecomePairs() throws {
        let german = try folder.write("train.de", "ein hund\r\n\n eine katze \nzwei\n \ndrei")
        let english = try folder.write("train.en", "a dog\n\na cat\n\nnobody\nthree\n")
        let test = try folder.write("test.de", "vier\n")
        let testEnglish = try folder.write("test.en", "four\n")
        let summary = try workspace.importCorpus(
            name: "c",
            from: source(
                .init(german, pairPath: english), .init(test, pairPath: testEnglish, split: .test)))
        let documents = try workspace.all("c")
        #expect(documents.map(\.text) == ["ein hund", " eine katze ", "drei", "vier"])
        #expect(documents.map(\.pair) == ["a dog", "a cat", "three", "four"])
        #expect(documents.map(\.line) == [1, 3, 6, 1])
        #expect(documents.map(\.split) == [.train, .train, .train, .test])
        // Both empty; the second alone; the first alone.
        #expect(summary.emptyCount == 3)
        #expect(summary.format == "text by line, in pairs")
        #expect(summary.sources == ["\(german) + \(english)", "\(test) + \(testEnglish)"])
    }

    @Test(arguments: [("1\n2\n3\n", "a\n", 3, 1), ("1\n", "a\nb\nc\n\nd", 1, 5), ("", "a", 0, 1)])
    func unequalNumbersOfLines(text: String, pair: String, lines: Int, pairLines: Int) throws {
        let first = try folder.write("a.txt", text)
        let second = try folder.write("b.txt", pair)
        let error = failure {
            try workspace.importCorpus(name: "c", from: source(.init(first, pairPath: second)))
        }
        #expect(error.code == .unaligned)
        #expect(
            error.message
                == "\(first) has \(lines) lines, \(second) has \(pairLines): line n of both must "
                + "belong together, so make them equally long")
        #expect(try workspace.corpora().isEmpty)
    }

    @Test func illFormedBytesOfEitherFile() throws {
        let good = try folder.write("a.txt", "x\ny\n")
        let bad = try folder.write("b.txt", [0x61, 0x0A, 0x62, 0xFF, 0x0A])
        for (text, pair) in [(good, bad), (bad, good)] {
            let summary = try workspace.importCorpus(
                name: "c", from: source(.init(text, pairPath: pair)),
                options: ImportOptions(existing: .replace))
            #expect(summary.repairedCount == 1)
            #expect(summary.repairedDocumentCount == 1)
            let error = failure {
                try workspace.importCorpus(
                    name: "s", from: source(.init(text, pairPath: pair)),
                    options: ImportOptions(strictUTF8: true))
            }
            #expect(error.code == .invalidUTF8)
            #expect(error.message.hasPrefix("\(bad):2: "))
        }
    }

    @Test func whatCannotBeAligned() throws {
        let text = try folder.write("a.txt", "x\n")
        let table = try folder.write("a.tsv", "x\ty\n")
        func error(_ format: CorpusFormat, _ path: String, _ pair: String) -> String {
            failure {
                try workspace.importCorpus(
                    name: "c", from: CorpusSource(format, inputs: [.init(path, pairPath: pair)]))
            }.message
        }
        #expect(error(.text(unit: .line), text, folder.path("none")).contains("no such file"))
        #expect(error(.text(unit: .line), folder.path(""), text).contains("it is a folder"))
        #expect(
            error(.tsv(Columns(text: 1), header: false), table, text)
                .contains("files that are aligned line by line are plain text, not tsv"))
    }
}
