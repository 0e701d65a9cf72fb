import SesameText
import Testing

/// Bytes that are not UTF-8 give what their repaired text gives, whatever the tokenizer.
@Suite struct IllFormedInputTests {
    private static let inputs: [[UInt8]] = [
        [0xFF], [0xC2], [0x61, 0xC2, 0x62], [0xE2, 0x80, 0x20, 0x61], [0xF0, 0x9F, 0x98],
        [0xED, 0xA0, 0x80, 0x62], [0xF4, 0x90, 0x80, 0x80], [0x80, 0xBF, 0xC3, 0xA9],
    ]

    private func tokenizers() throws -> [Tokenizer] {
        var characters = try CharacterTrainer(unit: .codePoint)
        var words = try WordTrainer(normalizer: CaseNormalizer(.lower))
        for bytes in Self.inputs {
            bytes.withUnsafeBufferPointer {
                characters.add(utf8: $0, count: 1)
                words.add(utf8: $0, count: 1)
            }
        }
        return [
            try smallTokenizer(), try smallTokenizer(lowercase: false),
            try characters.makeTokenizer(), try words.makeTokenizer(),
        ]
    }

    @Test func bytesEncodeAsTheirRepairedText() throws {
        for tokenizer in try tokenizers() {
            for bytes in Self.inputs {
                let repaired = UTF8Repair.repair(bytes).text
                let ids = bytes.withUnsafeBufferPointer { tokenizer.encodeIDs(utf8: $0) }
                #expect(ids == tokenizer.encodeIDs(repaired), "\(tokenizer.kind) \(bytes)")
            }
        }
    }

    @Test func trainersCountReplacementsAsOneToken() throws {
        let vocabulary = try tokenizers()[2].vocabulary
        let id = try #require(vocabulary.id(of: "\u{FFFD}"))
        // One a maximal subpart: 1, 1, 1, 1, 1, then surrogate 3, too large 4, two stray bytes.
        #expect(vocabulary.counts?[Int(id)] == 14)
    }

    @Test("Where special tokens fill the length, no text is kept", arguments: [1, 2, 3])
    func noRoomForText(maxLength: Int) throws {
        let tokenizer = try smallTokenizer()
        for strategy in Truncation.Strategy.allCases {
            let encoding = tokenizer.encode(
                "the fox", pair: "the quick fox",
                truncation: Truncation(maxLength: maxLength, strategy: strategy))
            #expect(encoding.tokens == ["[CLS]", "[SEP]", "[SEP]"])
        }
    }
}
