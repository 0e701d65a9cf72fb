import Foundation
import Testing

/// Corpora, workspaces, vocabularies and ids that are wrong: each ends in one line that says what was
/// expected, what was found, where, and what to do.
@Suite("bad input: text")
struct BadTextTests {
    private static func file(
        _ name: String, _ content: String, _ options: [String] = [], says mentions: String...,
        named file: String = "new.tsv"
    ) -> BadInput {
        .init(name, ["corpus", "import", "new", file] + options, mentions: mentions) {
            try $0.write(content, to: file)
        }
    }

    private static let corpusRows: [BadInput] = [
        BadInput("missing file", ["corpus", "import", "new", "absent.txt"], says: "absent.txt"),
        file("empty file", "", says: "no document", "new.txt", named: "new.txt"),
        file("blank file", "\n \n\n", says: "no document", "new.txt", named: "new.txt"),
        file("empty table", "", says: "no document", "new.tsv"),
        file("table of a header alone", "text\tlabel\n", says: "no document", "new.tsv"),
        file(
            "label column that is not there", "text\tlabel\na\tb\n", ["--label-column", "grade"],
            says: "new.tsv:1", "'grade'", "text, label"),
        file(
            "column number beyond the table", "a\tb\n",
            ["--no-header", "--text-column", "1", "--label-column", "3"],
            says: "new.tsv:1", "column 3"),
        file(
            "short line", "label\ttext\na\tb\nc\n", ["--label-column", "label"],
            says: "new.tsv:3", "'text'", "1 column"),
        file(
            "unknown split", "s\ttext\nfoo\tb\n", ["--split-column", "s"],
            says: "new.tsv:2", "validation"),
        file(
            "open quote", "text\n\"never closed\n", says: "new.csv:2", "quote",
            named: "new.csv"),
        file(
            "broken JSON", "{\"text\":\"a\"}\n{\"text\":\n", says: "new.jsonl:2", "JSON object",
            named: "new.jsonl"),
        file(
            "JSON without the field", "{\"body\":\"a\"}\n", says: "new.jsonl:1", "'text'", "body",
            named: "new.jsonl"),
        BadInput(
            "bytes that are not UTF-8", ["corpus", "import", "new", "new.txt", "--strict"],
            says: "new.txt:3", "UTF-8", "byte offset 8"
        ) {
            try $0.write(Data("ok\n\nbad \u{1}\n".utf8.map { $0 == 1 ? 0xFF : $0 }), to: "new.txt")
        },
        BadInput("UTF-16", ["corpus", "import", "new", "new.txt"], says: "UTF-16", "iconv") {
            try $0.write(Data([0xFF, 0xFE, 0x61, 0, 0x0A, 0]), to: "new.txt")
        },
        BadInput(
            "compressed", ["corpus", "import", "new", "new.txt"], says: "compressed", "gunzip"
        ) {
            try $0.write(Data([0x1F, 0x8B, 8, 0, 0, 0]), to: "new.txt")
        },
        BadInput("empty folder", ["corpus", "import", "new", "new"], says: "new", "no file ending")
        {
            try FileManager.default.createDirectory(
                at: $0.url("new"), withIntermediateDirectories: false)
        },
        BadInput("unknown corpus", ["corpus", "show", "new"], says: "'new'", "labelled, text"),
        BadInput(
            "split without documents to count",
            ["vocab", "build", "v", "--corpus", "text", "--split", "test"],
            says: "'text'", "no test documents"),
        BadInput(
            "split without documents to measure on",
            ["evaluate", "--model", Sandbox.gpt, "--corpus", "text", "--split", "test"],
            says: "test", "text"),
        BadInput(
            "no documents to train on",
            ["pretrain", "gpt", "new", "--tokenizer", "letters", "--output", "m"] + Sandbox.small,
            says: "tokens", "0"
        ) { _ = try $0.run("corpus", "import", "new", "--validation", "text.txt", "--quiet") },
        BadInput(
            "labels that are missing",
            ["finetune", "classify", "text", "--model", Sandbox.bert, "--quiet"],
            says: "text", "0 different labels"),
        BadInput(
            "a single label",
            ["finetune", "classify", "new", "--model", Sandbox.bert, "--quiet"],
            says: "new", "1 different"
        ) {
            try $0.write("text\tlabel\na\tx\nb\tx\n", to: "new.tsv")
            _ = try $0.run("corpus", "import", "new", "new.tsv", "--label-column", "label")
        },
        BadInput(
            "unknown label",
            ["evaluate", "--model", Sandbox.classifier, "--file", "new.tsv", "--quiet"],
            says: "'middling'", "bad, good"
        ) { try $0.write("text\tlabel\nA hen.\tmiddling\n", to: "new.tsv") },
    ]

    private static let workspaceRows: [BadInput] = [
        BadInput(
            "no workspace", ["corpus", "list", "--workspace", "no.sqlite"], says: "no.sqlite"),
        BadInput(
            "workspace that is text", ["corpus", "list", "--workspace", "text.txt"],
            says: "text.txt", "not a Sesame workspace"),
        BadInput(
            "workspace that is a folder", ["corpus", "list", "--workspace", "models"],
            says: "models", "a folder"),
        BadInput("another program's database", ["corpus", "list"], says: "not a Sesame workspace") {
            var bytes = try $0.read("sesame.sqlite")
            bytes.replaceSubrange(68..<72, with: [1, 2, 3, 4])
            try $0.write(bytes, to: "sesame.sqlite")
        },
        BadInput("overwritten header", ["corpus", "list"], says: "not a Sesame workspace") {
            var bytes = try $0.read("sesame.sqlite")
            bytes.replaceSubrange(0..<40, with: Data(count: 40))
            try $0.write(bytes, to: "sesame.sqlite")
        },
        BadInput("overwritten pages", ["corpus", "show", "text"], says: "damaged", "restore") {
            var bytes = try $0.read("sesame.sqlite")
            bytes.replaceSubrange(4096..., with: Data(repeating: 0xAA, count: bytes.count - 4096))
            try $0.write(bytes, to: "sesame.sqlite")
        },
        BadInput("truncated", ["corpus", "import", "new", "text.txt"], says: "damaged", "restore") {
            try $0.truncate("sesame.sqlite", to: 8192)
        },
    ]

    private static func vocabulary(
        _ name: String, _ content: String, says mentions: String...
    ) -> BadInput {
        .init(name, ["tokenize", "encode", "--tokenizer", "v.txt"], mentions: mentions) {
            try $0.write(content, to: "v.txt")
        }
    }

    private static func ids(_ ids: String, says mentions: String...) -> BadInput {
        .init(
            "ids \(ids)", ["tokenize", "decode", "--tokenizer", "letters"], mentions: mentions,
            input: "\(ids)\n1 2\n")
    }

    private static let tokenRows: [BadInput] = [
        vocabulary("empty vocabulary", "", says: "v.txt", "no token"),
        vocabulary("token twice", "[UNK]\na\na\n", says: "v.txt", "line 3", "line 2"),
        vocabulary("blank line", "[UNK]\n\na\n", says: "v.txt", "2"),
        vocabulary("vocabulary without [UNK]", "a\nb\n", says: "[UNK]"),
        BadInput(
            "vocabulary that is not UTF-8", ["tokenize", "encode", "--tokenizer", "v.txt"],
            says: "v.txt", "UTF-8", "line 2"
        ) { try $0.write(Data([0x61, 0x0A, 0xFF, 0x0A]), to: "v.txt") },
        BadInput(
            "unknown vocabulary", ["tokenize", "encode", "--tokenizer", "absent"],
            says: "'absent'", "letters, pieces"),
        BadInput(
            "missing text", ["tokenize", "encode", "--tokenizer", "letters", "absent.txt"],
            says: "absent.txt", "No such file"),
        BadInput(
            "text that is a folder", ["tokenize", "encode", "--tokenizer", "letters", "models"],
            says: "models", "directory"),
        ids("999", says: "standard input:1", "999"),
        ids("-1", says: "standard input:1", "-1"),
        ids("2147483648", says: "standard input:1"),
        ids("99999999999999999999", says: "standard input:1", "token ids"),
        ids("1 cat", says: "standard input:1", "token ids"),
        ids("[1, 999]", says: "standard input:1", "999"),
    ]

    @Test("corpora", arguments: corpusRows)
    func corpus(_ row: BadInput) throws { try row.check() }

    @Test("workspaces", arguments: workspaceRows)
    func workspace(_ row: BadInput) throws { try row.check() }

    @Test("vocabularies and ids", arguments: tokenRows)
    func tokens(_ row: BadInput) throws { try row.check() }

    @Test("an import that fails leaves no trace, and the corpora as they were")
    func failedImport() throws {
        let sandbox = try Sandbox.prepared()
        try sandbox.write(
            String(repeating: "text of a document\tx\n", count: 5000) + "short\n",
            to: "new.tsv")
        for name in ["new", "text"] {
            let result = try sandbox.run(
                "corpus", "import", name, "new.tsv", "--no-header", "--text-column", "1",
                "--label-column", "2", "--force")
            result.expectOneLine(mentioning: ["new.tsv:5001"])
        }
        try sandbox.expectEarlierData()
    }

    @Test("bytes that are no text are repaired where they only pass through")
    func repaired() throws {
        let sandbox = try Sandbox.prepared()
        let bytes = Data("A good \u{1} hen.\n".utf8.map { $0 == 1 ? 0xFF : $0 })
        let result = try sandbox.run(
            ["predict", "--model", Sandbox.classifier], input: bytes)
        #expect(result.status == 0 && result.lines.count == 1, "\(result.errors)")
    }
}
