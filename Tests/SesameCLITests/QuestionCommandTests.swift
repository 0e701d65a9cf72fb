import Foundation
import Testing

@Suite("Questions and answers")
struct QuestionCommandTests {
    private static let context = "the cat saw Ada and the cat saw a ship in Lima ."

    private static func prepared() throws -> Sandbox {
        let sandbox = try Sandbox()
        var paragraphs: [[String: Any]] = []
        for index in 0..<24 {
            let person = ["Ada", "Bob"][index % 2]
            let place = ["Rome", "Lima", "Oslo"][index % 3]
            let context = "the cat saw \(person) and the cat saw a ship in \(place) ."
            paragraphs.append([
                "context": context,
                "qas": [
                    [
                        "id": "a\(index)", "question": "who ?",
                        "answers": [["text": person, "answer_start": 12]],
                    ],
                    [
                        "id": "b\(index)", "question": "where ?",
                        "answers": [["text": place, "answer_start": 42]],
                    ],
                ],
            ])
        }
        let data = try JSONSerialization.data(
            withJSONObject: ["data": [["paragraphs": paragraphs]]])
        try sandbox.write(String(decoding: data, as: UTF8.self), to: "train.json")
        try sandbox.write(
            Array(repeating: context + " who ? where ? Rome Oslo Bob", count: 4)
                .joined(separator: "\n\n"), to: "text.txt")
        _ = try sandbox.run("corpus", "import", "text", "text.txt")
        let vocabulary = try sandbox.run(
            "vocab", "build", "pieces", "--corpus", "text", "--kind", "wordpiece", "--size", "80",
            "--lowercase")
        try #require(vocabulary.status == 0, "\(vocabulary.errors)")
        let base = try sandbox.run(
            "pretrain", "bert", "text", "--tokenizer", "pieces", "--layers", "1", "--heads", "2",
            "--width", "32", "--context", "16", "--steps", "2", "--no-next-sentence", "--quiet")
        try #require(base.status == 0, "\(base.errors)")
        return sandbox
    }

    @Test("files in, fine-tune, evaluate, predict")
    func story() throws {
        let sandbox = try Self.prepared()
        let result = try sandbox.run(
            "finetune", "span", "--train", "train.json", "--validation", "train.json", "--model",
            "models/text-bert", "--epochs", "30", "--learning-rate", "0.005", "--dropout", "0",
            "--batch", "8", "--window-overlap", "4", "--output", "models/answers", "--json",
            "--quiet")
        try #require(result.status == 0, "\(result.errors)")
        let metrics = try #require(result.object()["metrics"] as? [String: Double])
        #expect((metrics["spanF1"] ?? 0) > 0.9)

        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/answers", "--file", "train.json")
        #expect(evaluation.output.contains("exact match"), "\(evaluation.errors)")
        #expect(evaluation.output.contains("48 questions"))

        let line = "{\"id\": \"x\", \"question\": \"who ?\", \"context\": \"\(Self.context)\"}\n"
        let answers = try sandbox.run(
            "predict", "--model", "models/answers", "--json", "--best-answers", "3", input: line)
        let object = try #require(try answers.objects().first, "\(answers.errors)")
        let answer = try #require(object["answer"] as? [String: Any])
        #expect(answer["text"] as? String == "Ada" && object["id"] as? String == "x")
        #expect(answer["start"] as? Int == 12 && answer["end"] as? Int == 15)
        #expect((object["best"] as? [Any])?.count == 3)
        let text = try sandbox.run("predict", "--model", "models/answers", input: line)
        #expect(text.output.hasPrefix("Ada\t"), "\(text.errors)")

        let bad = try sandbox.run("predict", "--model", "models/answers", input: "who?\n")
        expectFailure(bad, mentioning: "standard input line 1", "question")
    }

    @Test("what cannot be trained is said in one line")
    func failures() throws {
        let sandbox = try Self.prepared()
        let other = try sandbox.run(
            "finetune", "span", "text", "--model", "models/text-bert", "--quiet")
        expectFailure(other, mentioning: "--format squad")
        let columns = try sandbox.run(
            "corpus", "import", "q", "train.json", "--label-column", "label")
        #expect(columns.status == 64 && columns.errors.contains("no columns"))
        let short = try sandbox.run(
            "finetune", "span", "text", "--model", "models/text-bert", "--max-length", "4")
        #expect(short.status == 64 && short.errors.contains("8 or more"), "\(short.errors)")
        try sandbox.write("{\"data\": 1}", to: "bad.json")
        let bad = try sandbox.run("corpus", "import", "bad", "bad.json")
        expectFailure(bad, mentioning: "bad.json", "SQuAD")
    }
}
