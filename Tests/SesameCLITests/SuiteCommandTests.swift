import Foundation
import Testing

@Suite("evaluate suite")
struct SuiteCommandTests {
    private static let sets = """
        {"sets": [
          {"name": "topics", "task": "classification", "train": ["topics.txt"], "format": "labelled",
           "heldOut": {"validation": 0.25, "seed": 1}, "metrics": ["accuracy"]},
          {"name": "squad", "task": "questionAnswering", "train": ["squad.json"], "format": "squad",
           "heldOut": {"validation": 0.25, "interleaved": true}, "maxLength": 16, "windowOverlap": 4},
          {"name": "endings", "task": "multipleChoice", "train": ["endings.csv"], "text": "text",
           "endings": ["a", "b"], "heldOut": {"test": 0.5}}
        ]}
        """

    private static func prepared() throws -> Sandbox {
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(
            at: sandbox.folder.appendingPathComponent("data"), withIntermediateDirectories: true)
        try sandbox.write(sets, to: "data/sets.json")
        let names = ["ship", "cat"]
        try sandbox.write(
            (0..<24).map { "\(["sea", "land"][$0 % 2]) the \(names[$0 % 2]) came\n" }.joined(),
            to: "data/topics.txt")
        try sandbox.write(
            "text,a,b,label\n"
                + (0..<24).map { "the \(names[$0 % 2]) came,it sailed,it purred,\($0 % 2)\n" }
                .joined(), to: "data/endings.csv")
        let paragraphs: [[String: Any]] = (0..<24).map { index in
            let name = names[index % 2]
            let answers: [[String: Any]] = [["text": name, "answer_start": 4]]
            return [
                "context": "the \(name) came .",
                "qas": [["id": "\(index)", "question": "who came ?", "answers": answers]],
            ]
        }
        let json = try JSONSerialization.data(withJSONObject: ["data": [["paragraphs": paragraphs]]]
        )
        try sandbox.write(String(decoding: json, as: UTF8.self), to: "data/squad.json")
        try sandbox.write(
            Array(repeating: "the ship came . the cat came . it sailed who purred ?", count: 4)
                .joined(separator: "\n\n"), to: "text.txt")
        _ = try sandbox.run("corpus", "import", "text", "text.txt")
        _ = try sandbox.run(
            "vocab", "build", "pieces", "--corpus", "text", "--kind", "wordpiece", "--size", "60",
            "--lowercase")
        for kind in ["bert", "gpt"] {
            let base = try sandbox.run(
                ["pretrain", kind, "text", "--tokenizer", "pieces", "--layers", "1"]
                    + [
                        "--heads", "2", "--width", "16", "--context", "16", "--steps", "2",
                        "--quiet",
                    ]
                    + (kind == "bert" ? ["--no-next-sentence"] : []), input: Data())
            try #require(base.status == 0, "\(base.errors)")
        }
        return sandbox
    }

    private func suite(_ sandbox: Sandbox, _ options: String...) throws -> CommandResult {
        try sandbox.run(
            ["evaluate", "suite", "data/sets.json", "--seeds", "1,2", "--epochs", "2", "--quiet"]
                + options, input: Data())
    }

    @Test("every kind of set, the same as the single commands")
    func story() throws {
        let sandbox = try Self.prepared()
        let result = try suite(sandbox, "--model", "models/text-bert", "--json", "--output", "all")
        try #require(result.status == 0, "\(result.errors)")
        let results = try #require(result.object()["results"] as? [[String: Any]])
        #expect(
            results.map { $0["set"] as? String }
                == ["topics", "topics", "squad", "squad", "endings", "endings"])
        #expect((try result.object()["omissions"] as? [Any])?.isEmpty == true)

        let common = [
            "--workspace", "all/suite.sqlite", "--model", "models/text-bert", "--seed", "2",
            "--epochs", "2", "--quiet",
        ]
        let commands = [
            (["classify", "topics"], "validation"),
            (["span", "squad", "--max-length", "16", "--window-overlap", "4"], "validation"),
            (["choice", "endings"], "test"),
        ]
        for (index, (command, split)) in commands.enumerated() {
            let name = command[1]
            let trained = try sandbox.run(
                ["finetune"] + command + common + ["--output", "models/\(name)"], input: Data())
            try #require(trained.status == 0, "\(trained.errors)")
            let single = try sandbox.run(
                "evaluate", "--model", "models/\(name)", "--corpus", name, "--split", split,
                "--workspace", "all/suite.sqlite", "--json", "--quiet")
            let metrics = try #require(try single.object()["metrics"] as? [String: Double])
            #expect(results[2 * index + 1]["metrics"] as? [String: Double] == metrics, "\(name)")
        }

        // Once done, the same command has nothing to do; without --resume it overwrites nothing.
        let again = try suite(
            sandbox, "--model", "models/text-bert", "--json", "--output", "all", "--resume")
        #expect(again.status == 0 && again.output == result.output)
        expectFailure(
            try suite(sandbox, "--model", "models/text-bert", "--output", "all"),
            mentioning: "results.json", "exists", "--resume")
        expectFailure(
            try suite(sandbox, "--model", "models/text-bert", "--sets", "topic"),
            mentioning: "no set 'topic'", "topics, squad, endings")
        try sandbox.write("", to: "file")
        expectFailure(
            try suite(sandbox, "--model", "models/text-bert", "--output", "file"),
            mentioning: "file: cannot make a folder")
    }

    @Test("Ctrl-C and --resume end as a run that was left alone")
    func interrupted() throws {
        let sandbox = try Self.prepared()
        func metrics(_ result: CommandResult) throws -> [[String: Double]?] {
            try #require(result.object()["results"] as? [[String: Any]])
                .map { $0["metrics"] as? [String: Double] }
        }
        let whole = try suite(sandbox, "--model", "models/text-bert", "--json", "--output", "all")
        let command = [
            "evaluate", "suite", "data/sets.json", "--seeds", "1,2", "--epochs", "2", "--model",
            "models/text-bert", "--json", "--output", "parts",
        ]
        let first = try sandbox.run(
            command, input: Data(), interruptingAt: "squad, seed 1 (3 of 6)")
        #expect(first.status == 130, "\(first.errors)")
        #expect(first.errors.contains("The same command with --resume goes on from there."))
        #expect(try metrics(first).count < 6)
        let second = try sandbox.run(command + ["--resume"], input: Data())
        try #require(second.status == 0, "\(second.errors)")
        #expect(try metrics(second) == metrics(whole))
    }

    @Test("a GPT leaves out what it cannot learn, and says why")
    func omissions() throws {
        let sandbox = try Self.prepared()
        let result = try suite(sandbox, "--model", "models/text-gpt", "--output", "gpt")
        try #require(result.status == 0, "\(result.errors)")
        let reason = "answering questions needs a BERT, and this is a GPT"
        #expect(result.output.contains("squad is left out: \(reason)."))
        #expect(result.lines.contains { $0.hasPrefix("squad") && $0.hasSuffix("–") })
        #expect(result.lines.contains { $0.hasPrefix("endings") && $0.contains("test") })
        let page = try String(
            contentsOf: sandbox.folder.appendingPathComponent("gpt/index.html"), encoding: .utf8)
        #expect(page.contains("Left out: \(reason)."))
        let alone = try suite(
            sandbox, "--model", "models/text-gpt", "--sets", "squad", "--output", "none")
        expectFailure(alone, mentioning: reason)
    }
}
