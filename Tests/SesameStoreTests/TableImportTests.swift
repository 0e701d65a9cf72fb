import SesameStore
import Testing

@Suite struct TableImportTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private static let labelled = Columns(text: "text", pair: "pair", label: "label")

    private func importing(_ content: String, _ format: CorpusFormat) throws -> [Document] {
        let path = try folder.write("t", content)
        try workspace.importCorpus(
            name: "c", from: CorpusSource(format, paths: [path]),
            options: ImportOptions(existing: .replace))
        return try workspace.all("c")
    }

    private func message(_ content: String, _ format: CorpusFormat) -> (StoreError.Code?, String) {
        let found = failure { _ = try importing(content, format) }
        return (found.code, found.message.replacing(folder.path("t"), with: "FILE"))
    }

    @Test func csvQuoting() throws {
        let content = #"""
            label,text,pair
            1,"a, b",x
            0,"two
            lines ""quoted""",

            2,plain "inner" quotes,"y"

            """#
        let documents = try importing(
            content.replacing("\n", with: "\r\n"), .csv(Self.labelled, header: true))
        #expect(
            documents.map(\.text) == [
                "a, b", "two\nlines \"quoted\"", "plain \"inner\" quotes",
            ])
        #expect(documents.map(\.pair) == ["x", "", "y"])
        #expect(documents.map(\.label) == ["1", "0", "2"])
        #expect(documents.map(\.line) == [2, 3, 6])
    }

    @Test func tsvTakesQuotesAsTheyAre() throws {
        let content = "\u{FEFF}text\t label \n\"open\t0\n a \t1\textra\n"
        let documents = try importing(content, .tsv(Columns(label: "label"), header: true))
        #expect(documents.map(\.text) == ["\"open", " a "])
        #expect(documents.map(\.label) == ["0", "1"])
    }

    @Test func columnsByNumber() throws {
        let columns = Columns(text: Column(argument: "3"), label: 1)
        let plain = try importing("1\tx\ta\n0\ty\tb\n", .tsv(columns, header: false))
        #expect(plain.map(\.text) == ["a", "b"])
        #expect(plain.map(\.label) == ["1", "0"])
        let headed = try importing("l,m,t\n1,x,a\n", .csv(columns, header: true))
        #expect(headed.map(\.text) == ["a"])
    }

    @Test func labelledLines() throws {
        let documents = try importing(
            "5 How far is it ?\n\n  2\tWho was\tGalileo ?\n__label__good a film\nlone\n",
            .labelledLines)
        #expect(documents.map(\.label) == ["5", "2", "good"])
        #expect(documents.map(\.text) == ["How far is it ?", "Who was\tGalileo ?", "a film"])
        #expect(documents.map(\.line) == [1, 3, 4])
    }

    @Test func splitColumn() throws {
        let columns = Columns(text: "t", split: "s")
        let documents = try importing(
            "t,s\na,train\nb,dev\nc,Test\n", .csv(columns, header: true))
        #expect(documents.map(\.split) == [.train, .validation, .test])
        let wrong = message("t,s\na,train\nb,later\n", .csv(columns, header: true))
        #expect(
            wrong.1 == "FILE:3: expected train, validation (or dev) or test as split, found "
                + "another word")
    }

    @Test func emptyTextsAreCounted() throws {
        let path = try folder.write("t", "text,label\n,1\nb,0\n\"  \",1\n")
        let summary = try workspace.importCorpus(
            name: "c",
            from: CorpusSource(.csv(Columns(label: "label"), header: true), paths: [path])
        )
        #expect(summary.documentCount == 1)
        #expect(summary.emptyCount == 2)
    }

    @Test func tableErrors() {
        let csv = CorpusFormat.csv(Columns(text: "sentence", label: "label"), header: true)
        #expect(
            message("label,text\n1,a\n", csv)
                == (.missingColumn, "FILE:1: no column 'sentence'; found: label, text"))
        #expect(
            message("label,sentence\n1,a\n\n1\n", csv)
                == (
                    .missingColumn,
                    "FILE:4: no column 'sentence' in a line of 1 column (separated by comma); "
                        + "found: label, sentence"
                ))
        #expect(
            message("label,sentence\n1,\"a\nb\n", csv)
                == (
                    .malformed,
                    "FILE:2: expected a closing quote for field 2, found the end of the file"
                ))
        #expect(message("label,sentence\n1,\"a\"b\n", csv).0 == .malformed)
        #expect(
            message("1\ta\n", .tsv(Columns(text: 3), header: false))
                == (
                    .missingColumn,
                    "FILE:1: no column 3 in a line of 2 columns (separated by tab); found: 1, 2"
                ))
        #expect(message("1\ta\n", .tsv(Columns(text: "a"), header: false)).0 == .malformed)
        #expect(message("a\tb\n1\t2\n", .tsv(Columns(text: 3), header: true)).0 == .missingColumn)
        #expect(message("", csv).0 == .emptyCorpus)
        #expect(message("label,sentence\n", csv).0 == .emptyCorpus)
    }

    @Test func jsonLines() throws {
        let content = #"""
            {"text": "a\nb \u00e9 😀", "label": 1, "pair": "p", "more": {"x": [1, null]}}

            {"pair": "", "label": true, "text": "second"}
            {"text": "third", "label": "neg", "pair": "q"}
            {"text": "fourth", "label": 0.5, "pair": "q"}
            """#
        let documents = try importing(
            content.replacing("\n", with: "\r\n"), .jsonl(Self.labelled))
        #expect(documents.map(\.text) == ["a\nb é 😀", "second", "third", "fourth"])
        #expect(documents.map(\.label) == ["1", "true", "neg", "0.5"])
        #expect(documents.map(\.pair) == ["p", "", "q", "q"])
        #expect(documents.map(\.line) == [1, 3, 4, 5])
    }

    @Test func jsonErrors() throws {
        let format = CorpusFormat.jsonl(Columns(label: "label"))
        let good = #"{"text": "a", "label": "x"}"# + "\n"
        #expect(
            message(good + #"{"txt": "a", "label": 1}"#, format)
                == (.missingColumn, "FILE:2: no field 'text'; found: label, txt"))
        #expect(
            message(good + #"{"text": 3, "label": 1}"#, format).1
                == "FILE:2: expected text (or for a label a number or boolean) in field 'text', "
                + "found a value of another type")
        #expect(message(#"{"text": "a", "label": null}"#, format).0 == .malformed)
        #expect(message(#"{"text": "a", "label": [1]}"#, format).0 == .malformed)
        #expect(
            message(good + good + #"{"text": "#, format)
                == (.malformed, "FILE:3: expected a JSON object a line, found something else"))
        #expect(message("[1, 2]", format).0 == .malformed)
        #expect(message(good, .jsonl(Columns(text: 1))).0 == .malformed)
    }

    @Test func jsonWithInvalidUTF8() throws {
        let path = try folder.write(
            "t", Array(#"{"text": "a"#.utf8) + [0xFF] + Array("\"}\n".utf8))
        let source = CorpusSource(.jsonl(Columns()), paths: [path])
        let summary = try workspace.importCorpus(name: "c", from: source)
        #expect(try workspace.texts("c") == ["a\u{FFFD}"])
        #expect(summary.repairedCount == 1)
        let strict = failure {
            try workspace.importCorpus(
                name: "d", from: source, options: ImportOptions(strictUTF8: true))
        }
        #expect(strict.code == .invalidUTF8)
        #expect(strict.message.contains("byte offset 11:"))
    }

    @Test(arguments: [
        ("a/b.jsonl", "jsonl"), ("x.NDJSON", "jsonl"), ("t.tsv", "tsv"), ("t.csv", "csv"),
        ("t.txt", "text by line"), ("wiki.tokens", "text by line"), ("-", "text by line"),
    ])
    func suggestedFormat(path: String, expected: String) {
        #expect(CorpusFormat.suggested(forPath: path, unit: .line).description == expected)
    }
}
