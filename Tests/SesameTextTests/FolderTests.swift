import Foundation
import SesameTestSupport
import SesameText
import Testing

/// Model folders in Hugging Face's layout, and the pair of files of byte-level BPE.
@Suite struct FolderTests {
    private func write(_ files: [String: String], to folder: URL) throws {
        for (name, content) in files {
            try Data(content.utf8).write(to: folder.appendingPathComponent(name))
        }
    }

    private let pairs = [
        "vocab.json": #"{"a": 0, "b": 1, "\u0120": 2, "ab": 3, "\u0120ab": 4, "<|endoftext|>": 5}"#,
        "merges.txt": "#version: 0.2\na b\n\u{120} ab\n",
    ]

    @Test("vocab.json and merges.txt, under either name")
    func bytePairs() throws {
        try withTemporaryFolder { folder in
            try write(pairs, to: folder)
            let tokenizer = try Tokenizer.load(folder: folder)
            #expect(tokenizer.kind == .byteLevelBPE)
            #expect(tokenizer.encodeIDs("ab ab<|endoftext|>ba") == [3, 4, 5, 1, 0])
            #expect(tokenizer.decode([3, 4, 5]) == "ab ab")
            let file = folder.appendingPathComponent("vocab.json")
            #expect(try Tokenizer.load(file).fingerprint == tokenizer.fingerprint)
            let json = folder.appendingPathComponent("other.json")
            try tokenizer.save(to: json)
            let loaded = try Tokenizer.load(json)
            #expect(loaded.fingerprint == tokenizer.fingerprint)
            #expect(loaded.encode("ab ab") == tokenizer.encode("ab ab"))
        }
        try withTemporaryFolder { folder in
            try write(
                [
                    "encoder.json": pairs["vocab.json"] ?? "",
                    "vocab.bpe": pairs["merges.txt"] ?? "",
                ],
                to: folder)
            #expect(try Tokenizer.load(folder: folder).encodeIDs(" ab") == [4])
        }
    }

    @Test("Vocabularies and merges that do not go together are refused, naming the place")
    func malformedPairs() throws {
        let cases: [(String, String, TextError.Code, String)] = [
            ("merges.txt", "a b\nb a\n", .invalidMerge, "line 2"),
            ("merges.txt", "#version: 0.2\na c\n", .invalidMerge, "line 2"),
            ("merges.txt", "a b b\n", .invalidMerge, "line 1"),
            ("merges.txt", "ab\n", .invalidMerge, "line 1"),
            ("merges.txt", "a b\n\n\u{120} ab\n", .invalidMerge, "line 2"),
            ("vocab.json", #"{"a": 0, "b": 0}"#, .invalidID, "\"a\" and \"b\""),
            ("vocab.json", #"{"a": 0, "b": 2}"#, .invalidID, "no token of id 1"),
            ("vocab.json", #"{"a": 0, "a": 1}"#, .duplicateToken, "0 and 1"),
            ("vocab.json", #"{"a": 0, "b": "x"}"#, .invalidID, "\"b\""),
            ("vocab.json", #"{"a": 0,"#, .invalidFormat, "cut off"),
            ("vocab.json", "{}", .invalidFormat, "model"),
        ]
        for (name, content, code, words) in cases {
            try withTemporaryFolder { folder in
                try write(pairs.merging([name: content]) { $1 }, to: folder)
                let url = folder.appendingPathComponent("vocab.json")
                let error = textError { _ = try Tokenizer.load(url) }
                #expect(error?.code == code, "\(content): \(error?.description ?? "none")")
                #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
                #expect(error?.description.contains(name) == true)
            }
        }
        try withTemporaryFolder { folder in
            try write(pairs, to: folder)
            try Data([0x61, 0x20, 0xFF, 0x0A]).write(
                to: folder.appendingPathComponent("merges.txt"))
            #expect(textError { _ = try Tokenizer.load(folder: folder) }?.code == .invalidUTF8)
            try FileManager.default.removeItem(at: folder.appendingPathComponent("merges.txt"))
            let error = textError { _ = try Tokenizer.load(folder: folder) }
            #expect(error?.code == .unreadableFile)
            #expect(error?.description.contains("merges.txt") == true)
        }
    }

    @Test("A vocab.txt with what tokenizer_config.json says of it")
    func vocabularyText() throws {
        let lower = smallVocabulary.joined(separator: "\n") + "\n"
        try withTemporaryFolder { folder in
            try write(["vocab.txt": lower], to: folder)
            // No token has a capital, so it is an uncased one.
            #expect(
                try Tokenizer.load(folder: folder).fingerprint == smallTokenizer().fingerprint)
            try write(["tokenizer_config.json": #"{"do_lower_case": false}"#], to: folder)
            #expect(
                try Tokenizer.load(folder: folder).fingerprint
                    == smallTokenizer(lowercase: false).fingerprint)
            try write(
                ["special_tokens_map.json": #"{"pad_token": {"content": "the"}}"#], to: folder)
            #expect(try Tokenizer.load(folder: folder).specialTokens.pad == "the")
            try write(["tokenizer_config.json": "[]"], to: folder)
            #expect(textError { _ = try Tokenizer.load(folder: folder) }?.code == .invalidFormat)
        }
        try withTemporaryFolder { folder in
            let error = textError { _ = try Tokenizer.load(folder: folder) }
            #expect(error?.code == .unreadableFile)
            #expect(error?.description.contains("merges.txt") == true)
        }
    }

    @Test("tokenizer.json counts before the others")
    func tokenizerFile() throws {
        try withTemporaryFolder { folder in
            try write(["vocab.txt": "[UNK]\nx\n"], to: folder)
            var tokenizer = try smallTokenizer()
            tokenizer.truncation = Truncation(maxLength: 7, strategy: .onlyFirst, stride: 2)
            tokenizer.padding = Padding(.fixed(9), side: .left)
            try tokenizer.save(to: folder.appendingPathComponent("tokenizer.json"))
            let loaded = try Tokenizer.load(folder: folder)
            #expect(loaded.fingerprint == tokenizer.fingerprint)
            #expect(loaded.truncation == tokenizer.truncation)
            #expect(loaded.padding == tokenizer.padding)
            #expect(loaded.addedTokens == tokenizer.addedTokens)
        }
    }

    @Test(
        "A published encoder's tokenizer.json is the tokenizer of its vocab.txt",
        .enabled(
            if: ProcessInfo.processInfo.environment["SESAME_ENCODER"] != nil,
            "SESAME_ENCODER is not set"))
    func publishedEncoder() throws {
        let path = try #require(ProcessInfo.processInfo.environment["SESAME_ENCODER"])
        let folder = URL(fileURLWithPath: path)
        let tokenizer = try Tokenizer.load(folder: folder)
        let bare = try Tokenizer.load(folder.appendingPathComponent("vocab.txt"), lowercase: true)
        #expect(tokenizer.kind == .wordpiece && tokenizer.specialTokens == .bert)
        #expect(tokenizer.fingerprint == bare.fingerprint)
        #expect(tokenizer.truncation == Truncation(maxLength: 128))
        #expect(tokenizer.padding == Padding(.fixed(128)))
        let text = "The Café's owner [MASK] n\u{303}o 中国!"
        #expect(tokenizer.encode(text, pair: "b") == bare.encode(text, pair: "b"))
        #expect(try Tokenizer(json: tokenizer.json()).fingerprint == tokenizer.fingerprint)
    }
}
