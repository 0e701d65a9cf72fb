import Foundation
import Testing

@Suite("Explanations through the program")
struct ExplainCommandTests {
    @Test("a page, and what cannot be explained or written")
    func story() throws {
        let sandbox = try TrainingCommandTests.prepared()
        let pretraining = try sandbox.run(
            "pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "2", "--layers", "1",
            "--heads", "2", "--width", "16", "--context", "32", "--batch", "4", "--quiet")
        try #require(pretraining.status == 0, "\(pretraining.errors)")
        let explain = ["explain", "--model", "models/text-gpt", "The cat"]
        let page = try sandbox.run(explain, input: .init())
        #expect(page.output == "Explanation: explanation.html.\n", "\(page.errors)")
        #expect(
            String(decoding: try sandbox.read("explanation.html"), as: UTF8.self).contains(
                "</html>"))
        let object = try sandbox.run(explain + ["--json"], input: .init()).object()
        #expect((object["tokens"] as? [String])?.count == 9)
        for (options, mention) in [
            (["--label", "good"], "'good'"),
            (["--output", "models"], "models is a folder"),
            (["--output", "models", "--force"], "models is a folder"),
            (["--output", "none/page.html"], "No such file or directory"),
            (["--output", "sesame.sqlite"], "--force"),
        ] {
            expectFailure(try sandbox.run(explain + options, input: .init()), mentioning: mention)
        }
    }
}
