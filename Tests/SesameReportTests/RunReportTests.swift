import Foundation
import SesameReport
import SesameStore
import Testing

@Suite("Reports of runs")
struct RunReportTests {
    let temporary: TemporaryWorkspace
    var workspace: Workspace { temporary.workspace }

    init() throws { temporary = try TemporaryWorkspace() }

    private static let evil = "<script>alert('&\"')</script>\u{7}"

    @Test("a page holds the run's figures, and nothing of its data becomes markup")
    func page() throws {
        try workspace.importCorpus(
            name: "c<b>",
            documents: [
                NewDocument("one two", label: Self.evil), NewDocument("three", label: "good"),
            ])
        let configuration = """
            {"kind":"finetune classify","tokenizer":"\\u003ci\\u003e","dependencies":{"corpus":"c<b>"},\
            "options":{"layerCount":4,"training":{"limit":{"steps":{"_0":100}},"learningRate":0.001}}}
            """
        let id = try temporary.addRun(
            kind: "finetune classify", configuration: configuration, from: 3, to: 1
        ) { run in
            try run.log(step: 60, split: "train", name: "loss", value: .nan)
            try run.addSample(step: 50, prompt: Self.evil, text: "earlier </blockquote>")
            try run.addSample(step: 100, prompt: "The ", text: "sea & \(Self.evil)")
            try run.addCheckpoint(path: "models/<x>", step: 100, metric: "loss", value: 1.2)
            try run.attach(
                name: "confusion",
                json: JSONEncoder().encode(
                    ConfusionFile(labels: [Self.evil, "good"], counts: [[813, 17], [29, 941]])))
            try run.attach(
                name: "predictions",
                json: Data(#"{"actual":[1.5,4.25],"predicted":[1.25,4]}"#.utf8))
            try run.attach(
                name: "command", json: Data(#"[["sesame","finetune","it's <b>"]]"#.utf8))
            let facts = try RunFacts(workspace: workspace, corpus: "c<b>", fingerprint: nil)
            try run.attach(name: RunFacts.artifactName, json: JSONEncoder().encode(facts))
        }
        let report = try RunReport(workspace: workspace, runs: [id])
        #expect(report.title == "Run \(id): finetune classify on c<b>")
        let html = report.html()
        #expect(try wellFormed(html))
        for fragment in ["<script", "<i>", "</blockquote></", "<x>", "c<b>", "\u{7}"] {
            #expect(!html.contains(fragment), "\(fragment)")
        }
        // Nothing is fetched: the only address is the name of SVG's namespace.
        let addresses = html.components(separatedBy: "://").count - 1
        #expect(addresses == html.components(separatedBy: "http://www.w3.org/2000/svg").count - 1)
        for fragment in ["src=", "href=", "url(", "@import"] {
            #expect(!html.contains(fragment), "\(fragment)")
        }

        let cells = ElementTexts("td", in: html).texts
        for figure in [
            "813", "17", "941", "98.0 %", "97.0 %", "1.200", "1.125", "88.8 %", "12 bytes",
        ] {
            #expect(cells.contains(figure), "\(figure)")
        }
        let terms = ElementTexts("dd", in: html).texts
        for figure in ["1.200", "best 1.125 at step 75", "100", "0.001", "4", "1k"] {
            #expect(terms.contains(figure), "\(figure)")
        }
        #expect(ElementTexts("dt", in: html).texts.contains("training.limit.steps"))
        let quotes = ElementTexts("blockquote", in: html).texts
        #expect(quotes.first?.hasPrefix("The sea & <script>") == true)
        #expect(ElementTexts("code", in: html).texts == [#"sesame finetune 'it'\''s <b>'"#])
        #expect(ElementTexts("figcaption", in: html).texts[0].contains("Left out: 1 value"))
        #expect(html.contains("prefers-color-scheme: dark"))
        #expect(html.contains("@media print"))
        // Every chart has a title and a description.
        let charts = html.components(separatedBy: "<svg").count - 1
        #expect(charts >= 5)
        #expect(ElementTexts("desc", in: html).texts.count == charts)
    }

    private struct ConfusionFile: Encodable {
        let labels: [String]
        let counts: [[Int]]
    }

    @Test("several runs share charts, and their differences come first")
    func overlay() throws {
        let a = try temporary.addRun(configuration: #"{"width":64,"layers":2}"#, from: 3, to: 1)
        let b = try temporary.addRun(configuration: #"{"width":128,"layers":2}"#, from: 3, to: 0.5)
        let report = try RunReport(workspace: workspace, runs: [a, b])
        #expect(report.title == "Runs \(a) and \(b)")
        let html = report.html()
        #expect(try wellFormed(html))
        let loss = try #require(report.charts.first)
        #expect(
            loss.series.map(\.name) == [
                "run \(a), training", "run \(a), validation", "run \(b), training",
                "run \(b), validation",
            ])
        #expect(ElementTexts("th", in: html).texts.contains("width"))
        #expect(html.contains("class=\"best\">0.7000 (best 0.6250 at 75)<"))
    }

    @Test("a run without anything, and one with artifacts of another layout, have a page too")
    func emptyRun() throws {
        let run = try workspace.createRun(kind: "k", configuration: "{}")
        try run.attach(name: "confusion", json: Data(#"{"labels":["a"],"counts":[[1,2]]}"#.utf8))
        try run.attach(name: "command", json: Data("7".utf8))
        try run.finish(.failed, message: "no <memory>")
        let html = try RunReport(workspace: workspace, runs: [run.id]).html()
        #expect(try wellFormed(html))
        #expect(html.contains("no &lt;memory&gt;"))
        #expect(!html.contains("Confusion matrix"))
        #expect(throws: StoreError.self) {
            try RunReport(workspace: workspace, runs: [run.id, 99])
        }
    }

    @Test("settings are flat, and the payloads of cases have no name")
    func settings() {
        let settings = Settings(
            json: """
                {"options":{"training":{"warmUp":{"fraction":{"_0":0.05}},"beta2":0.99},"x":null,
                "on":true,"list":[1,"a"],"none":{}},"seed":18446744073709551615,"kind":"k"}
                """)
        #expect(
            settings.entries.map { "\($0.key)=\($0.value)" } == [
                "kind=k", "list=1, a", "none=default", "on=yes", "seed=18446744073709551615",
                "training.beta2=0.99", "training.warmUp.fraction=0.05", "x=none",
            ])
        #expect(Settings(json: "no json").entries.map(\.value) == ["no json"])
    }
}

@Suite("Comparing runs")
struct RunComparisonTests {
    @Test("settings that differ, and final and best values side by side")
    func compare() throws {
        let temporary = try TemporaryWorkspace()
        let a = try temporary.addRun(
            configuration: #"{"width":64,"layers":2,"dropout":0.1}"#, from: 3, to: 1)
        let b = try temporary.addRun(configuration: #"{"width":128,"layers":2}"#, from: 4, to: 2) {
            try $0.log(step: 100, split: "validation", name: "myError", value: 7)
        }
        let comparison = try RunComparison(workspace: temporary.workspace, runs: [b, a])
        #expect(comparison.runs.map(\.id) == [b, a])
        #expect(comparison.differences.map(\.key) == ["dropout", "width"])
        #expect(comparison.differences.map(\.values) == [[nil, "0.1"], ["128", "64"]])
        #expect(comparison.equalCount == 1)

        let loss = try #require(comparison.metrics.first)
        #expect(loss.split == "validation" && loss.name == "loss")
        #expect(loss.bestRun == 1)
        let curve = try #require(loss.curves[1])
        #expect(curve.count == 4)
        #expect(curve.first == RunComparison.Point(step: 25, value: 1.5))
        #expect(curve.last == RunComparison.Point(step: 100, value: 1.2))
        #expect(curve.best == RunComparison.Point(step: 75, value: 1.125))
        #expect(curve.quarters.map(\.step) == [25, 50, 75, 100])
        let custom = try #require(comparison.metrics.first { $0.name == "myError" })
        #expect(custom.curves[1] == nil)
        #expect(custom.bestRun == nil)
        let rate = try #require(comparison.metrics.first { $0.name == "learningRate" })
        #expect(rate.curves[0]?.best == nil)
        let accuracy = try #require(comparison.metrics.first { $0.name == "accuracy" })
        #expect(accuracy.bestRun == 1)
        #expect(MetricDescription(named: "myError").direction == .lower)
        #expect(MetricDescription(named: "reward").direction == .higher)
    }
}
