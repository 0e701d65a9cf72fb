/// One HTML page with the figures of a model on many sets.
///
/// Like a ``RunReport`` it is complete in itself, and everything that comes from data is escaped.
public struct SuitePage: Sendable {
    /// A metric of a set, its figures in words.
    public struct Row: Sendable {
        /// The set; empty where the row before is of the same.
        public var set: String
        /// The documents that were scored; empty likewise.
        public var split: String
        /// How many they are; empty likewise.
        public var count: String
        /// The metric's name, as it is recorded.
        public var metric: String
        /// Its value with each seed.
        public var values: [String]
        /// The mean of these.
        public var mean: String
        /// Their standard deviation.
        public var deviation: String
        /// Why there are no values, for a set that the model cannot be put to.
        public var omission: String?

        /// A metric of a set.
        public init(
            set: String, split: String, count: String, metric: String, values: [String],
            mean: String, deviation: String, omission: String? = nil
        ) {
            self.set = set
            self.split = split
            self.count = count
            self.metric = metric
            self.values = values
            self.mean = mean
            self.deviation = deviation
            self.omission = omission
        }

        /// The cells of the row, from left to right.
        public var cells: [String] { [set, split, count, metric] + values + [mean, deviation] }
    }

    /// The model's name.
    public var model: String
    /// The seeds, in the order of the values.
    public var seeds: [String]
    /// The figures.
    public var rows: [Row]
    /// Whether every set has been run with every seed.
    public var isComplete: Bool

    /// A page of figures.
    public init(model: String, seeds: [String], rows: [Row], isComplete: Bool) {
        self.model = model
        self.seeds = seeds
        self.rows = rows
        self.isComplete = isComplete
    }

    /// The page.
    public func html() -> String {
        Markup.page(title: "\(model) on labelled sets", generator: "sesame evaluate suite") {
            page in
            page.element("header") { page in
                page.leaf("h1", "\(model) on labelled sets")
                page.leaf(
                    "p",
                    isComplete
                        ? "Fine-tuned on each set with each seed, and scored."
                        : "Not finished: some sets or seeds are still to come.")
            }
            page.element("section") { page in
                page.element("div", ["class": "scroll"]) { page in writeTable(&page) }
            }
        }
    }

    private func writeTable(_ page: inout Markup) {
        let titles: [(name: String, isNumber: Bool)] =
            [("Set", false), ("Split", false), ("Documents", true), ("Metric", false)]
            + (seeds.map { "Seed \($0)" } + ["Mean", "Deviation"]).map { ($0, true) }
        page.element("table", ["class": "suite"]) { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for title in titles {
                        page.leaf(
                            "th", ["scope": "col", "class": title.isNumber ? "number" : ""],
                            title.name)
                    }
                }
            }
            page.element("tbody") { page in
                for row in rows {
                    page.element("tr", ["class": row.set.isEmpty ? "" : "first"]) { page in
                        page.leaf("th", ["scope": "row"], row.set)
                        page.leaf("td", row.split)
                        page.leaf("td", ["class": "number"], row.count)
                        page.leaf("td", MetricDescription(named: row.metric).title)
                        guard let omission = row.omission else {
                            for cell in row.values + [row.mean, row.deviation] {
                                page.leaf("td", ["class": "number"], cell)
                            }
                            return
                        }
                        page.leaf(
                            "td", ["colspan": "\(row.values.count + 2)", "class": "note"],
                            "Left out: \(omission).")
                    }
                }
            }
        }
    }
}
