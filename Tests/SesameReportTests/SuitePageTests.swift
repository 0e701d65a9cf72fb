import SesameReport
import Testing

@Suite struct SuitePageTests {
    @Test func figuresAndReasonsAreThere() throws {
        let page = SuitePage(
            model: "<m>", seeds: ["1", "2"],
            rows: [
                SuitePage.Row(
                    set: "names", split: "test", count: "132", metric: "entityF1",
                    values: ["0.8100", "0.8300"], mean: "0.8200", deviation: "0.0141"),
                SuitePage.Row(
                    set: "squad", split: "validation", count: "", metric: "spanF1",
                    values: ["–", "–"], mean: "–", deviation: "–",
                    omission: "answering questions needs a BERT, & this is a GPT"),
            ], isComplete: true)
        let html = page.html()
        #expect(try wellFormed(html))
        #expect(html.contains("&lt;m&gt; on labelled sets"))
        #expect(html.contains("<td>Entity F1</td>") && html.contains(">0.0141</td>"))
        #expect(html.contains("<td>F1 of answers</td>"))
        // One cell in the place of both seeds, mean and deviation.
        #expect(
            html.contains(
                "colspan=\"4\" class=\"note\">Left out: answering questions needs a BERT, &amp; this is a GPT."
            ))
        #expect(!html.contains(">–<"))
    }
}
