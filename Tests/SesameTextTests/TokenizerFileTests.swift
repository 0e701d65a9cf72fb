import Foundation
import SesameText
import Testing

@Suite struct TokenizerFileTests {
    private static let text = "The Quick fox, unaffable! 中国 e\u{301} don't\r\nstop"

    private func tokenizers() throws -> [Tokenizer] {
        var character = try CharacterTrainer(unit: .grapheme, normalizer: FormNormalizer(.nfkc))
        var codePoint = try CharacterTrainer(unit: .codePoint, specialTokens: .none)
        var word = try WordTrainer(
            normalizer: NormalizerSequence([FormNormalizer(.nfc), CaseNormalizer(.lower)]))
        var spaced = try WordTrainer(normalizer: AccentStripper(), keepsWhiteSpace: true)
        var piece = WordPieceTrainer(maximumSize: 90, lowercase: true, minimumCount: 1)
        character.add(Self.text)
        codePoint.add(Self.text)
        word.add(Self.text)
        spaced.add(Self.text)
        piece.add(Self.text)
        return [
            try character.makeTokenizer(), try codePoint.makeTokenizer(), try word.makeTokenizer(),
            try spaced.makeTokenizer(), try piece.makeTokenizer(),
            try smallTokenizer(lowercase: false),
        ]
    }

    @Test("A saved tokenizer comes back the same")
    func roundTrip() throws {
        try withTemporaryFolder { folder in
            for (index, tokenizer) in try tokenizers().enumerated() {
                let url = folder.appendingPathComponent("\(index).json")
                try tokenizer.save(to: url)
                let loaded = try Tokenizer.load(url)
                #expect(loaded.kind == tokenizer.kind)
                #expect(loaded.vocabulary == tokenizer.vocabulary)
                #expect(loaded.specialTokens == tokenizer.specialTokens)
                #expect(loaded.fingerprint == tokenizer.fingerprint)
                #expect(
                    loaded.encode(Self.text, pair: "fox")
                        == tokenizer.encode(Self.text, pair: "fox"))
                let ids = tokenizer.encodeIDs(Self.text)
                #expect(loaded.decode(ids) == tokenizer.decode(ids))
                #expect(try loaded.json() == tokenizer.json())
            }
        }
    }

    @Test("Fingerprints tell tokenizers apart, and stay the same from run to run")
    func fingerprints() throws {
        let all = try tokenizers().map(\.fingerprint)
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { $0.count == 32 })
        let (cased, uncased) = (try smallTokenizer(lowercase: false), try smallTokenizer())
        #expect(cased.fingerprint != uncased.fingerprint)
        #expect(try smallTokenizer().fingerprint == uncased.fingerprint)
    }

    @Test("A vocab.txt is a WordPiece tokenizer with the special tokens it has")
    func bareVocabulary() throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("vocab.txt")
            try Vocabulary(tokens: smallVocabulary).write(to: url)
            let tokenizer = try Tokenizer.load(url, lowercase: true)
            #expect(tokenizer.kind == .wordpiece)
            #expect(tokenizer.specialTokens == .bert)
            #expect(tokenizer.fingerprint == (try smallTokenizer().fingerprint))
            #expect(tokenizer.id(of: \.mask) == 4 && tokenizer.id(of: \.beginning) == nil)
            try Vocabulary(tokens: ["a", "b"]).write(to: url)
            #expect(textError { _ = try Tokenizer.load(url) }?.code == .missingSpecialToken)
        }
    }

    @Test("Damaged or foreign files are refused")
    func damagedFiles() throws {
        let good = String(decoding: try smallTokenizer().json(), as: UTF8.self)
        func changed(_ old: String, _ new: String) -> String {
            #expect(good.contains(old), "\(old)")
            return good.replacingOccurrences(of: old, with: new)
        }
        let cases: [(String, TextError.Code)] = [
            ("", .invalidFormat),
            ("{}", .invalidFormat),
            ("[1, 2]", .invalidFormat),
            ("nul", .invalidFormat),
            ("{\"model\": null}", .invalidFormat),
            ("{\"model\": 3}", .invalidOption),
            ("{\"model\": {\"type\": \"WordPiece\"}}", .invalidOption),
            (String(good.prefix(good.count / 2)), .invalidFormat),
            (good + "}", .invalidFormat),
            (String(repeating: "[", count: 100_000), .invalidFormat),
            ("{\"a\": \"\\ud800\"}", .invalidFormat),
            ("{\"a\": 1e999}", .invalidFormat),
            (changed("\"version\": \"1.0\"", "\"version\": \"2.0\""), .unsupportedVersion),
            (changed("\"kind\": \"wordpiece\"", "\"kind\": \"telepathy\""), .invalidOption),
            (changed("\"un\": 5", "\"un\": \"5\""), .invalidID),
            (changed("\"un\": 5", "\"un\": -5"), .invalidID),
            (changed("\"un\": 5", "\"un\": 6"), .invalidID),
            (changed("\"un\": 5", "\"un\": 5000000000000"), .invalidID),
            (changed("\"##aff\": 6", "\"un\": 6"), .duplicateToken),
            (changed("\"##aff\": 6", "\"\": 6"), .emptyToken),
            (changed("\"WordPiece\",\n    \"cont", "\"Unigram\",\n    \"cont"), .unknownStage),
        ]
        for (content, code) in cases {
            let error = textError { _ = try Tokenizer(json: Data(content.utf8)) }
            #expect(error?.code == code, "\(content.prefix(80)): \(error?.description ?? "none")")
            #expect(error.map { !$0.description.contains("\n") } == true)
        }
        let error = textError { _ = try Tokenizer(json: Data([0x7B, 0x22, 0xFF, 0x22, 0x7D])) }
        #expect(error?.code == .invalidUTF8)
    }

    @Test("Options of the wrong type and unknown stages are named")
    func damagedStages() throws {
        let good = try #require(
            try JSONSerialization.jsonObject(with: smallTokenizer().json()) as? [String: Any])
        func error(_ stage: String, _ change: (inout [String: Any]) -> Void) throws -> TextError? {
            var file = good
            var options = try #require(file[stage] as? [String: Any])
            change(&options)
            file[stage] = options
            let data = try JSONSerialization.data(withJSONObject: file)
            return textError { _ = try Tokenizer(json: data) }
        }
        func code(_ stage: String, _ change: (inout [String: Any]) -> Void) throws -> TextError
            .Code?
        {
            try error(stage, change)?.code
        }
        for stage in ["normalizer", "pre_tokenizer", "model", "post_processor", "decoder"] {
            let error = try error(stage) { $0["type"] = "Unheard" }
            #expect(error?.code == .unknownStage, "\(stage)")
            // The message names what was found and what there is.
            #expect(error?.description.contains("\"Unheard\"; there are ") == true)
        }
        #expect(try code("normalizer") { $0["lowercase"] = "yes" } == .invalidOption)
        #expect(try code("model") { $0["max_input_chars_per_word"] = 0 } == .invalidOption)
        #expect(try code("model") { $0["unk_token"] = "[NONE]" } == .missingSpecialToken)
        #expect(try code("model") { $0["vocab"] = ["a"] } == .invalidOption)
        #expect(try code("pre_tokenizer") { $0["type"] = "ByteLevel" } == .invalidOption)
        #expect(try code("pre_tokenizer") { $0["type"] = "Split" } == .invalidOption)
        #expect(try code("post_processor") { $0["single"] = ["$A:0"] } == .invalidOption)
        #expect(try code("post_processor") { $0["pair"] = $0["single"] } == .invalidOption)
        #expect(
            try code("post_processor") {
                $0["special_tokens"] = [String: Any]()
                $0["single"] = [
                    ["SpecialToken": ["id": "[NONE]", "type_id": 0]],
                    ["Sequence": ["id": "A", "type_id": 0]],
                ]
            } == .missingSpecialToken)
        #expect(try code("model") { _ in } == nil)
        func added(_ change: (inout [String: Any]) -> Void) throws -> TextError.Code? {
            var file = good
            var tokens = try #require(file["added_tokens"] as? [[String: Any]])
            change(&tokens[0])
            file["added_tokens"] = tokens
            let data = try JSONSerialization.data(withJSONObject: file)
            return textError { _ = try Tokenizer(json: data) }?.code
        }
        #expect(try added { _ in } == nil)
        #expect(try added { $0["id"] = 3 } == .invalidID)
        #expect(try added { $0["id"] = 99 } == .invalidID)
        #expect(try added { $0["single_word"] = true } == .invalidOption)
        #expect(try added { $0["normalized"] = true } == .invalidOption)
        #expect(try added { $0["content"] = nil } == .invalidOption)
    }

    @Test("Two spellings of one letter are two tokens")
    func canonicalEquivalence() throws {
        let tokens = ["[UNK]", "\u{E9}", "e\u{301}", "\u{C5}", "\u{212B}", "\"", "\\", "\n", "/"]
        let tokenizer = try Tokenizer.character(
            vocabulary: Vocabulary(tokens: tokens), unit: .grapheme)
        let loaded = try Tokenizer(json: tokenizer.json())
        #expect(loaded.vocabulary.count == tokens.count)
        #expect(
            loaded.encodeIDs("\u{E9}e\u{301}\u{C5}\u{212B}\"\\\n/") == [1, 2, 3, 4, 5, 6, 7, 8])
    }
}
