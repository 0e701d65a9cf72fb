/// One HTML page about how a model reads a text: which tokens speak for its answer, and where its heads look.
///
/// Like a ``RunReport`` it is complete in itself, and everything that comes from data is escaped.
public struct ExplanationPage: Sendable {
    /// What a page of this type has in its `generator` element, for telling it from other files.
    public static let generator = "sesame explain"

    /// How much each token speaks for an answer.
    public struct Attribution: Sendable {
        /// The answer, as "positive (97 %)".
        public var answer: String
        /// A score a token: above 0 for the answer, below 0 against it.
        public var scores: [Float]

        /// Scores for an answer.
        public init(answer: String, scores: [Float]) {
            self.answer = answer
            self.scores = scores
        }
    }

    /// The model's name.
    public var model: String
    /// The text's tokens.
    public var tokens: [String]
    /// What speaks for the answer; nil for a model that gives none.
    public var attribution: Attribution?
    /// For each layer and head the weights `tokens × tokens`, row by row.
    public var attention: [[[Float]]]

    /// A page about a text.
    ///
    /// - Precondition: A score a token, and as many weights as tokens squared in each head.
    public init(
        model: String, tokens: [String], attribution: Attribution?, attention: [[[Float]]]
    ) {
        precondition(
            attribution.map { $0.scores.count == tokens.count } ?? true,
            "\(attribution?.scores.count ?? 0) scores of \(tokens.count) tokens")
        precondition(
            attention.allSatisfy { $0.allSatisfy { $0.count == tokens.count * tokens.count } },
            "weights of other sizes than \(tokens.count) × \(tokens.count)")
        self.model = model
        self.tokens = tokens
        self.attribution = attribution
        self.attention = attention
    }

    /// The page.
    public func html() -> String {
        Markup.page(title: "How \(model) reads a text", generator: Self.generator) { page in
            page.element("header") { page in
                page.leaf("h1", "How \(model) reads a text")
                page.leaf("p", sizes)
            }
            if let attribution { write(attribution, &page) }
            if !attention.isEmpty {
                page.leaf(
                    "p", ["class": "attention"],
                    "Below, a row is a token that looks, a column one that it looks at, in the text's order; the stronger "
                        + "the colour, the larger the share (by its square root, so that small ones show too)."
                )
            }
            for index in attention.indices { writeLayer(index, &page) }
        }
    }

    private var sizes: String {
        func counted(_ count: Int, _ noun: String) -> String {
            "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        let layers =
            attention.first.map {
                ", \(counted(attention.count, "layer")) of \(counted($0.count, "head"))"
            } ?? ""
        return counted(tokens.count, "token") + layers + "."
    }

    private func write(_ attribution: Attribution, _ page: inout Markup) {
        let largest = attribution.scores.map(abs).max() ?? 0
        page.element("section") { page in
            page.leaf("h2", "What speaks for \(attribution.answer)")
            page.leaf(
                "p",
                "Gradient × input of each token: blue speaks for the answer, orange against it, the stronger "
                    + "the more.")
            page.element("p", ["class": "tokens"]) { page in
                for (token, score) in zip(tokens, attribution.scores) {
                    let share = largest > 0 ? Double(abs(score) / largest) : 0
                    page.leaf(
                        "span",
                        [
                            "title": NumberText.short(Double(score)),
                            "class": score < 0 ? "against" : "for",
                            "style": "--share: \(NumberText.fixed(share * 55, 1))%",
                        ], token)
                }
            }
        }
    }

    private func writeLayer(_ index: Int, _ page: inout Markup) {
        let heads = attention[index]
        guard let first = heads.first else { return }
        var mean = [Float](repeating: 0, count: first.count)
        for head in heads {
            for place in mean.indices { mean[place] += head[place] / Float(heads.count) }
        }
        let count = tokens.count
        page.element("section") { page in
            page.leaf("h2", "Layer \(index + 1)")
            page.element("div", ["class": "heads"]) { page in
                for (head, weights) in heads.enumerated() {
                    page.element("figure") { page in
                        page.empty(
                            "img",
                            [
                                "src": ShadePicture(
                                    weights: weights.map { $0.squareRoot() }, width: count
                                ).dataURI,
                                "alt": summary(weights), "width": "\(count)",
                                "height": "\(count)",
                            ])
                        page.leaf("figcaption", "Head \(head + 1)")
                    }
                }
            }
            page.element("details", index == attention.count - 1 ? ["open": "open"] : [:]) { page in
                page.leaf("summary", "All heads' mean, with the tokens' names")
                page.element("div", ["class": "scroll"]) { page in
                    var chart = AttentionChart(
                        title: "Layer \(index + 1), mean of its heads", columns: tokens,
                        rows: tokens,
                        weights: (0..<count).map { Array(mean[$0 * count..<($0 + 1) * count]) })
                    chart.showsRoots = true
                    chart.identifier = "layer-\(index + 1)"
                    page.raw(chart.svg(standalone: false))
                }
            }
        }
    }

    /// What the tokens look at most, for whoever does not see the picture.
    private func summary(_ weights: [Float]) -> String {
        let count = tokens.count
        return tokens.indices.prefix(20).map { row in
            let own = weights[row * count..<(row + 1) * count]
            let best = own.indices.max { own[$0] < own[$1] } ?? row * count
            return "\(tokens[row]) → \(tokens[best - row * count])"
        }.joined(separator: ", ")
    }
}
