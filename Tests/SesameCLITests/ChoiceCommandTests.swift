import Foundation
import Testing

@Suite("Multiple choice")
struct ChoiceCommandTests {
    @Test("files in, fine-tune, evaluate, predict")
    func story() throws {
        let sandbox = try Sandbox()
        var rows = "sent1,sent2,ending0,ending1,ending2,label\n"
        for index in 0..<48 {
            let (word, right) = index % 2 == 0 ? ("ship", "sailed") : ("cat", "purred")
            var endings = ["sang", "fell"]
            endings.insert(right, at: index / 2 % 3)
            rows += "the \(word) came,it,\(endings.joined(separator: ",")),\(index / 2 % 3)\n"
        }
        try sandbox.write(rows, to: "swag.csv")
        try sandbox.write(
            Array(
                repeating: "the ship sailed . the cat purred . it came , sang and fell .", count: 4
            )
            .joined(separator: "\n\n"), to: "text.txt")
        _ = try sandbox.run("corpus", "import", "text", "text.txt")
        _ = try sandbox.run(
            "vocab", "build", "pieces", "--corpus", "text", "--kind", "wordpiece", "--size", "60",
            "--lowercase")
        let base = try sandbox.run(
            "pretrain", "bert", "text", "--tokenizer", "pieces", "--layers", "1", "--heads", "2",
            "--width", "16", "--context", "16", "--steps", "2", "--no-next-sentence", "--quiet")
        try #require(base.status == 0, "\(base.errors)")
        let columns = [
            "--text-column", "sent1", "--stem-column", "sent2", "--ending-columns", "ending0",
            "ending1", "ending2",
        ]
        let result = try sandbox.run(
            ["finetune", "choice", "--train", "swag.csv", "--model", "models/text-bert"] + columns
                + [
                    "--epochs", "20", "--learning-rate", "0.01", "--dropout", "0", "--batch", "8",
                    "--keep", "last", "--json", "--quiet",
                ], input: Data())
        try #require(result.status == 0, "\(result.errors)")
        let metrics = try #require(result.object()["metrics"] as? [String: Double])
        #expect(metrics["accuracy"] == 1)
        let evaluation = try sandbox.run(
            ["evaluate", "--model", "models/swag-choice", "--file", "swag.csv"] + columns,
            input: Data())
        #expect(evaluation.output.contains("accuracy 100.0 %, over 48 texts"), "\(evaluation)")
        let line = "{\"text\": \"the cat came\", \"endings\": [\"it fell\", \"it purred\"]}\n"
        let predicted = try sandbox.run(
            "predict", "--model", "models/swag-choice", "--json", input: line)
        let object = try #require(try predicted.objects().first, "\(predicted.errors)")
        #expect(object["answer"] as? Int == 1 && object["ending"] as? String == "it purred")
        #expect((object["probabilities"] as? [Double])?.count == 2)
        let text = try sandbox.run("predict", "--model", "models/swag-choice", input: line)
        #expect(text.output.hasPrefix("1\t"), "\(text.errors)")

        let bad = try sandbox.run(
            "predict", "--model", "models/swag-choice",
            input: "{\"text\": \"x\", \"endings\": []}\n")
        expectFailure(bad, mentioning: "line 1", "endings")
        let stem = try sandbox.run(
            "corpus", "import", "x", "swag.csv", "--stem-column", "sent2", "--text-column", "sent1")
        #expect(stem.status == 64 && stem.errors.contains("--ending-columns"))
        let none = try sandbox.run(
            "finetune", "choice", "text", "--model", "models/text-bert", "--quiet")
        expectFailure(none, mentioning: "no endings")
    }
}
