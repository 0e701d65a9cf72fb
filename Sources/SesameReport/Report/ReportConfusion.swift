/// How often each class was taken for each other, as a table with shades.
struct ReportConfusion {
    let confusion: RunDetails.Confusion
    let heading: String

    func write(_ page: inout Markup) {
        let labels = confusion.labels
        let columns = labels.indices.map { column in
            confusion.counts.reduce(0) { $0 + $1[column] }
        }
        page.element("section") { page in
            page.leaf(heading, "Confusion matrix")
            page.leaf(
                "p",
                "Validation texts by their actual class (rows) and the predicted one (columns), "
                    + "by the weights that are kept. A shade is the share of the row.")
            page.element("div", ["class": "scroll"]) { page in
                page.element("table", ["class": "confusion numbers"]) { page in
                    page.element("thead") { page in
                        page.element("tr") { page in
                            page.leaf("th", ["scope": "col"], "actual \\ predicted")
                            for label in labels { page.leaf("th", ["scope": "col"], label) }
                            for name in ["texts", "recall", "F1"] {
                                page.leaf("th", ["scope": "col", "class": "margin"], name)
                            }
                        }
                    }
                    page.element("tbody") { page in
                        for (index, label) in labels.enumerated() {
                            writeRow(index, label, columns, &page)
                        }
                    }
                    page.element("tfoot") { page in
                        page.element("tr") { page in
                            page.leaf("th", ["scope": "row", "class": "margin"], "precision")
                            for (index, total) in columns.enumerated() {
                                page.leaf(
                                    "td", ["class": "margin"],
                                    Self.share(confusion.counts[index][index], total))
                            }
                            let total = columns.reduce(0, +)
                            page.leaf("td", ["class": "margin"], NumberText.grouped(total))
                            page.empty("td", ["class": "margin", "colspan": "2"])
                        }
                    }
                }
            }
        }
    }

    private func writeRow(
        _ row: Int, _ label: String, _ columns: [Int], _ page: inout Markup
    ) {
        let counts = confusion.counts[row]
        let total = counts.reduce(0, +)
        page.element("tr") { page in
            page.leaf("th", ["scope": "row"], label)
            for (column, count) in counts.enumerated() {
                let share = total == 0 ? 0 : Double(count) / Double(total)
                page.leaf(
                    "td",
                    [
                        "class": column == row ? "cell hit" : "cell",
                        "style": "--share: \(NumberText.fixed(share, 3))",
                        "title": "\(label), predicted as \(confusion.labels[column]): "
                            + "\(count) of \(total)",
                    ], NumberText.grouped(count))
            }
            let hits = counts[row]
            page.leaf("td", ["class": "margin"], NumberText.grouped(total))
            page.leaf("td", ["class": "margin"], Self.share(hits, total))
            page.leaf("td", ["class": "margin"], Self.share(2 * hits, total + columns[row]))
        }
    }

    private static func share(_ part: Int, _ whole: Int) -> String {
        whole == 0 ? "–" : NumberText.percent(Double(part) / Double(whole))
    }
}
