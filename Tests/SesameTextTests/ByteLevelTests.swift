import Foundation
import SesameTestSupport
import SesameText
import Testing

/// Byte-level BPE against Hugging Face's tokenizers 0.23; see Goldens/make_goldens.py.
@Suite struct ByteLevelTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let text: String
            let prefix: Bool
            let trim: Bool
            let ids: [Int32]
            let offsets: [[Int]]
            let splits: [[Int]]
            let decoded: String
        }
        struct Run: Decodable {
            let start: UInt32
            let kind: String

            init(from decoder: any Swift.Decoder) throws {
                var container = try decoder.unkeyedContainer()
                start = try container.decode(UInt32.self)
                kind = try container.decode(String.self)
            }
        }
        let cases: [Case]
        let classes: [Run]
    }

    private static func url(_ name: String) throws -> URL {
        try #require(
            Bundle.module.url(
                forResource: name, withExtension: "json", subdirectory: "Goldens"))
    }

    private func golden() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(contentsOf: Self.url("bytelevel")))
    }

    /// The small tokenizer of the goldens, set up otherwise.
    private func tokenizer(prefix: Bool, trim: Bool) throws -> Tokenizer {
        let base = try Tokenizer.load(Self.url("small-bpe"))
        let model = try #require(base.model as? ByteLevelBPEModel)
        return try Tokenizer.byteLevelBPE(
            vocabulary: base.vocabulary,
            merges: model.merges.map {
                (base.vocabulary.token($0.left), base.vocabulary.token($0.right))
            },
            addsPrefixSpace: prefix, trimsOffsets: trim)
    }

    @Test("Hard texts: pre-tokens, ids, offsets and decoded text", arguments: [false, true])
    func hardTexts(prefix: Bool) throws {
        let cases = try golden().cases.filter { $0.prefix == prefix }
        #expect(cases.count > 100)
        for trim in [false, true] {
            let tokenizer = try tokenizer(prefix: prefix, trim: trim)
            for item in cases where item.trim == trim {
                let comment = Comment(rawValue: "\(item.text.debugDescription) trim \(trim)")
                var splits: [Range<Int>] = []
                Array(item.text.utf8).withUnsafeBufferPointer {
                    ByteLevelPreTokenizer().split($0, into: &splits)
                }
                #expect(splits == item.splits.map { $0[0]..<$0[1] }, comment)
                let encoding = tokenizer.encode(item.text)
                #expect(encoding.ids == item.ids, comment)
                #expect(encoding.offsets == item.offsets.map { $0[0]..<$0[1] }, comment)
                #expect(tokenizer.encodeIDs(item.text) == item.ids, comment)
                #expect(tokenizer.decode(item.ids) == item.decoded, comment)
            }
        }
    }

    @Test("The fast way gives what the stages give", arguments: [false, true])
    func fastWay(prefix: Bool) throws {
        let tokenizer = try tokenizer(prefix: prefix, trim: false)
        for item in try golden().cases where !item.text.contains("<|endoftext|>") {
            let stages = tokenizer.tokensByStages(of: item.text)
            let encoding = tokenizer.encode(item.text)
            #expect(encoding.ids == stages.ids, "\(item.text.debugDescription)")
            #expect(encoding.offsets == stages.offsets, "\(item.text.debugDescription)")
        }
    }

    @Test("Letters, numbers and white space are those of the reference, but for newer characters")
    func classes() throws {
        let runs = try golden().classes
        var differences: [UInt32] = []
        for (index, run) in runs.enumerated() {
            let end = index + 1 < runs.count ? runs[index + 1].start : 0x11_0000
            // All of the smaller runs, both ends of the others.
            let points =
                end - run.start < 64
                ? Array(run.start..<end) : [run.start, run.start + 1, end - 2, end - 1]
            // A space goes with what is behind it, which the other tests show.
            for point in points where point != 0x20 {
                guard let scalar = Unicode.Scalar(point) else { continue }
                let text = "a" + String(Character(scalar)) + "1" + String(Character(scalar)) + "!"
                var splits: [Range<Int>] = []
                Array(text.utf8).withUnsafeBufferPointer {
                    ByteLevelPreTokenizer().split($0, into: &splits)
                }
                let width = text.utf8.count - 3
                let expected: Int =
                    switch run.kind {
                    case "L": 4  // a?, 1, ?, !
                    case "N": 3  // a, ?1?, !
                    case "S": 5
                    default: 4  // a, ?, 1, ?!
                    }
                let isLetter = splits.first?.upperBound == 1 + width / 2
                if splits.count != expected || isLetter != (run.kind == "L") {
                    differences.append(point)
                }
            }
        }
        // Which characters exist depends on the version of Unicode: none of those that differ may be one
        // that both know.
        let known = differences.filter { point in
            guard let scalar = Unicode.Scalar(point) else { return false }
            return scalar.properties.age.map { ($0.major, $0.minor) < (14, 0) } ?? false
        }
        #expect(known.isEmpty, "\(known.map { String($0, radix: 16) })")
    }

    @Test("Every text comes back, whatever is in it")
    func roundTrip() throws {
        let tokenizer = try tokenizer(prefix: false, trim: false)
        var state: UInt64 = 7
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        for _ in 0..<300 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random(60) {
                let limit: UInt64 = [0x80, 0x250, 0x3000, 0x11_0000][Int(random(4))]
                text.append(Unicode.Scalar(UInt32(random(limit))) ?? " ")
            }
            let string = String(text)
            let ids = tokenizer.encodeIDs(string)
            #expect(tokenizer.decode(ids).utf8.elementsEqual(string.utf8))
            #expect(ids == tokenizer.tokensByStages(of: string).ids)
        }
    }

    @Test("Long words: the heap merges as the scan does, and in good time")
    func longWords() throws {
        let tokenizer = try tokenizer(prefix: false, trim: false)
        // Up to 48 bytes are merged by looking at all pairs, more by a heap. A stretch of one letter and
        // a word repeated have many equal pairs.
        for word in ["lighthouse", "the", "a", "rowing", "日本語"] {
            let one = tokenizer.encodeIDs(word)
            for count in [3, 5, 8, 20, 100] {
                let text = String(repeating: word, count: count)
                let ids = tokenizer.encodeIDs(text)
                #expect(tokenizer.decode(ids) == text)
                if word == "lighthouse" {
                    #expect(ids == Array(repeatElement(one, count: count).joined()))
                }
            }
        }
        let long = String(repeating: "lighthousekeeper", count: 4000)
        #expect(tokenizer.decode(tokenizer.encodeIDs(long)) == long)
    }

    @Test("Cut characters decode to U+FFFD, one for each part that is not UTF-8")
    func cutCharacters() throws {
        let tokenizer = try tokenizer(prefix: false, trim: false)
        let ids = tokenizer.encodeIDs("👍")
        #expect(ids.count == 4)
        #expect(tokenizer.decode(Array(ids.prefix(2))) == "\u{FFFD}")
        #expect(tokenizer.decode([ids[1], ids[2]]) == "\u{FFFD}\u{FFFD}")
        #expect(tokenizer.decode(ids) == "👍")
        #expect(tokenizer.decode([1_000_000]) == "\u{FFFD}")
    }

    @Test("Special tokens are found in texts, and left out of decoded ones")
    func specialTokens() throws {
        let tokenizer = try tokenizer(prefix: false, trim: false)
        let end = try #require(tokenizer.id(of: \.end))
        let ids = tokenizer.encodeIDs("a<|endoftext|>b")
        #expect(ids.contains(end) && ids.count == 3)
        #expect(tokenizer.decode(ids) == "ab")
        #expect(tokenizer.decode(ids, skipSpecialTokens: false) == "a<|endoftext|>b")
        #expect(tokenizer.isSpecial(end) && !tokenizer.isSpecial(ids[0]))
    }

    @Test("A token takes the white space beside it where it says so")
    func spacesOfAddedTokens() throws {
        let base = try tokenizer(prefix: false, trim: false)
        let tokenizer = try Tokenizer(
            kind: .byteLevelBPE, normalizer: nil, preTokenizer: base.preTokenizer,
            model: base.model, postProcessor: nil, decoder: base.decoder,
            specialTokens: base.specialTokens,
            addedTokens: [
                AddedToken("<|endoftext|>", takesSpaceBefore: true, takesSpaceBehind: true)
            ])
        let encoding = tokenizer.encode("a \u{3000}<|endoftext|>\n b")
        #expect(encoding.ids.count == 3)
        #expect(encoding.offsets == [0..<1, 1..<20, 20..<21])
    }
}

/// GPT-2's own vocabulary, over texts that are not in the repository.
@Suite("GPT-2's reference tokenizations")
struct GPT2GoldTests {
    private static let vocabulary = TestData.file("vocab-gpt2/encoder.json")
    private static let cases = TestData.file("gpt2-tokenization-gold/gpt2.cases.json")

    private struct Case: Decodable {
        struct Encoded: Decodable { let input_ids: [Int32] }
        let input: String
        let encoded: Encoded
        let decoded_with_special: String
        let decoded_without_special: String
    }

    private struct Checksums: Decodable {
        struct Sums: Decodable, Equatable {
            var count = 0
            var ids = ""
            var offsets = ""
        }
        struct File: Decodable {
            let file: String
            let lines: Sums
            let whole: Sums
        }
        let files: [File]
    }

    @Test(
        "18 hard cases, ids and decoded text",
        .enabled(if: vocabulary != nil && cases != nil, "SESAME_DATA is not set"))
    func casesMatch() throws {
        let tokenizer = try Tokenizer.load(try #require(Self.vocabulary))
        #expect(tokenizer.kind == .byteLevelBPE && tokenizer.vocabulary.count == 50_257)
        #expect(tokenizer.id(of: \.end) == 50_256)
        let cases = try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: try #require(Self.cases)))
        #expect(cases.count == 18)
        for item in cases {
            let ids = tokenizer.encodeIDs(item.input)
            #expect(ids == item.encoded.input_ids, "\(item.input)")
            #expect(tokenizer.encode(item.input).ids == ids)
            #expect(tokenizer.decode(ids) == item.input)
            // The cases were made with the option to clean up.
            #expect(
                tokenizer.decode(ids, skipSpecialTokens: false, cleansUpSpaces: true)
                    == item.decoded_with_special)
            #expect(
                tokenizer.decode(ids, cleansUpSpaces: true) == item.decoded_without_special)
        }
    }

    @Test(
        "All ids and offsets of WikiText-2 and 27 languages are those of Hugging Face's tokenizers",
        .enabled(if: vocabulary != nil, "SESAME_DATA is not set"))
    func checksumsMatch() throws {
        let tokenizer = try Tokenizer.load(try #require(Self.vocabulary))
        let url = try #require(
            Bundle.module.url(
                forResource: "bytelevel-checksums", withExtension: "json",
                subdirectory: "Goldens"))
        let files = try JSONDecoder().decode(Checksums.self, from: Data(contentsOf: url)).files
        #expect(files.count == 29)
        for item in files {
            let data = try Data(contentsOf: try #require(TestData.file(item.file)))
            let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            #expect(sums(lines, tokenizer) == item.lines, "\(item.file) by lines")
            // Twice over the large ones would only take longer.
            if item.file.contains("valid") { continue }
            #expect(
                sums([String(decoding: data, as: UTF8.self)], tokenizer) == item.whole,
                "\(item.file) as a whole")
        }
    }

    private func sums(_ texts: [String], _ tokenizer: Tokenizer) -> Checksums.Sums {
        func combine(_ state: inout UInt64, _ number: Int) {
            state = (state ^ UInt64(number)) &* 0x0000_0100_0000_01B3
        }
        func hexadecimal(_ state: UInt64) -> String {
            let digits = String(state, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        var result = Checksums.Sums()
        var ids: UInt64 = 0xCBF2_9CE4_8422_2325
        var offsets = ids
        for encoding in tokenizer.encodeBatch(texts) {
            result.count += encoding.count
            for id in encoding.ids { combine(&ids, Int(id)) }
            for range in encoding.offsets {
                combine(&offsets, range.lowerBound)
                combine(&offsets, range.upperBound)
            }
        }
        result.ids = hexadecimal(ids)
        result.offsets = hexadecimal(offsets)
        return result
    }
}
