import Foundation
import SesameTestSupport
import SesameText
import Testing

/// The reference tokenizations of Google's and Hugging Face's code, with bert-base-uncased's vocabulary.
@Suite("BERT's reference tokenizations")
struct BERTGoldTests {
    private static let vocabulary = TestData.file("vocab-bert/bert-base-uncased-vocab.txt")
    private static let questions = TestData.file(
        "bert-tokenization-gold/bert-base-uncased.questions.json")
    private static let cases = TestData.file("bert-tokenization-gold/bert-base-uncased.cases.json")

    private struct Question: Decodable {
        let original: String
        let basic: [String]
        let wordpiece: [String]
    }

    private struct Case: Decodable {
        struct Encoded: Decodable {
            let input_ids: [Int32]
            let token_type_ids: [Int32]
            let attention_mask: [UInt8]
        }
        let input: String
        let encoded: Encoded
        let decoded_with_special: String
        let decoded_without_special: String
    }

    @Test(
        "7,000 questions, token by token",
        .enabled(if: vocabulary != nil && questions != nil, "SESAME_DATA is not set"))
    func questionsMatch() throws {
        let tokenizer = try Tokenizer.load(try #require(Self.vocabulary), lowercase: true)
        let questions = try JSONDecoder().decode(
            [Question].self, from: Data(contentsOf: try #require(Self.questions)))
        #expect(questions.count == 7000)
        let normalizer = BERTNormalizer()
        for question in questions {
            var aligned = AlignedText(question.original)
            normalizer.normalize(&aligned)
            var ranges: [Range<Int>] = []
            aligned.bytes.withUnsafeBufferPointer {
                BERTPreTokenizer().split($0, into: &ranges)
            }
            let basic = ranges.map { String(decoding: aligned.bytes[$0], as: UTF8.self) }
            #expect(basic == question.basic)
            let encoding = tokenizer.encode(question.original)
            let expected = ["[CLS]"] + question.wordpiece + ["[SEP]"]
            #expect(encoding.tokens == expected)
            #expect(encoding.ids == expected.map { tokenizer.id(of: $0) })
            #expect(tokenizer.encodeIDs(question.original, addSpecialTokens: true) == encoding.ids)
        }
    }

    @Test(
        "18 hard cases, ids and decoded text",
        .enabled(if: vocabulary != nil && cases != nil, "SESAME_DATA is not set"))
    func casesMatch() throws {
        let tokenizer = try Tokenizer.load(try #require(Self.vocabulary), lowercase: true)
        let cases = try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: try #require(Self.cases)))
        #expect(cases.count == 18)
        for item in cases {
            let encoding = tokenizer.encode(item.input)
            #expect(encoding.ids == item.encoded.input_ids, "\(item.input)")
            #expect(encoding.typeIDs == item.encoded.token_type_ids)
            #expect(encoding.attentionMask == item.encoded.attention_mask)
            #expect(
                tokenizer.decode(encoding.ids, skipSpecialTokens: false)
                    == item.decoded_with_special)
            #expect(tokenizer.decode(encoding.ids) == item.decoded_without_special)
        }
    }

    @Test(
        "The published vocabularies are read entry for entry and written back",
        .enabled(if: vocabulary != nil, "SESAME_DATA is not set"),
        arguments: [("uncased", 30_522), ("cased", 28_996), ("chinese", 21_128)])
    func vocabulariesRoundTrip(name: String, count: Int) throws {
        let url = try #require(TestData.file("vocab-bert/bert-base-\(name)-vocab.txt"))
        let vocabulary = try Vocabulary.load(url)
        #expect(vocabulary.count == count)
        for id in 0..<Int32(count) { #expect(vocabulary.id(of: vocabulary.token(id)) == id) }
        // The Chinese vocabulary has a line that is only U+2028.
        if name == "chinese" { #expect(vocabulary.token(343) == "\u{2028}") }
        try withTemporaryFolder { folder in
            let copy = folder.appendingPathComponent("vocab.txt")
            try vocabulary.write(to: copy)
            let (written, original) = (try Data(contentsOf: copy), try Data(contentsOf: url))
            #expect(written == original || written == original + Data([0x0A]))
            let file = folder.appendingPathComponent("tokenizer.json")
            let tokenizer = try Tokenizer.wordPiece(vocabulary: vocabulary, lowercase: false)
            try tokenizer.save(to: file)
            let loaded = try Tokenizer.load(file)
            #expect(loaded.vocabulary == vocabulary)
            #expect(loaded.fingerprint == tokenizer.fingerprint)
        }
    }
}
