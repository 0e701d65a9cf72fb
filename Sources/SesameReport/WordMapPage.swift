/// One HTML page with words on a plane.
///
/// Like a ``RunReport`` it is complete in itself, and everything that comes from data is escaped.
public struct WordMapPage: Sendable {
    /// What pages of this kind have in their `generator` element.
    public static let generator = "sesame vectors map"

    /// A word and its place.
    public struct Point: Sendable, Hashable {
        /// The word.
        public var word: String
        /// Its place, in any unit.
        public var x: Double
        /// Its place, in the same unit; up is more.
        public var y: Double
        /// Which of the groups it belongs to, from 0.
        public var group: Int

        /// A word at a place.
        public init(_ word: String, x: Double, y: Double, group: Int = 0) {
            self.word = word
            self.x = x
            self.y = y
            self.group = group
        }
    }

    /// The heading.
    public var title: String
    /// How the places were found, in a sentence or two.
    public var explanation: String
    /// The words, the most important first: they find room for their labels first.
    public var points: [Point]
    /// The groups' names, for a legend; none where there is one group alone.
    public var groups: [String]

    /// A page.
    public init(title: String, explanation: String, points: [Point], groups: [String] = []) {
        self.title = title
        self.explanation = explanation
        self.points = points
        self.groups = groups
    }

    /// The page.
    public func html() -> String {
        let layout = layout
        let hidden = points.count - layout.labels.count
        return Markup.page(title: title, generator: Self.generator) { page in
            page.element("header") { page in
                page.leaf("h1", title)
                page.leaf("p", explanation)
            }
            page.element("figure") { page in
                page.raw(svg(layout, standalone: false))
                if hidden > 0 {
                    page.leaf(
                        "figcaption",
                        "\(hidden) of \(points.count) words found no room for a label; a dot names its "
                            + "word when pointed at.")
                }
            }
        }
    }

    /// The picture alone, as an SVG file of its own.
    public func svg() -> String { svg(layout, standalone: true) }

    private var layout: WordMapLayout {
        WordMapLayout(points.map { ($0.word, $0.x, $0.y) })
    }

    private func svg(_ layout: WordMapLayout, standalone: Bool) -> String {
        let legendHeight = groups.isEmpty ? 0.0 : 30.0
        let number = ChartDrawing.number
        var svg = Markup()
        svg.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "chart map",
                "viewBox":
                    "0 0 \(number(WordMapLayout.width)) \(number(WordMapLayout.height + legendHeight))",
                "role": "img", "aria-labelledby": "map-title map-desc",
            ]
        ) { svg in
            svg.leaf("title", ["id": "map-title"], title)
            svg.leaf("desc", ["id": "map-desc"], "\(points.count) words. \(explanation)")
            if standalone { svg.raw("<style>\(ChartStyle.standalone)</style>\n") }
            let leaders = layout.labels.compactMap { label in
                label.leader.map { end in
                    "M\(number(layout.places[label.point].x)) \(number(layout.places[label.point].y))"
                        + "L\(number(end.x)) \(number(end.y))"
                }
            }
            if !leaders.isEmpty {
                svg.empty("path", ["class": "leader", "d": leaders.joined()])
            }
            for (point, place) in zip(points, layout.places) {
                svg.element(
                    "circle",
                    [
                        "class": "dot c\(point.group % 8)", "cx": number(place.x),
                        "cy": number(place.y), "r": "3",
                    ]
                ) { $0.leaf("title", point.word) }
            }
            for label in layout.labels {
                svg.leaf(
                    "text", ["class": "word", "x": number(label.x), "y": number(label.y)],
                    points[label.point].word)
            }
            drawLegend(&svg, y: WordMapLayout.height + 18)
        }
        return svg.text
    }

    private func drawLegend(_ svg: inout Markup, y: Double) {
        var x = 16.0
        for (index, group) in groups.enumerated() {
            let end = x + 14 + ChartLayout.textWidth(group)
            guard end < WordMapLayout.width else { break }
            svg.empty(
                "circle",
                [
                    "class": "dot c\(index % 8)", "cx": ChartDrawing.number(x),
                    "cy": ChartDrawing.number(y - 4.5), "r": "4",
                ])
            svg.leaf(
                "text", ["x": ChartDrawing.number(x + 10), "y": ChartDrawing.number(y)], group)
            x = end + 22
        }
    }
}
