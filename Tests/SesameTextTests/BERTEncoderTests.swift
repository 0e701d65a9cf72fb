import SesameTestSupport
import SesameText
import Testing

/// The fast way through BERT's stages gives what the stages give.
@Suite struct BERTEncoderTests {
    /// Pieces of text that are hard in some way.
    private static let pieces = [
        "the", "Quick", "FOX", "jumped", ",", ".", "!", "don't", " ", "\t", "\n", "\r\n", "\u{A0}",
        "\u{2028}", "\u{85}", "\0", "\u{7F}", "\u{FFFD}", "\u{AD}", "\u{200D}", "é", "e\u{301}",
        "É",
        "\u{301}", "\u{323}", "ê\u{323}", "\u{344}", "中", "国", "\u{F900}", "\u{2F81A}", "İ", "Σ",
        "ΟΔΟΣ", "ß", "ẞ", "ﬁ", "한", "あ", "\u{37E}", "≯", "…", "“", "👩‍👩‍👧", "\u{E0001}", "\u{378}",
        "\u{F73}", "\u{1D15E}", "ไทย", "a\u{5B0}\u{94D}\u{3099}",
    ]

    @Test("Random mixtures of hard pieces", arguments: [true, false])
    func agreesWithStages(lowercase: Bool) throws {
        let tokenizer = try smallTokenizer(lowercase: lowercase)
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<3000 {
            let text = (0..<next(12)).map { _ in Self.pieces[next(Self.pieces.count)] }.joined()
            let stages = tokenizer.tokensByStages(of: text)
            let encoding = tokenizer.encode(text, addSpecialTokens: false)
            #expect(encoding.ids == stages.ids, "\(text.unicodeScalars.map(\.value))")
            #expect(encoding.offsets == stages.offsets, "\(text.unicodeScalars.map(\.value))")
            #expect(tokenizer.encodeIDs(text) == stages.ids)
        }
    }

    @Test("Every code point between two letters", arguments: [true, false])
    func everyCodePoint(lowercase: Bool) throws {
        let tokenizer = try smallTokenizer(lowercase: lowercase)
        var text = ""
        // Every seventh code point of the first planes keeps the test short.
        for value in stride(from: UInt32(1), to: 0x30000, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            text.unicodeScalars.append("a")
            text.unicodeScalars.append(scalar)
            text.unicodeScalars.append("b")
            if value % 3 == 0 { text.unicodeScalars.append(" ") }
        }
        let stages = tokenizer.tokensByStages(of: text)
        let encoding = tokenizer.encode(text, addSpecialTokens: false)
        #expect(encoding.ids == stages.ids)
        #expect(encoding.offsets == stages.offsets)
    }

    @Test("More different words than the cache holds")
    func manyWords() throws {
        let tokenizer = try smallTokenizer()
        let words = (0..<150_000).map { "a\(String($0, radix: 2))" }
        let text = (words + words.reversed()).joined(separator: " ") + " ab abc the"
        let ids = tokenizer.encodeIDs(text)
        #expect(ids.count == 300_004)
        #expect(ids.prefix(300_000).allSatisfy { $0 == 1 })
        #expect(Array(ids.suffix(4)) == tokenizer.encodeIDs("ab abc the"))
    }

    @Test("Batches equal single texts, on any number of threads", arguments: [1, 2, 3, 8])
    func batches(threads: Int) throws {
        let tokenizer = try smallTokenizer()
        let texts = (0..<500).map { "The quick fox\($0 % 7 == 0 ? "es" : "") jumped, \($0)!" }
        let expected = texts.map { tokenizer.encode($0) }
        #expect(tokenizer.encodeBatch(texts, threads: threads) == expected)
        #expect(
            tokenizer.encodeIDsBatch(texts, addSpecialTokens: true, threads: threads)
                == expected.map(\.ids))
    }
}
