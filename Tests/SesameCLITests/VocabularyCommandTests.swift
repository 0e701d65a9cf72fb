import Foundation
import Testing

@Suite("vocab and tokenize")
struct VocabularyCommandTests {
    private static let words =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##ly\n,\n!\ncafe\n"

    private func sandboxWithText() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.write("The cat sat.\n\nThe cat ran, the dog sat.\n", to: "text.txt")
        let result = try sandbox.run("corpus", "import", "pets", "text.txt")
        #expect(result.status == 0, "\(result.errors)")
        return sandbox
    }

    @Test("exact ids, tokens and offsets for a bare vocab.txt")
    func encoding() throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.words, to: "vocab.txt")
        let result = try sandbox.run(
            "tokenize", "encode", "--tokenizer", "vocab.txt", "--lowercase", "--json",
            input: "Hello, worldly!\r\n\n  Caf\u{E9} zzz")
        #expect(result.errors.isEmpty)
        #expect(
            result.lines == [
                ###"{"ids":[2,5,8,6,7,9,3],"tokens":["[CLS]","hello",",","world","##ly","!","[SEP]"],"###
                    + #""offsets":[[0,0],[0,5],[5,6],[7,12],[12,14],[14,15],[0,0]]}"#,
                #"{"ids":[2,3],"tokens":["[CLS]","[SEP]"],"offsets":[[0,0],[0,0]]}"#,
                #"{"ids":[2,10,1,3],"tokens":["[CLS]","cafe","[UNK]","[SEP]"],"#
                    + #""offsets":[[0,0],[2,7],[8,11],[0,0]]}"#,
            ])
    }

    @Test("tokens, ids, no special tokens, a limit")
    func encodingChoices() throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.words, to: "vocab.txt")
        func encode(_ options: String...) throws -> String {
            try sandbox.run(
                ["tokenize", "encode", "--tokenizer", "vocab.txt"] + options,
                input: Data("hello worldly\n".utf8)
            ).output
        }
        #expect(try encode() == "[CLS] hello world ##ly [SEP]\n")
        #expect(try encode("--ids") == "2 5 6 7 3\n")
        #expect(try encode("--ids", "--no-special-tokens") == "5 6 7\n")
        #expect(try encode("--max-length", "3") == "[CLS] hello [SEP]\n")
    }

    @Test("bytes that are not UTF-8 are repaired, and long input keeps its order")
    func manyLines() throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.words, to: "vocab.txt")
        var input = Data()
        for index in 0..<20_000 {
            input.append(contentsOf: (index % 2 == 0 ? "hello\n" : "world \u{FF}\n").utf8)
            if index % 2 == 1 { input[input.count - 3] = 0xFF }
        }
        let result = try sandbox.run(
            ["tokenize", "encode", "--tokenizer", "vocab.txt", "--ids"], input: input)
        #expect(result.lines.count == 20_000)
        #expect(result.lines[0] == "2 5 3")
        #expect(result.lines[19_999].hasPrefix("2 6"))
    }

    @Test("decode takes ids, arrays and the objects that encode prints")
    func decoding() throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.words, to: "vocab.txt")
        let result = try sandbox.run(
            "tokenize", "decode", "--tokenizer", "vocab.txt",
            input: "2 5 8 6 7 9 3\n[5, 9]\n{\"ids\":[6],\"tokens\":[\"world\"]}\n")
        #expect(result.output == "hello, worldly!\nhello!\nworld\n")
        expectFailure(
            try sandbox.run(
                "tokenize", "decode", "--tokenizer", "vocab.txt", input: "5\n99\n"),
            mentioning: "standard input:2", "0 to 10", "99")
        expectFailure(
            try sandbox.run(
                "tokenize", "decode", "--tokenizer", "vocab.txt", input: "five\n"),
            mentioning: "standard input:1")
    }

    @Test("build, list, show and export the three kinds")
    func building() throws {
        let sandbox = try sandboxWithText()
        let builds: [(kind: String, options: [String], tokens: ClosedRange<Int>)] = [
            ("character", ["--special", "none"], 15...15),
            ("word", ["--lowercase"], 11...11),
            ("wordpiece", ["--lowercase", "--size", "100"], 20...100),
        ]
        for (kind, options, counts) in builds {
            let result = try sandbox.run(
                ["vocab", "build", kind, "--corpus", "pets", "--kind", kind, "--json"] + options,
                input: .init())
            #expect(result.status == 0, "\(result.errors)")
            let count = try #require(try result.object()["tokens"] as? Int)
            #expect(counts.contains(count), "\(kind): \(count)")
        }
        let list = try sandbox.run("vocab", "list", "--json").array()
        #expect(list.map { $0["name"] as? String } == ["character", "word", "wordpiece"])

        let the = try sandbox.run("vocab", "show", "word", "--token", "the", "--json").object()
        let entries = try #require(the["entries"] as? [[String: Any]])
        #expect(entries.count == 1)
        #expect(entries[0]["count"] as? Int == 3)
        #expect(entries[0]["id"] as? Int == 4)
        #expect(try sandbox.run("vocab", "show", "character", "--count", "3").lines.count == 5)

        #expect(try sandbox.run("vocab", "export", "word", "word.json").status == 0)
        #expect(try sandbox.run("vocab", "export", "wordpiece", "pieces.txt").status == 0)
        expectFailure(
            try sandbox.run("vocab", "export", "word", "word.json"), mentioning: "word.json",
            "--force")
        let text = "The cat sat on the mat.\n"
        for (name, file, flags) in [
            ("word", "word.json", []), ("wordpiece", "pieces.txt", ["--lowercase"]),
        ] {
            let byName = try sandbox.run(
                ["tokenize", "encode", "--tokenizer", name, "--json"], input: Data(text.utf8))
            let byFile = try sandbox.run(
                ["tokenize", "encode", "--tokenizer", file, "--json"] + flags,
                input: Data(text.utf8))
            #expect(byName.status == 0, "\(byName.errors)")
            #expect(byName.output == byFile.output)
        }
    }

    @Test("failures name what is there and what to do")
    func failures() throws {
        let sandbox = try sandboxWithText()
        expectFailure(
            try sandbox.run("vocab", "build", "v", "--corpus", "plants"),
            mentioning: "plants", "pets")
        expectFailure(
            try sandbox.run("vocab", "build", "v", "--corpus", "pets", "--split", "test"),
            mentioning: "test", "--all-splits")
        _ = try sandbox.run("vocab", "build", "v", "--corpus", "pets", "--kind", "word")
        expectFailure(
            try sandbox.run("vocab", "build", "v", "--corpus", "pets"), mentioning: "'v'", "--force"
        )
        #expect(
            try sandbox.run("vocab", "build", "v", "--corpus", "pets", "--size", "60", "--force")
                .status == 0)
        expectFailure(try sandbox.run("vocab", "show", "w"), mentioning: "'w'", "v")
        expectFailure(
            try sandbox.run("vocab", "show", "v", "--token", "whale"), mentioning: "whale")
        expectFailure(
            try sandbox.run("tokenize", "encode", "--tokenizer", "nothing"), mentioning: "nothing",
            "v")
        expectFailure(
            try sandbox.run("tokenize", "encode", "--tokenizer", "no/vocab.txt"),
            mentioning: "no/vocab.txt")
        expectFailure(
            try sandbox.run(
                "tokenize", "encode", "--tokenizer", "v", "--workspace", "none.sqlite"),
            mentioning: "'v'", "none.sqlite")
        expectFailure(
            try sandbox.run("tokenize", "encode", "--tokenizer", "v", "absent.txt"),
            mentioning: "absent.txt")
    }

    @Test(
        "wrong usage",
        arguments: [
            ["vocab", "build", "v"],
            ["vocab", "build", "v", "--corpus", "c", "--size", "0"],
            ["vocab", "build", "v", "--corpus", "c", "--kind", "syllable"],
            ["vocab", "build", "v", "--corpus", "c", "--special", "none"],
            ["vocab", "export", "v", "file.bin"],
            ["tokenize", "encode"],
            ["tokenize", "encode", "--tokenizer", "v", "--ids", "--json"],
            ["tokenize", "encode", "--tokenizer", "v", "--threads", "0"],
        ])
    func wrongUsage(arguments: [String]) throws {
        let result = try Sandbox().run(arguments, input: .init())
        #expect(result.status == 64, "\(result.errors)")
    }
}
