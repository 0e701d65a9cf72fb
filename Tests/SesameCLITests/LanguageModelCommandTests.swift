import Foundation
import Testing

@Suite("Language models: n-grams and recurrent ones")
struct LanguageModelCommandTests {
    @Test("n-grams: count, evaluate, generate, export")
    func ngram() throws {
        let sandbox = try TrainingCommandTests.prepared()
        let result = try sandbox.run(
            "pretrain", "ngram", "text", "--tokenizer", "letters", "--order", "4", "--json",
            "--quiet")
        try #require(result.status == 0, "\(result.errors)")
        let object = try result.object()
        #expect(object["model"] as? String == "models/text-ngram")
        let metrics = try #require(object["metrics"] as? [String: Double])
        #expect(try #require(metrics["perplexity"]) < 3)

        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/text-ngram", "--corpus", "text", "--split", "train",
            "--json")
        let measured = try #require(evaluation.object()["metrics"] as? [String: Double])
        #expect(try #require(measured["bitsPerCharacter"]) < 1)

        let generate = [
            "generate", "--model", "models/text-ngram", "--prompt", "Then the ", "--tokens", "20",
        ]
        let text = try sandbox.run(generate + ["--seed", "5"], input: .init())
        #expect(text.output.hasPrefix("Then the "))
        #expect(try sandbox.run(generate + ["--seed", "5"], input: .init()).output == text.output)

        let info = try sandbox.run("model", "info", "models/text-ngram")
        #expect(info.output.contains("SesameNgram (sesame-ngram)"), "\(info.errors)")
        #expect(info.output.contains("continues text"))
        let export = try sandbox.run("model", "export", "models/text-ngram", "text.arpa")
        #expect(export.status == 0, "\(export.errors)")
        let arpa = try String(
            contentsOf: sandbox.folder.appendingPathComponent("text.arpa"), encoding: .utf8)
        #expect(arpa.hasPrefix("\\data\\\nngram 1="))
        #expect(arpa.hasSuffix("\\end\\\n"))
        expectFailure(
            try sandbox.run("model", "export", "models/text-ngram", "text.arpa"),
            mentioning: "text.arpa", "exists")
        expectFailure(
            try sandbox.run("fill-mask", "--model", "models/text-ngram", "A [MASK]."),
            mentioning: "models/text-ngram", "maskedLanguageModel")
        expectFailure(
            try sandbox.run(
                "finetune", "classify", "labelled", "--model", "models/text-ngram"),
            mentioning: "sesame-ngram")
    }
}
