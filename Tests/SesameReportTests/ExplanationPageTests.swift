import Foundation
import SesameReport
import Testing

@Suite struct ExplanationPageTests {
    @Test func everythingIsThereAndEscaped() throws {
        let page = ExplanationPage(
            model: "<m>", tokens: ["[CLS]", "a&b"],
            attribution: .init(answer: "good (97 %)", scores: [0.5, -0.25]),
            attention: [[[0.75, 0.25, 0, 1], [0.5, 0.5, 0.5, 0.5]]])
        let html = page.html()
        #expect(try wellFormed(html))
        #expect(html.contains("How &lt;m&gt; reads a text"))
        #expect(html.contains("2 tokens, 1 layer of 2 heads."))
        #expect(html.contains("What speaks for good (97 %)"))
        #expect(html.contains("class=\"against\" style=\"--share: 27.5%\">a&amp;b</span>"))
        // What row looks at most, in words.
        #expect(html.contains("alt=\"[CLS] → [CLS], a&amp;b → a&amp;b\""))
        // The mean of the heads, in the chart's tooltips.
        #expect(html.contains("a&amp;b ← [CLS]: 25"))
        // As dark as the root of a quarter.
        #expect(html.contains("fill-opacity: 0.500"))
        #expect(html.contains("id=\"layer-1-title\""))
        let words = ExplanationPage(model: "m", tokens: ["a"], attribution: nil, attention: [])
        #expect(words.html().contains(">1 token.<"))
        #expect(!words.html().contains("a row is a token"))
    }

    /// Squares of 0, 1 and the root of 0.16 and a row of padding to whole bytes, as zlib and PNG's checksums want them.
    @Test func picturesAreWholeFiles() throws {
        let page = ExplanationPage(
            model: "m", tokens: ["a", "b", "c"], attribution: nil,
            attention: [[[0, 1, 0.16, 1, 0, 0, 0, 0, 1]]])
        let html = page.html()
        let start = try #require(html.range(of: "data:image/png;base64,")).upperBound
        let end = try #require(html[start...].firstIndex(of: "\""))
        let png = [UInt8](try #require(Data(base64Encoded: String(html[start..<end]))))
        #expect(png.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // Width and height 3, four bits, colours by number.
        #expect(Array(png[16..<29]) == [0, 0, 0, 3, 0, 0, 0, 3, 4, 3, 0, 0, 0])
        // Every PNG ends with this chunk and this checksum of it.
        #expect(
            png.suffix(12) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
        let data = try #require(
            (0..<png.count - 4).first { png[$0..<$0 + 4].elementsEqual("IDAT".utf8) })
        let rows: [UInt8] = [0, 0x0F, 0x60, 0, 0xF0, 0x00, 0, 0x00, 0xF0]
        #expect(Array(png[data + 4..<data + 11]) == [0x78, 0x01, 1, 9, 0, 0xF6, 0xFF])
        #expect(Array(png[data + 11..<data + 20]) == rows)
        var (a, b) = (1, 0)
        for byte in rows {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        let sum = png[data + 20..<data + 24].reduce(0) { $0 << 8 | Int($1) }
        #expect(sum == b << 16 | a)
    }
}
