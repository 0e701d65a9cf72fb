import Foundation
import Testing

@Suite("ELMo")
struct ELMoCommandTests {
    @Test("Pretrain, train further, embed texts and words, keep a corpus's vectors")
    func elmo() throws {
        let sandbox = try TrainingCommandTests.prepared()
        func run(_ arguments: String...) throws -> String {
            let result = try sandbox.run(arguments + ["--quiet"], input: .init())
            try #require(result.status == 0, "\(arguments): \(result.errors)")
            return result.output
        }
        _ = try run("vocab", "build", "words", "--corpus", "text", "--kind", "word")
        let small = ["--width", "12", "--projection", "6", "--samples", "5", "--steps", "4"]
        let trained = try sandbox.run(
            ["pretrain", "elmo", "text", "--tokenizer", "words", "--json", "--quiet"] + small,
            input: .init())
        try #require(trained.status == 0, "\(trained.errors)")
        #expect(try trained.object()["model"] as? String == "models/text-elmo")
        let further = try sandbox.run(
            ["pretrain", "elmo", "text", "--from", "models/text-elmo", "--output", "models/more"]
                + small, input: .init())
        #expect(further.status == 0, "\(further.errors)")
        let usage = try sandbox.run(["pretrain", "elmo", "text"] + small, input: .init())
        #expect(usage.status == 64 && usage.errors.contains("--tokenizer"))

        try sandbox.write("The cat sat.\nA dog!\n", to: "lines.txt")
        func embed(_ arguments: String...) throws -> [Substring] {
            let result = try sandbox.run(
                ["embed", "--model", "models/text-elmo"] + arguments, input: .init())
            try #require(result.status == 0, "\(arguments): \(result.errors)")
            return result.output.split(separator: "\n", omittingEmptySubsequences: false)
        }
        let texts = try embed("lines.txt")
        #expect(texts.count == 3 && texts[0].split(separator: "\t").count == 12)
        let words = try embed("--words", "lines.txt").map { $0.prefix { $0 != "\t" } }
        #expect(words == ["The", "cat", "sat", ".", "", "A", "dog", "!", "", ""])
        #expect(try embed("--corpus", "text")[0].hasPrefix("Vectors of 40 documents"))
        #expect(try embed("--corpus", "text")[0].contains(" 0 of them new"))
    }
}
