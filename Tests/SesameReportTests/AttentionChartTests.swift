import SesameReport
import Testing

@Suite("Attention charts")
struct AttentionChartTests {
    private let chart = AttentionChart(
        title: "a <b>", columns: ["ein", "hund", "<eos>"], rows: ["a", "dog"],
        weights: [[0.7, 0.2, 0.1], [0, 1.2, -0.1]])

    @Test(
        "are well-formed, with a square a weight and the figures in words",
        arguments: [true, false])
    func drawing(standalone: Bool) throws {
        let svg = chart.svg(standalone: standalone)
        #expect(try wellFormed(svg))
        #expect(svg.contains("<style>") == standalone)
        #expect(svg.split(separator: "<rect").count == 7)
        // What rounding left outside 0...1 is drawn as 0 or 1.
        for share in ["0.700", "0.200", "0.100", "0.000", "1.000"] {
            #expect(svg.contains("fill-opacity: \(share)\""), "\(share)")
        }
        #expect(
            ElementTexts("desc", in: svg).texts == [
                "a looks most at ein (70 %); dog looks most at hund (100 %)"
            ])
        #expect(ElementTexts("text", in: svg).texts == ["ein", "hund", "<eos>", "a", "dog"])
    }

    @Test("may be empty")
    func empty() throws {
        let svg = AttentionChart(title: "none", columns: [], rows: [], weights: [])
            .svg(standalone: true)
        #expect(try wellFormed(svg))
    }
}
