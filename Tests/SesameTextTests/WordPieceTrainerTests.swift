import Foundation
import SesameTestSupport
import SesameText
import Testing

@Suite struct WordPieceTrainerTests {
    private let special = SpecialTokens.bert.all

    private func trained(
        _ texts: [(String, Int)], size: Int, lowercase: Bool = true, minimumCount: Int = 1
    ) throws -> Vocabulary {
        var trainer = WordPieceTrainer(
            maximumSize: size, lowercase: lowercase, minimumCount: minimumCount,
            maximumAlphabetSize: 100)
        for (text, count) in texts { trainer.add(text, count: count) }
        return try trainer.finish()
    }

    @Test("The joins of a small text, worked out by hand")
    func handComputed() throws {
        // low ×5, lower ×2, newest ×6, widest ×3: the example of Sennrich et al. 2016.
        // Pairs at first: e-s 9, s-t 9, w-e 8, l-o 7, o-w 7, n-e 6, e-w 6, …
        // Ties go by the order in the vocabulary, where ##e comes before ##s.
        let vocabulary = try trained(
            [("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)], size: 100)
        let alphabet = ["d", "e", "i", "l", "n", "o", "r", "s", "t", "w"]
        let inside = ["##d", "##e", "##i", "##o", "##r", "##s", "##t", "##w"]
        let joins = Array(
            vocabulary.tokens.dropFirst(special.count + alphabet.count + inside.count))
        #expect(Array(vocabulary.tokens.prefix(special.count)) == special)
        #expect(
            Array(vocabulary.tokens.dropFirst(special.count).prefix(alphabet.count)) == alphabet)
        #expect(joins.prefix(4) == ["##es", "##est", "lo", "low"])
        #expect(joins.contains("newest") && joins.contains("widest") && joins.contains("lower"))
        // Counts are those of the tokens in the encoded text.
        let counts = try #require(vocabulary.counts)
        func count(_ token: String) -> Int? { vocabulary.id(of: token).map { counts[Int($0)] } }
        #expect(count("low") == 5 && count("lower") == 2)
        #expect(count("newest") == 6 && count("widest") == 3)
        #expect(count("##est") == 0 && count("[UNK]") == 0)
    }

    @Test("A token that two joins lead to is one entry")
    func joinsThatMeet() throws {
        let vocabulary = try trained([("abc", 10), ("ab", 9), ("xbc", 30)], size: 60)
        #expect(Set(vocabulary.tokens).count == vocabulary.count)
        #expect(vocabulary.id(of: "abc") != nil && vocabulary.id(of: "xbc") != nil)
    }

    @Test("Neither the order of the texts nor their grouping matters")
    func orderDoesNotMatter() throws {
        let texts = (0..<300).map { i in
            (0..<12).map { "w\(String((i * 7919 + $0 * 104_729) % 997, radix: 5))" }
                .joined(separator: " ")
        }
        let forward = try trained(texts.map { ($0, 1) }, size: 200)
        let backward = try trained(texts.reversed().map { ($0, 1) }, size: 200)
        let joined = try trained([(texts.joined(separator: "\n"), 1)], size: 200)
        #expect(forward == backward && forward == joined)
        #expect(forward.count == 200)
    }

    @Test("Case and accents")
    func normalization() throws {
        let uncased = try trained([("Café CAFÉ cafe", 1)], size: 50)
        #expect(uncased.id(of: "cafe") != nil)
        #expect(uncased.tokens.allSatisfy { !$0.contains("C") || special.contains($0) })
        let cased = try trained([("Café Café cafe", 1)], size: 50, lowercase: false)
        #expect(cased.id(of: "Café") != nil && cased.id(of: "cafe") != nil)
    }

    @Test("Rare characters are unknown, and counted so")
    func rareCharacters() throws {
        let vocabulary = try trained([("aa aa ab z", 1)], size: 40, minimumCount: 2)
        #expect(vocabulary.id(of: "z") == nil)
        #expect(vocabulary.counts?[1] == 2)  // "ab" and "z"
    }

    @Test("What cannot be trained says why")
    func errors() {
        let empty = textError { _ = try trained([("  ", 1)], size: 100) }
        #expect(empty?.code == .cannotTrain)
        let tight = textError { _ = try trained([("abcdefgh", 1)], size: 8) }
        #expect(tight?.code == .cannotTrain)
        let noUnknown = textError {
            var trainer = WordPieceTrainer(
                maximumSize: 100, lowercase: true, specialTokens: SpecialTokens(pad: "[PAD]"))
            trainer.add("text")
            _ = try trainer.finish()
        }
        #expect(noUnknown?.code == .cannotTrain)
    }

    @Test("The tokenizer that comes with the vocabulary encodes and decodes")
    func tokenizer() throws {
        var trainer = WordPieceTrainer(maximumSize: 150, lowercase: true, minimumCount: 1)
        trainer.add("The quick brown fox jumps over the lazy dog.", count: 3)
        let tokenizer = try trainer.makeTokenizer()
        let ids = tokenizer.encodeIDs("the lazy fox")
        #expect(tokenizer.decode(ids) == "the lazy fox")
        #expect(!ids.contains(try #require(tokenizer.id(of: \.unknown))))
    }

    @Test(
        "WikiText-2 leaves hardly a word unknown",
        .enabled(if: TestData.file("wikitext-2/wiki.valid.tokens") != nil, "SESAME_DATA is not set")
    )
    func realText() throws {
        let url = try #require(TestData.file("wikitext-2/wiki.valid.tokens"))
        let text = try String(contentsOf: url, encoding: .utf8)
        var trainer = WordPieceTrainer(maximumSize: 8000, lowercase: true)
        trainer.add(text)
        let tokenizer = try trainer.makeTokenizer()
        #expect(tokenizer.vocabulary.count == 8000)
        let ids = tokenizer.encodeIDs(text)
        let unknown = try #require(tokenizer.id(of: \.unknown))
        #expect(ids.count { $0 == unknown } * 200 < ids.count)
        #expect(tokenizer.vocabulary.counts?.reduce(0, +) == ids.count)
    }
}
