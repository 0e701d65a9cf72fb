import Foundation
import Testing

@Suite("Comparing and reporting runs")
struct RunsCommandTests {
    /// Two runs of a small GPT, and one of a classifier on it.
    private static func prepared() throws -> Sandbox {
        let sandbox = try Sandbox()
        var table = "label\ttext\n"
        for index in 0..<40 {
            table += "good<b>\tA good day, the \(index)th of them.\n"
            table += "bad\tA bad day, the \(index)th of them.\n"
        }
        try sandbox.write(table, to: "days.tsv")
        let gpt = [
            "pretrain", "gpt", "days", "--tokenizer", "letters", "--steps", "12", "--layers", "1",
            "--heads", "2", "--width", "16", "--context", "24", "--batch", "4", "--quiet",
        ]
        for arguments in [
            ["corpus", "import", "days", "days.tsv", "--label-column", "label"],
            ["vocab", "build", "letters", "--corpus", "days", "--kind", "character"],
            gpt + ["--output", "models/a"],
            gpt + ["--output", "models/b c", "--learning-rate", "0.01"],
            [
                "finetune", "classify", "days", "--model", "models/a", "--epochs", "2",
                "--output", "models/days", "--quiet",
            ],
        ] {
            let result = try sandbox.run(arguments, input: .init())
            try #require(result.status == 0, "\(arguments): \(result.errors)")
        }
        return sandbox
    }

    @Test("compare shows what differs; report writes a page, and replaces only pages")
    func compareAndReport() throws {
        let sandbox = try Self.prepared()
        let comparison = try sandbox.run("runs", "compare", "1", "2")
        #expect(comparison.status == 0, "\(comparison.errors)")
        #expect(comparison.lines.contains("training.learningRate  0.001         0.01"))
        #expect(!comparison.output.contains("headCount"))
        #expect(comparison.output.contains("validation loss"))
        #expect(comparison.output.contains(" *"))
        let object = try sandbox.run("runs", "compare", "2", "1", "--json").object()
        let differences = try #require(object["differences"] as? [[String: Any]])
        #expect(differences.count == 1)
        #expect(differences[0]["values"] as? [String] == ["0.01", "0.001"])
        #expect((object["runs"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [2, 1])
        let metrics = try #require(object["metrics"] as? [[String: Any]])
        #expect(metrics.first?["name"] as? String == "loss")
        expectFailure(
            try sandbox.run("runs", "compare", "1", "7"), mentioning: "no run '7'", "3, 2, 1")
        #expect(try sandbox.run("runs", "compare", "1").status == 64)
        #expect(try sandbox.run("runs", "compare", "1", "1").status == 64)

        let report = try sandbox.run("runs", "report", "2")
        #expect(report.status == 0, "\(report.errors)")
        #expect(report.output.hasPrefix("Run 2: pretrain gpt on days: run-2.html, "))
        let page = try String(
            contentsOf: sandbox.folder.appendingPathComponent("run-2.html"), encoding: .utf8)
        #expect(page.contains("--output &#39;models/b c&#39; --learning-rate 0.01"))
        #expect(page.contains("<blockquote>"))
        #expect(page.contains("<dd>letters</dd>"))
        #expect(page.contains("prefers-color-scheme: dark"))
        #expect(try sandbox.run("runs", "report", "2").status == 0)

        let classifier = try sandbox.run("runs", "report", "3", "--output", "-")
        #expect(classifier.output.contains("Confusion matrix"))
        #expect(classifier.output.contains("good&lt;b&gt;"))
        #expect(!classifier.output.contains("good<b>"))
        #expect(classifier.output.contains("<dt>Training texts</dt>"))

        try sandbox.write("dear diary", to: "diary.html")
        let refused = ["runs", "report", "1", "2", "--output", "diary.html"]
        expectFailure(try sandbox.run(refused, input: .init()), mentioning: "diary.html", "--force")
        let record = try sandbox.run(refused + ["--force", "--json"], input: .init()).object()
        #expect(record["output"] as? String == "diary.html")
        expectFailure(try sandbox.run("runs", "report", "9"), mentioning: "no run '9'", "3, 2, 1")
        expectFailure(
            try sandbox.run("runs", "report", "1", "--output", "no/such/page.html"),
            mentioning: "no/such/page.html")
    }
}
