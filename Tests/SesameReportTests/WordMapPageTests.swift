import Foundation
import SesameReport
import Testing

/// Words on a plane as a page.
struct WordMapPageTests {
    private static func points(_ count: Int) -> [WordMapPage.Point] {
        (0..<count).map { index in
            let angle = Double(index) * 2.399963
            return .init(
                "word\(index)", x: Double(index).squareRoot() * cos(angle),
                y: Double(index).squareRoot() * sin(angle), group: index % 3)
        }
    }

    @Test func pageIsCompleteAndEscaped() throws {
        let page = WordMapPage(
            title: "<words>", explanation: "a & b",
            points: [
                .init("<b>&\"", x: 0, y: 0), .init("naïve", x: 1, y: 2, group: 9),
                .init("none", x: .nan, y: 0),
            ], groups: ["one", "two"])
        let html = page.html()
        #expect(try wellFormed(html))
        #expect(html.contains(">&lt;b&gt;&amp;&quot;</text>") && !html.contains("<b>"))
        #expect(html.contains("dot c1") && html.contains(">one</text>"))
        #expect(!html.contains("http") || !html.contains("src="))
        let svg = page.svg()
        #expect(try wellFormed(svg))
        #expect(svg.contains("prefers-color-scheme: dark"))
        #expect(try wellFormed(WordMapPage(title: "t", explanation: "e", points: []).html()))
    }

    @Test func labelsDoNotOverlap() {
        let points = Self.points(400)
        let layout = WordMapLayout(points.map { ($0.word, $0.x, $0.y) })
        #expect(
            layout.labels.count > 250
                && layout.labels.first?.point == 0)
        let boxes = layout.labels.map { label -> (Double, Double, Double) in
            (label.x, label.y, Double(points[label.point].word.count) * 5)
        }
        for (index, a) in boxes.enumerated() {
            #expect(a.0 >= 0 && a.0 + a.2 <= WordMapLayout.width && a.1 <= WordMapLayout.height)
            for b in boxes[(index + 1)...] {
                let meets = a.0 < b.0 + b.2 && b.0 < a.0 + a.2 && abs(a.1 - b.1) < 10.9
                #expect(!meets)
            }
        }
        #expect(layout.places.allSatisfy { (0...960).contains($0.x) && (0...720).contains($0.y) })
        let page = WordMapPage(title: "t", explanation: "e", points: points).html()
        #expect(page.contains("of 400 words found no room") == (layout.labels.count < 400))
    }
}
