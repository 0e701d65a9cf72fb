import SesameReport
import Testing

@Suite("Numbers for people")
struct NumberTextTests {
    @Test(
        "four digits that count",
        arguments: [
            (0, "0"), (1, "1"), (0.5, "0.5"), (2.3026, "2.303"), (0.00012348, "0.0001235"),
            (12345, "12,345"), (999.96, "1000"), (-1234.6, "-1,235"), (2e-5, "2×10⁻⁵"),
            (1e-5, "10⁻⁵"), (1.5e7, "1.5×10⁷"), (-3e-9, "-3×10⁻⁹"), (.infinity, "∞"),
            (-.infinity, "−∞"), (.nan, "not a number"),
        ] as [(Double, String)])
    func short(value: Double, text: String) {
        #expect(NumberText.short(value) == text)
    }

    @Test(
        "counts with a letter",
        arguments: [
            (0, "0"), (7.26, "7.3"), (942, "942"), (18_349, "18.3k"), (999_600, "1M"),
            (1_260_000, "1.3M"), (2.5e9, "2.5G"),
        ] as [(Double, String)])
    func counted(value: Double, text: String) {
        #expect(NumberText.counted(value) == text)
    }

    @Test func others() {
        #expect(NumberText.fixed(-0.0001, 2) == "0.00")
        #expect(NumberText.percent(0.8712) == "87.1 %")
        #expect(NumberText.grouped(1_115_394) == "1,115,394")
        #expect(NumberText.bytes(412) == "412 bytes")
        #expect(NumberText.bytes(1_115_394) == "1.1 MB")
        #expect(NumberText.bytes(81_920) == "81.9 KB")
        #expect(NumberText.duration(seconds: 3.04) == "3.0 s")
        #expect(NumberText.duration(seconds: 200) == "3 min 20 s")
        #expect(NumberText.duration(seconds: 7500) == "2 h 05 min")
    }
}
