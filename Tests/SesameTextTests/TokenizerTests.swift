import Foundation
import SesameText
import Testing

/// Tokenizers as a whole, over vocabularies small enough to check by eye.
@Suite struct TokenizerTests {
    // MARK: WordPiece

    @Test(
        "WordPiece takes the longest piece, and a word it cannot cover is unknown",
        arguments: [
            ("unaffable", ["un", "##aff", "##able"]),
            ("The quick foxes jumped!", ["the", "quick", "fox", "##es", "jump", "##ed", "!"]),
            ("abc ab abz", ["ab", "##c", "ab", "[UNK]"]),
            ("don't", ["don", "'", "t"]),
            ("中国a", ["中", "国", "a"]),
            ("café", ["cafe"]),
            ("", []),
            (" \n\t", []),
            ("a[MASK]b", ["a", "[MASK]", "[UNK]"]),
            ("[mask]", ["[UNK]", "[UNK]", "[UNK]"]),
            ("ΟΣ", ["ο", "##σ"]),
            ("\u{0}a\u{FFFD}", ["a"]),
        ])
    func wordPiece(text: String, tokens: [String]) throws {
        let tokenizer = try smallTokenizer()
        #expect(tokenizer.encode(text, addSpecialTokens: false).tokens == tokens)
        #expect(tokenizer.encode(text).tokens == ["[CLS]"] + tokens + ["[SEP]"])
    }

    @Test("Cased models keep case and accents")
    func cased() throws {
        let tokenizer = try smallTokenizer(lowercase: false)
        let encoding = tokenizer.encode("café Cafe caf\u{65}\u{301}", addSpecialTokens: false)
        #expect(encoding.tokens == ["caf", "##é", "[UNK]", "[UNK]"])
    }

    @Test("A word of more than 100 characters is unknown, one of 100 is not")
    func longWords() throws {
        let tokens = smallVocabulary + ["##a"]
        let tokenizer = try Tokenizer.wordPiece(
            vocabulary: Vocabulary(tokens: tokens), lowercase: true)
        let hundred = String(repeating: "a", count: 100)
        #expect(tokenizer.encodeIDs(hundred).count == 100)
        #expect(tokenizer.encodeIDs(hundred + "a") == [1])
    }

    @Test("Offsets are bytes of the original text")
    func offsets() throws {
        let tokenizer = try smallTokenizer()
        let text = "  Thé 中国 cafe\u{301}\u{200B}, UNAFFABLE\u{AD}!"
        let encoding = tokenizer.encode(text)
        #expect(
            encoding.tokens == [
                "[CLS]", "the", "中", "国", "cafe", ",", "un", "##aff", "##able", "!", "[SEP]",
            ])
        #expect(
            slices(text, encoding.offsets) == [
                "", "Thé", "中", "国", "cafe", ",", "UN", "AFF", "ABLE", "!", "",
            ])
        let utf16 = encoding.utf16Offsets(in: text)
        let units = Array(text.utf16)
        #expect(
            utf16.map { String(decoding: units[$0], as: UTF16.self) }
                == slices(text, encoding.offsets))
        #expect(
            encoding.ranges(in: text).map { String(text[$0]) } == slices(text, encoding.offsets))
    }

    @Test("The marks of a decomposed character keep to their own origin")
    func offsetsOfStackedMarks() throws {
        // ê and a dot below: decomposed, the dot comes before the circumflex.
        let tokenizer = try smallTokenizer()
        let text = "th\u{EA}\u{323} a"
        let encoding = tokenizer.encode(text, addSpecialTokens: false)
        #expect(encoding.tokens == ["the", "a"])
        #expect(encoding.offsets == [0..<4, 7..<8])
        var aligned = AlignedText("\u{EA}\u{323}")
        aligned.normalize(.nfd)
        #expect(aligned.text.unicodeScalars.map(\.value) == [0x65, 0x323, 0x302])
        #expect(
            (0..<5).map { aligned.originalRange($0..<$0 + 1) } == [
                0..<2, 2..<4, 2..<4, 0..<2, 0..<2,
            ])
    }

    @Test("Continuations are told from word starts")
    func continuations() throws {
        let tokenizer = try smallTokenizer()
        let ids = tokenizer.encodeIDs("unaffable fox")
        #expect(ids.map(tokenizer.isContinuation) == [false, true, true, false])
        #expect(!tokenizer.isContinuation(-1) && !tokenizer.isContinuation(10_000))
    }

    // MARK: Pairs, truncation, padding

    @Test("A pair has two segments")
    func pairs() throws {
        let tokenizer = try smallTokenizer()
        let encoding = tokenizer.encode("the fox", pair: "a fox!")
        #expect(
            encoding.tokens == ["[CLS]", "the", "fox", "[SEP]", "a", "fox", "!", "[SEP]"])
        #expect(encoding.typeIDs == [0, 0, 0, 0, 1, 1, 1, 1])
        #expect(encoding.attentionMask == [1, 1, 1, 1, 1, 1, 1, 1])
        #expect(encoding.specialTokensMask == [1, 0, 0, 1, 0, 0, 0, 1])
        #expect(encoding.offsets == [0..<0, 0..<3, 4..<7, 0..<0, 0..<1, 2..<5, 5..<6, 0..<0])
        #expect(encoding.sequenceRanges == [1..<3, 4..<7])
        let plain = tokenizer.encode("the fox", pair: "a", addSpecialTokens: false)
        #expect(plain.tokens == ["the", "fox", "a"] && plain.typeIDs == [0, 0, 1])
    }

    @Test(
        "How much of each text is kept",
        arguments: [
            // first, second, most tokens (3 are special), strategy, kept
            (5, 3, 9, Truncation.Strategy.longestFirst, 3, 3),
            (3, 5, 9, .longestFirst, 3, 3),
            (6, 2, 9, .longestFirst, 4, 2),
            (6, 6, 8, .longestFirst, 2, 3),
            (5, 3, 8, .onlyFirst, 2, 3),
            (5, 3, 9, .onlySecond, 5, 1),
            (2, 2, 7, .longestFirst, 2, 2),
            (4, 4, 3, .longestFirst, 0, 0),
        ])
    func truncation(
        first: Int, second: Int, most: Int, strategy: Truncation.Strategy, keptFirst: Int,
        keptSecond: Int
    ) throws {
        let tokenizer = try smallTokenizer()
        let encoding = tokenizer.encode(
            String(repeating: "a ", count: first), pair: String(repeating: "the ", count: second),
            truncation: Truncation(maxLength: most, strategy: strategy))
        #expect(encoding.tokens.count { $0 == "a" } == keptFirst)
        #expect(encoding.tokens.count { $0 == "the" } == keptSecond)
        #expect(encoding.count == keptFirst + keptSecond + 3)
    }

    @Test("Windows with a stride cover the whole text")
    func windows() throws {
        let tokenizer = try smallTokenizer()
        let encoding = tokenizer.encode(
            "un the quick fox jump a ab", truncation: Truncation(maxLength: 5, stride: 1))
        let windows = [encoding] + encoding.overflow
        #expect(
            windows.map(\.tokens) == [
                ["[CLS]", "un", "the", "quick", "[SEP]"],
                ["[CLS]", "quick", "fox", "jump", "[SEP]"],
                ["[CLS]", "jump", "a", "ab", "[SEP]"],
            ])
        #expect(windows[2].offsets[1] == 17..<21)
        let none = tokenizer.encode("un the", truncation: Truncation(maxLength: 5, stride: 1))
        #expect(none.overflow.isEmpty)
    }

    @Test("Padding on either side")
    func padding() throws {
        let tokenizer = try smallTokenizer()
        let right = tokenizer.encode("the fox", padding: Padding(.fixed(6)))
        #expect(right.tokens == ["[CLS]", "the", "fox", "[SEP]", "[PAD]", "[PAD]"])
        #expect(right.attentionMask == [1, 1, 1, 1, 0, 0])
        #expect(right.specialTokensMask == [1, 0, 0, 1, 1, 1])
        let left = tokenizer.encode("the fox", padding: Padding(.fixed(6), side: .left))
        #expect(left.tokens == ["[PAD]", "[PAD]", "[CLS]", "the", "fox", "[SEP]"])
        #expect(left.sequenceRanges == [3..<5])
        #expect(tokenizer.encode("the fox", padding: Padding(.fixed(2))).count == 4)
        let batch = tokenizer.encodeBatch(["a", "the quick fox"], padding: Padding(.longest))
        #expect(batch.map(\.count) == [5, 5])
        #expect(batch[0].attentionMask == [1, 1, 1, 0, 0])
    }

    // MARK: Decoding

    @Test(
        "WordPiece is put together with English spacing",
        arguments: [
            ("the unaffable fox.", "the unaffable fox."),
            ("The  QUICK, fox !", "the quick, fox!"),
            ("don't", "don't"),
            ("中国", "中 国"),
        ])
    func decoding(text: String, expected: String) throws {
        let tokenizer = try smallTokenizer()
        #expect(tokenizer.decode(tokenizer.encode(text).ids) == expected)
    }

    @Test("Special tokens and ids that do not exist")
    func decodingSpecial() throws {
        let tokenizer = try smallTokenizer()
        #expect(
            tokenizer.decode([2, 8, 4, 3, 0], skipSpecialTokens: false)
                == "[CLS] the [MASK] [SEP] [PAD]")
        #expect(tokenizer.decode([2, 8, 4, 3, 0]) == "the")
        #expect(tokenizer.decode([8, -1, 99_999]) == "the \u{FFFD} \u{FFFD}")
        #expect(tokenizer.decode([]) == "")
    }

    // MARK: Characters and words

    @Test("Character tokenizers give the text back", arguments: CharacterUnit.allCases)
    func characters(unit: CharacterUnit) throws {
        let text = "Two\r\nlines, e\u{301}, 👩‍👩‍👧 and 🇩🇪!\n\u{2028} 中国 \t"
        var trainer = try CharacterTrainer(unit: unit)
        trainer.add(text)
        let tokenizer = try trainer.makeTokenizer()
        let encoding = tokenizer.encode(text, addSpecialTokens: false)
        #expect(Array(tokenizer.decode(encoding.ids).utf8) == Array(text.utf8))
        #expect(encoding.count == (unit == .grapheme ? text.count : text.unicodeScalars.count))
        #expect(slices(text, encoding.offsets).joined() == text)
        #expect(tokenizer.encodeIDs(text) == encoding.ids)
        #expect(tokenizer.encode(text).tokens.first == "<bos>")
        #expect(tokenizer.encode(text).tokens.last == "<eos>")
        #expect(tokenizer.encode("x", addSpecialTokens: false).tokens == ["<unk>"])
    }

    @Test("Word tokenizers, with and without white space")
    func words() throws {
        let text = "Hello, world (it's 3.14)! 我喜欢学习。"
        var trainer = try WordTrainer()
        trainer.add(text)
        let tokenizer = try trainer.makeTokenizer()
        let encoding = tokenizer.encode(text, addSpecialTokens: false)
        #expect(
            encoding.tokens.prefix(8) == ["Hello", ",", "world", "(", "it's", "3.14", ")", "!"])
        #expect(slices(text, encoding.offsets) == encoding.tokens)
        #expect(tokenizer.decode(encoding.ids) == "Hello, world (it's 3.14)!我喜欢学习。")
        var exact = try WordTrainer(keepsWhiteSpace: true)
        exact.add("a  b\n\nc")
        let lossless = try exact.makeTokenizer()
        #expect(lossless.decode(lossless.encodeIDs("c  b\n\na")) == "c  b\n\na")
    }
}
