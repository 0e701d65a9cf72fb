import Foundation
import Testing

@Suite("Prompts through the program")
struct PromptCommandTests {
    @Test("a corpus, lines, pairs and generated answers")
    func story() throws {
        let sandbox = try TrainingCommandTests.prepared()
        let pretraining = try sandbox.run(
            "pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "20", "--layers", "1",
            "--heads", "2", "--width", "16", "--context", "64", "--batch", "4", "--quiet")
        try #require(pretraining.status == 0, "\(pretraining.errors)")
        let prompt = ["prompt", "--model", "models/text-gpt", "--quiet"]
        let onCorpus =
            prompt + [
                "--corpus", "labelled", "--split", "train", "--template", "{text}", "--limit", "6",
            ]

        // Answers are the corpus's labels; two examples of 30 letters and a question do not fit into 64.
        let scored = try sandbox.run(
            onCorpus + ["--shots", "2", "--json", "--show-prompts"], input: .init())
        try #require(scored.status == 0, "\(scored.errors)")
        let objects = try scored.objects()
        #expect(objects.count == 7)
        for object in objects.dropLast() {
            let probabilities = try #require(object["probabilities"] as? [String: Double])
            #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-9)
            #expect(Set(probabilities.keys) == ["good", "bad"])
            #expect((object["answers"] as? [String: String])?["good"] == " good")
            #expect(object["examples"] as? Int == 1 && object["dropped"] as? Int == 1)
            #expect(["good", "bad"].contains(object["expected"] as? String))
        }
        let metrics = try #require(objects.last?["metrics"] as? [String: Double])
        let right = objects.dropLast().count {
            $0["label"] as? String == $0["expected"] as? String
        }
        #expect(metrics["accuracy"] == Double(right) / 6)
        #expect(objects.last?["shortened"] as? Int == 6)
        // The same seed and any number of threads give the same.
        let again = try sandbox.run(
            onCorpus + ["--shots", "2", "--json", "--show-prompts", "--threads", "1"],
            input: .init())
        #expect(again.output == scored.output)
        let text = try sandbox.run(onCorpus + ["--shots", "2", "--calibrate"], input: .init())
        #expect(text.output.contains("over 6 texts; 6 had room for fewer examples."))

        let lines = try sandbox.run(
            prompt + [
                "--template", #"{text}\n{pair}"#, "--pairs", "--answer", "1=cat", "--answer",
                "0=dog", "--score", "mean",
            ], input: Data("The cat\tran\nThe dog\tsat\n".utf8))
        #expect(lines.status == 0 && lines.lines.count == 2, "\(lines.errors)")
        #expect(lines.lines.allSatisfy { $0.hasPrefix("1\t") || $0.hasPrefix("0\t") })
        // Documents without a label have an answer, and nothing to compare it with.
        try sandbox.write("The cat\n\nThe dog\n", to: "plain.txt")
        _ = try sandbox.run("corpus", "import", "plain", "plain.txt")
        let unlabelled = try sandbox.run(
            prompt + [
                "--corpus", "plain", "--split", "train", "--template", "{text}", "--answer", "cat",
                "--answer", "dog",
            ], input: .init())
        #expect(unlabelled.status == 0 && unlabelled.lines.count == 2, "\(unlabelled.errors)")
        #expect(unlabelled.lines.allSatisfy { $0.contains("\t0.") })
        let written = try sandbox.run(
            prompt + ["--template", "{text}", "--generate", "5", "--json"],
            input: Data("The cat\n".utf8))
        #expect(try written.object()["generated"] is String, "\(written.errors)")
        expectFailure(
            try sandbox.run(
                prompt + ["--template", "{text} {pair}", "--pairs", "--answer", "good"],
                input: Data("one text\n".utf8)),
            mentioning: "standard input line 1: expected two texts", "0 tabs")
        expectFailure(
            try sandbox.run(
                prompt + ["--template", "{text}", "--answer", "good"],
                input: Data((String(repeating: "The cat ", count: 20) + "\n").utf8)),
            mentioning: "line 1", "160 tokens", "64")
    }

    @Test(
        "options that do not go together are refused",
        arguments: [
            (["--template", "{text}"], "--answer"),
            (["--template", "none", "--answer", "a"], "{text}"),
            (["--template", "{text}", "--answer", "a", "--shots", "2"], "corpus"),
            (["--template", "{text}", "--answer", "a", "--examples", "nearest"], "--encoder"),
            (["--template", "{text}", "--generate", "3", "--calibrate"], "--calibrate"),
            (["--template", "{text} {pair}", "--answer", "a"], "--pairs"),
        ])
    func usage(arguments: [String], mentions: String) throws {
        let result = try Sandbox().run(["prompt", "--model", "m"] + arguments, input: .init())
        #expect(result.status == 64 && result.errors.contains(mentions), "\(result.errors)")
    }
}
