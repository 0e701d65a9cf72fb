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
            ("{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\"}}", .invalidFormat),
            (String(good.prefix(good.count / 2)), .invalidFormat),
            (changed("\"version\":1", "\"version\":2"), .unsupportedVersion),
            (changed("\"version\":1", "\"version\":0"), .invalidFormat),
            (changed("\"kind\":\"wordpiece\"", "\"kind\":\"telepathy\""), .invalidFormat),
            ("{\"format\":\"sesame-tokenizer\",\"version\":1}", .invalidFormat),
        ]
        for (content, code) in cases {
            let error = textError { _ = try Tokenizer(json: Data(content.utf8)) }
            #expect(error?.code == code, "\(content.prefix(80))")
            #expect(error.map { !$0.description.contains("\n") } == true)
        }
    }

    @Test("Options of the wrong type and unknown stages are named")
    func damagedStages() throws {
        let good = try #require(
            try JSONSerialization.jsonObject(with: smallTokenizer().json()) as? [String: Any])
        func code(_ stage: String, _ change: (inout [String: Any]) -> Void) throws -> TextError
            .Code?
        {
            var file = good
            var options = try #require(file[stage] as? [String: Any])
            change(&options)
            file[stage] = options
            let data = try JSONSerialization.data(withJSONObject: file)
            return textError { _ = try Tokenizer(json: data) }?.code
        }
        #expect(try code("normalizer") { $0["type"] = "unheard of" } == .unknownStage)
        #expect(try code("preTokenizer") { $0["type"] = "unheard of" } == .unknownStage)
        #expect(try code("model") { $0["type"] = "unheard of" } == .unknownStage)
        #expect(try code("postProcessor") { $0["type"] = "unheard of" } == .unknownStage)
        #expect(try code("decoder") { $0["type"] = "unheard of" } == .unknownStage)
        #expect(try code("normalizer") { $0["lowercase"] = "yes" } == .invalidOption)
        #expect(try code("model") { $0["maximumWordLength"] = 0 } == .invalidOption)
        #expect(try code("model") { $0["unknownToken"] = nil } == .invalidOption)
        #expect(try code("model") { $0["unknownToken"] = "[NONE]" } == .missingSpecialToken)
        #expect(try code("postProcessor") { $0["single"] = ["$A:0", "$A:0"] } == .invalidOption)
        #expect(try code("postProcessor") { $0["pair"] = ["$A"] } == .invalidOption)
        #expect(
            try code("postProcessor") { $0["single"] = ["[NONE]:0", "$A:0"] }
                == .missingSpecialToken)
        #expect(try code("model") { _ in } == nil)
    }
}
