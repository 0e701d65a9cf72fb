import SesameText
import Testing

@Suite struct UTF8RepairTests {
    @Test(
        "One U+FFFD for each maximal subpart",
        arguments: [
            // The Unicode Standard, tables 3-8 to 3-11.
            (
                [0xC0, 0xAF, 0xE0, 0x80, 0xBF, 0xF0, 0x81, 0x82, 0x41],
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A", 8, 0
            ),
            (
                [0xED, 0xA0, 0x80, 0xED, 0xBF, 0xBF, 0xED, 0xAF, 0x41],
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A", 8, 0
            ),
            (
                [0xF4, 0x91, 0x92, 0x93, 0xFF, 0x41, 0x80, 0xBF, 0x42],
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A\u{FFFD}\u{FFFD}B", 7, 0
            ),
            (
                [0xE1, 0x80, 0xE2, 0xF0, 0x91, 0x92, 0xF1, 0xBF, 0x41],
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A", 4, 0
            ),
            ([0x61, 0xE4, 0xB8], "a\u{FFFD}", 1, 1),
            ([0x61, 0x80], "a\u{FFFD}", 1, 1),
            (Array("0123456789abcdef".utf8) + [0xFF], "0123456789abcdef\u{FFFD}", 1, 16),
            ([], "", 0, -1),
            (Array("中é😀\u{FFFD}".utf8), "中é😀\u{FFFD}", 0, -1),
        ] as [([UInt8], String, Int, Int)])
    func repair(bytes: [UInt8], text: String, count: Int, offset: Int) {
        let result = UTF8Repair.repair(bytes)
        #expect(Array(result.text.utf8) == Array(text.utf8))
        #expect(result.repairCount == count)
        #expect(UTF8Repair.firstInvalidOffset(in: bytes) == (offset < 0 ? nil : offset))
        // Swift's own decoder follows the same rule.
        #expect(Array(String(decoding: bytes, as: UTF8.self).utf8) == Array(text.utf8))
        let error = textError { _ = try UTF8Repair.validate(bytes) }
        #expect(error?.code == (offset < 0 ? nil : .invalidUTF8))
        if offset >= 0 { #expect(error?.description.contains("byte \(offset)") == true) }
    }

    @Test("Random bytes come out as Swift decodes them")
    func randomBytes() {
        var state: UInt64 = 7
        for _ in 0..<2000 {
            let bytes = (0..<40).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let choices: [UInt8] = [
                    0x41, 0x80, 0xBF, 0xC3, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0xFF,
                ]
                return choices[Int(state >> 33) % choices.count]
            }
            let expected = String(decoding: bytes, as: UTF8.self)
            #expect(Array(UTF8Repair.repair(bytes).text.utf8) == Array(expected.utf8))
        }
    }
}
