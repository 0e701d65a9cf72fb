import SesameStore

/// What came of a run: evaluations, the confusion matrix or scatter plot, and generated texts.
struct ReportResults {
    let run: RunDetails
    /// The element of headings, as `h2`.
    let heading: String

    func write(_ page: inout Markup) {
        for split in ["validation"] + run.otherSplits { writeEvaluations(split, &page) }
        if let confusion = run.confusion {
            ReportConfusion(confusion: confusion, heading: heading).write(&page)
        }
        if let predictions = run.predictions {
            page.element("section") { page in
                page.leaf(heading, "Predicted and actual values")
                page.element("div", ["class": "medium"]) { page in
                    page.raw(
                        ReportCurves.scatter(predictions).svg(id: "scatter-\(run.summary.id)"))
                }
            }
        }
        writeSamples(&page)
    }

    private func writeEvaluations(_ split: String, _ page: inout Markup) {
        let names = run.metricNames(split)
        let steps = Set(names.flatMap { run.curve(split, $0).map(\.x) }).sorted()
        guard !steps.isEmpty else { return }
        // A long run has its curves; the table keeps to the latest evaluations.
        let shown = steps.suffix(50)
        page.element("section") { page in
            page.leaf(heading, Self.title(split))
            if shown.count < steps.count {
                page.leaf("p", "The last \(shown.count) of \(steps.count).")
            }
            page.element("div", ["class": "scroll"]) { page in
                page.element("table", ["class": "numbers"]) { page in
                    page.element("thead") { page in
                        page.element("tr") { page in
                            page.leaf("th", ["scope": "col"], "Step")
                            for name in names {
                                page.leaf(
                                    "th", ["scope": "col"], MetricDescription(named: name).title)
                            }
                        }
                    }
                    page.element("tbody") { page in
                        for step in shown { writeRow(step, names, split, &page) }
                    }
                }
            }
        }
    }

    private static func title(_ split: String) -> String {
        switch split {
        case "validation": "Evaluations"
        case Metric.averageSplit: "Evaluation of the last checkpoints' mean"
        default: "Evaluations on '\(split)'"
        }
    }

    private func writeRow(
        _ step: Double, _ names: [String], _ split: String, _ page: inout Markup
    ) {
        page.element("tr") { page in
            page.leaf("th", ["scope": "row"], NumberText.grouped(Int(step)))
            for name in names {
                let point = run.curve(split, name).first { $0.x == step }
                page.leaf("td", point.map { MetricDescription(named: name).text($0.y) } ?? "")
            }
        }
    }

    private func writeSamples(_ page: inout Markup) {
        guard let last = run.samples.last else { return }
        page.element("section") { page in
            page.leaf(heading, "Generated text")
            write(last, &page)
            let earlier = run.samples.dropLast()
            guard !earlier.isEmpty else { return }
            page.element("details") { page in
                page.leaf("summary", "Earlier in the training")
                for sample in earlier.suffix(40) { write(sample, &page) }
            }
        }
    }

    private func write(_ sample: SampleRecord, _ page: inout Markup) {
        page.element("figure", ["class": "sample"]) { page in
            page.leaf("figcaption", "After step \(NumberText.grouped(sample.step))")
            page.raw("<blockquote>")
            if !sample.prompt.isEmpty {
                page.raw("<b>\(Markup.escaped(sample.prompt))</b>")
            }
            page.raw("\(Markup.escaped(sample.text))</blockquote>\n")
        }
    }
}
