import SesameText
import Testing

@Suite struct SegmenterTests {
    private func words(_ text: String, locale: String = "") throws -> [String] {
        slices(text, try Segmenter(locale: locale).words(in: text))
    }

    @Test("Words without spaces and punctuation")
    func words() throws {
        #expect(try words("Hello, world! It's 3.14.") == ["Hello", "world", "It's", "3.14"])
        #expect(try words("我喜欢学习中文。") == ["我", "喜欢", "学习", "中文"])
        #expect(try words("東京都に行きます").prefix(1) == ["東京"])
        #expect(try words("ภาษาไทยง่าย") == ["ภาษา", "ไทย", "ง่าย"])
        #expect(try words("") == [])
    }

    @Test("Kinds of words")
    func kinds() throws {
        let kinds = try Segmenter().segments(.word, in: "a 1 カ 中").map(\.kind)
        #expect(kinds == [.letter, .none, .number, .none, .ideograph, .none, .ideograph])
    }

    @Test("Sentences keep the white space behind them")
    func sentences() throws {
        let text = "One is here. Two? \"Yes!\" he said.\nThree 3.5 go. 第一句。第二句！"
        #expect(
            slices(text, try Segmenter().sentences(in: text)) == [
                "One is here. ", "Two? ", "\"Yes!\" ", "he said.\n", "Three 3.5 go. ", "第一句。",
                "第二句！",
            ])
    }

    @Test("Graphemes are what Swift takes for characters")
    func graphemes() throws {
        let text = "a\r\ne\u{301}👩‍👩‍👧🇩🇪🇫🇷한\u{1100}\u{1161}"
        #expect(slices(text, try Segmenter().graphemes(in: text)) == text.map(String.init))
    }

    @Test("Ill-formed bytes are segments too, and nothing is lost")
    func illFormed() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0x20, 0xE4, 0xB8, 0x62, 0xF0, 0x9F, 0x98]
        let segmenter = try Segmenter()
        for boundary in Segmenter.Boundary.allCases {
            var ends: [Int] = [0]
            bytes.withUnsafeBufferPointer { buffer in
                segmenter.forEach(boundary, in: buffer) { range, _ in
                    #expect(range.lowerBound == ends.last)
                    ends.append(range.upperBound)
                }
            }
            #expect(ends.last == bytes.count)
        }
    }

    @Test("Many threads may use one segmenter")
    func threads() async throws {
        let segmenter = try Segmenter()
        let text = String(repeating: "The fox. 我喜欢学习。", count: 50)
        let expected = segmenter.words(in: text)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { segmenter.words(in: text) == expected } }
            for await same in group { #expect(same) }
        }
    }
}
