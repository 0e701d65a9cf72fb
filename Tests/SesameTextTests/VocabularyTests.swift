import Foundation
import SesameText
import Testing

@Suite struct VocabularyTests {
    @Test("Keys are bytes: canonically equal tokens are two")
    func byteKeys() throws {
        let vocabulary = try Vocabulary(tokens: ["\u{E9}", "e\u{301}", "가", "\u{1100}\u{1161}"])
        #expect(vocabulary.count == 4)
        #expect(vocabulary.id(of: "\u{E9}") == 0)
        #expect(vocabulary.id(of: "e\u{301}") == 1)
        #expect(vocabulary.id(of: "\u{1100}\u{1161}") == 3)
        #expect(vocabulary.id(of: "e") == nil)
        #expect(vocabulary.longestTokenLength == 6)
        #expect(!vocabulary.contains(id: -1) && !vocabulary.contains(id: 4))
    }

    @Test(
        "How a vocab.txt is cut into lines",
        arguments: [
            ("a\nb\n", ["a", "b"]),
            ("a\nb", ["a", "b"]),
            ("a\r\nb\r\n", ["a", "b"]),
            ("a\r\nb\r", ["a", "b"]),
            ("a\nb\r\nc\n", ["a", "b\r", "c"]),
            ("\u{FEFF}a\nb\n", ["a", "b"]),
            ("a\n\u{2028}\n\u{85}\n\u{B}\n", ["a", "\u{2028}", "\u{85}", "\u{B}"]),
            (" a\nb \n", [" a", "b "]),
        ])
    func lines(content: String, tokens: [String]) throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("vocab.txt")
            try Data(content.utf8).write(to: url)
            let found = try Vocabulary.load(url).tokens
            #expect(found.map { Array($0.utf8) } == tokens.map { Array($0.utf8) })
        }
    }

    @Test("Damaged files are refused, naming the line")
    func damagedFiles() throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("vocab.txt")
            let cases: [([UInt8], TextError.Code, String)] = [
                ([], .emptyVocabulary, "no token"),
                (Array("a\n\nb\n".utf8), .emptyToken, "line 2"),
                (Array("a\nb\na\n".utf8), .duplicateToken, "line 3"),
                (Array("a\n".utf8) + [0xFF, 0x0A], .invalidUTF8, "line 2"),
                (Array("a\nb\n".utf8) + [0xE4, 0xB8], .invalidUTF8, "line 3"),
            ]
            for (bytes, code, mention) in cases {
                try Data(bytes).write(to: url)
                let error = textError { _ = try Vocabulary.load(url) }
                #expect(error?.code == code)
                let message = error?.description ?? ""
                #expect(message.contains(mention) && message.contains(url.path), "\(message)")
                #expect(!message.contains("\n"))
            }
            let missing = folder.appendingPathComponent("none.txt")
            #expect(textError { _ = try Vocabulary.load(missing) }?.code == .unreadableFile)
        }
    }

    @Test("What a line cannot hold is refused before anything is written")
    func unwritableTokens() throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("vocab.txt")
            for token in ["\n", "a\nb", "a\r"] {
                let vocabulary = try Vocabulary(tokens: ["x", token])
                #expect(textError { try vocabulary.write(to: url) }?.code == .unwritableToken)
                #expect(!FileManager.default.fileExists(atPath: url.path))
            }
            let nowhere = folder.appendingPathComponent("no/such/vocab.txt")
            let vocabulary = try Vocabulary(tokens: ["x"])
            #expect(textError { try vocabulary.write(to: nowhere) }?.code == .unwritableFile)
        }
    }

    @Test("Counts go with tokens")
    func counts() throws {
        #expect(try Vocabulary(tokens: ["a", "b"], counts: [3, 1]).counts == [3, 1])
        let error = textError { _ = try Vocabulary(tokens: ["a", "b"], counts: [3]) }
        #expect(error?.code == .countMismatch)
        #expect(try Vocabulary(tokens: ["a"], counts: [1]) != Vocabulary(tokens: ["a"]))
    }
}
