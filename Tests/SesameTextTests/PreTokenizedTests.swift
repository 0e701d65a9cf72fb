import Foundation
import SesameText
import Testing

/// Text that is tokenised already: words are what stands between white space, and decoding gives them back.
@Suite struct PreTokenizedTests {
    private static let texts = [
        "a father-figure &apos;s @-@ dog , e.g. 3.5 .",
        "zwei junge weiße männer sind im freien in der nähe vieler büsche .",
        "a dog , a father-figure .",
    ]

    @Test func wordsAreBetweenSpaces() throws {
        var trainer = try WordTrainer(preTokenized: true)
        for text in Self.texts { trainer.add(text) }
        let tokenizer = try trainer.makeTokenizer()
        for text in Self.texts {
            let ids = tokenizer.encodeIDs("  \(text)\u{3000}\t")
            #expect(ids.count == text.split(separator: " ").count)
            #expect(tokenizer.decode(ids) == text)
        }
        #expect(tokenizer.encode(Self.texts[0]).tokens.contains("father-figure"))
    }

    @Test func piecesStayWithinWords() throws {
        var trainer = WordPieceTrainer(
            maximumSize: 200, lowercase: false, minimumCount: 1, preTokenized: true,
            specialTokens: .languageModel)
        for text in Self.texts { trainer.add(text) }
        let tokenizer = try trainer.makeTokenizer()
        for text in Self.texts {
            let ids = tokenizer.encodeIDs(text)
            #expect(tokenizer.decode(ids) == text)
            let starts = ids.count { !tokenizer.isContinuation($0) }
            #expect(starts == text.split(separator: " ").count)
        }
    }

    @Test(arguments: [true, false]) func isKeptInAFile(words: Bool) throws {
        var trainer: any VocabularyTrainer =
            try words
            ? WordTrainer(preTokenized: true)
            : WordPieceTrainer(maximumSize: 70, lowercase: false, preTokenized: true)
        for text in Self.texts { trainer.add(text) }
        let tokenizer = try trainer.makeTokenizer()
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("pretokenized-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: url) }
        try tokenizer.save(to: url)
        let read = try Tokenizer.load(url)
        #expect(read.fingerprint == tokenizer.fingerprint)
        for text in Self.texts {
            #expect(read.encodeIDs(text) == tokenizer.encodeIDs(text))
            #expect(read.decode(read.encodeIDs(text)) == tokenizer.decode(read.encodeIDs(text)))
        }
        #expect(try String(contentsOf: url, encoding: .utf8).contains("WhitespaceSplit"))
    }
}
