import Foundation
import Testing

@Suite("corpus")
struct CorpusCommandTests {
    private static let table =
        "label\ttext\ngood\tA fine day.\nbad\tA poor day.\ngood\tA fine night.\n"

    private func imported() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.write(Self.table, to: "train.tsv")
        try sandbox.write("label\ttext\nbad\tRain again.\n", to: "dev.tsv")
        let result = try sandbox.run(
            "corpus", "import", "days", "--train", "train.tsv", "--validation", "dev.tsv",
            "--label-column", "label")
        #expect(result.status == 0, "\(result.errors)")
        return sandbox
    }

    @Test("import reports what it took in, and suggests what to do next")
    func importing() throws {
        let sandbox = try Sandbox()
        try sandbox.write("One.\n\nTwo,\nstill two.\n", to: "text.txt")
        let result = try sandbox.run("corpus", "import", "notes", "text.txt")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.lines.first == "Corpus 'notes': 2 documents (2 train), 19 characters, 19 B.")
        #expect(
            result.lines.last == "Next: sesame corpus split notes --validation 0.1 --contiguous")
        #expect(sandbox.exists("sesame.sqlite"))
    }

    @Test("import --json counts documents, splits and repairs")
    func importingJSON() throws {
        let sandbox = try Sandbox()
        var bytes = Data("good ".utf8)
        bytes.append(contentsOf: [0xFF, 0x0A])
        let result = try sandbox.run(["corpus", "import", "odd", "-", "--json"], input: bytes)
        #expect(result.status == 0, "\(result.errors)")
        let object = try result.object()
        #expect(object["documents"] as? Int == 1)
        #expect(object["splits"] as? [String: Int] == ["train": 1])
        #expect(object["repairs"] as? Int == 1)

        let strict = try sandbox.run(
            ["corpus", "import", "odd2", "-", "--strict"], input: bytes)
        expectFailure(strict, mentioning: "UTF-8")
    }

    @Test("list, stats and show print tables and JSON")
    func looking() throws {
        let sandbox = try imported()
        let list = try sandbox.run("corpus", "list")
        #expect(list.lines.count == 2)
        #expect(list.lines[1].hasPrefix("days"))
        #expect(try sandbox.run("corpus", "list", "--json").array()[0]["documents"] as? Int == 4)

        let stats = try sandbox.run("corpus", "stats", "days", "--json").object()
        let labels = try #require(stats["labels"] as? [String: [String: Int]])
        #expect(labels == ["good": ["train": 2], "bad": ["train": 1, "validation": 1]])
        #expect(try sandbox.run("corpus", "stats", "days").output.contains("validation          1"))

        let shown = try sandbox.run(
            "corpus", "show", "days", "--split", "train", "--skip", "1", "--count", "1")
        #expect(shown.output == "[1] train  bad  train.tsv:3\nA poor day.\n")
        let objects = try sandbox.run("corpus", "show", "days", "--json").objects()
        #expect(objects.map { $0["text"] as? String }.last == "Rain again.")
    }

    @Test("split draws the same documents for the same seed")
    func splitting() throws {
        let sandbox = try Sandbox()
        try sandbox.write((1...20).map { "Line \($0).\n" }.joined(), to: "lines.txt")
        for name in ["a", "b"] {
            _ = try sandbox.run("corpus", "import", name, "lines.txt", "--unit", "line")
        }
        func validation(_ name: String, seed: String) throws -> [String?] {
            let split = try sandbox.run(
                "corpus", "split", name, "--validation", "0.2", "--test", "0.1", "--seed", seed)
            #expect(
                split.lines.first == "Corpus '\(name)': 14 train, 4 validation, 2 test documents.")
            return try sandbox.run("corpus", "show", name, "--split", "validation", "--json")
                .objects().map { $0["text"] as? String }
        }
        let first = try validation("a", seed: "3")
        #expect(try validation("b", seed: "3") == first)
        #expect(try validation("b", seed: "4") != first)
    }

    @Test("a single long document can be split by characters")
    func splittingOneDocument() throws {
        let sandbox = try Sandbox()
        try sandbox.write(String(repeating: "abcde", count: 20), to: "long.txt")
        _ = try sandbox.run("corpus", "import", "long", "long.txt", "--unit", "file")
        let result = try sandbox.run(
            "corpus", "split", "long", "--validation", "0.1", "--contiguous", "--json")
        #expect(try result.object()["splits"] as? [String: Int] == ["train": 1, "validation": 1])
    }

    @Test("failures name what is there and what to do")
    func failures() throws {
        let sandbox = try imported()
        expectFailure(
            try sandbox.run("corpus", "stats", "nights"), mentioning: "nights", "days")
        expectFailure(
            try sandbox.run("corpus", "import", "days", "train.tsv"), mentioning: "days", "exists")
        expectFailure(
            try sandbox.run("corpus", "import", "new", "absent.txt"), mentioning: "absent.txt")
        expectFailure(
            try sandbox.run("corpus", "import", "new", "train.tsv", "--text-column", "body"),
            mentioning: "body", "label, text")
        expectFailure(
            try sandbox.run("corpus", "list", "--workspace", "other.sqlite"),
            mentioning: "other.sqlite")
        #expect(!sandbox.exists("other.sqlite"))
    }

    @Test(
        "wrong usage is found before any work",
        arguments: [
            ["corpus", "import", "days"],
            ["corpus", "import", "days", "a.txt", "--force", "--append"],
            ["corpus", "import", "days", "a.txt", "--label-column", "label"],
            ["corpus", "import", "days", "a.txt", "--limit", "0"],
            ["corpus", "import", "days", "-", "-"],
            ["corpus", "split", "days", "--validation", "1.5"],
            ["corpus", "split", "days", "--validation", "0.6", "--test", "0.6"],
            ["corpus", "split", "days", "--whole-documents"],
            ["corpus", "show", "days", "--split", "dev"],
            ["corpus", "show", "days", "--count", "0"],
        ])
    func wrongUsage(arguments: [String]) throws {
        let sandbox = try Sandbox()
        let result = try sandbox.run(arguments, input: .init())
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(!sandbox.exists("sesame.sqlite"))
    }
}
