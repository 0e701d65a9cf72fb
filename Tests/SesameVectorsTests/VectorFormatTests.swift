import Foundation
import SesameTensor
import SesameTestSupport
import SesameVectors
import Testing

/// Files of word vectors, read and written; malformed ones name the row.
struct VectorFormatTests {
    static let words: [(String, [Float])] = [
        ("the", [1, 2, -0.5]), ("naïve", [0.25, 0, 4e-7]), ("paris", [5, 6, 7]),
    ]

    static let text = words.map { word, vector in
        word + vector.map { " \($0)" }.joined() + "\n"
    }.joined()

    private func load(_ data: Data, _ format: VectorFormat? = nil) throws -> VectorTable {
        let scratch = try VectorScratch()
        return try withExtendedLifetime(scratch) {
            try VectorTable.load(scratch.file(data), format: format)
        }
    }

    @Test(arguments: [
        Data(text.utf8), Data("3 3\n\(text)".utf8), Data(text.dropLast().utf8),
        Data("3 3\r\n\(text.replacingOccurrences(of: "\n", with: "\r\n"))".utf8),
        Data("\n\(text.replacingOccurrences(of: "\n", with: " \n\n"))".dropFirst().utf8),
        Data(text.replacingOccurrences(of: " ", with: "\t").utf8),
        VectorBytes.binary(words), VectorBytes.binary(words, lineBreaks: false),
    ])
    func everyFormatGivesTheSame(_ file: Data) throws {
        let scratch = try VectorScratch()
        let table = try VectorTable.load(scratch.file(file))
        #expect(table.words == Self.words.map(\.0) && table.width == 3)
        #expect(table.values.scalars == Self.words.flatMap(\.1))
        // And back through every format that is written.
        for format in VectorFormat.allCases where format != .fastText {
            let url = scratch.url.appendingPathComponent(format.rawValue)
            try table.save(to: url, as: format)
            let again = try VectorTable.load(url)
            #expect(again.words == table.words, "\(format)")
            #expect(again.values.scalars == table.values.scalars, "\(format)")
        }
    }

    /// Whatever bytes a binary value begins with, a line's end among them.
    @Test func binaryIsNotTakenForText() throws {
        for first in UInt32(0)..<256 {
            for second: UInt32 in [0x00, 0x0A, 0x20, 0x31] {
                let value = Float(bitPattern: 0x3F80_0000 | second << 8 | first)
                let table = try load(
                    VectorBytes.binary([("the", [value, 1]), ("of", [2, value])]))
                #expect(table.values.scalars == [value, 1, 2, value], "\(first) \(second)")
            }
        }
    }

    @Test func wordsMayHoldSpacesInText() throws {
        let table = try load(Data(". . 1 2\nat a@b.c 3 4\n".utf8))
        #expect(table.words == [". .", "at a@b.c"])
        #expect(table.values.scalars == [1, 2, 3, 4])
        let scratch = try VectorScratch()
        let url = scratch.url.appendingPathComponent("v")
        let error = #expect(throws: VectorError.self) { try table.save(to: url, as: .gloveText) }
        #expect(error?.code == .unsupportedFile)
        try table.save(to: url, as: .safetensors)
        #expect(try VectorTable.load(url).words == table.words)
    }

    @Test func gensimsFilesAreRead() throws {
        struct Use: Decodable {
            let words: [String]
            let vector: [Float]
        }
        let use = try VectorGoldens.json("use.json", as: Use.self)
        let table = try VectorTable.load(VectorGoldens.url("words.bin"))
        #expect(Array(table.words.prefix(5)) == use.words)
        #expect(table[7] == use.vector)
        let text = try VectorTable.load(VectorGoldens.url("words.txt"))
        let glove = try VectorTable.load(VectorGoldens.url("glove.txt"))
        #expect(text.words == Array(table.words.prefix(40)) && glove.words == text.words)
        #expect(text.values.scalars == Array(table.values.scalars.prefix(480)))
        #expect(glove.values.scalars == text.values.scalars)
    }

    @Test func fastTextsModelIsRead() throws {
        struct Model: Decodable {
            let words: [String]
            let vectors: [String: [Float]]
            let grams: [String: [Int32]]
        }
        let model = try VectorGoldens.json("fasttext.json", as: Model.self)
        let table = try VectorTable.load(VectorGoldens.url("fasttext.bin"))
        #expect(table.words == model.words && table.width == 6)
        #expect(table.vocabulary.counts?.first == 500)
        let grams = try #require(table.subwords?.grams)
        for (word, expected) in model.vectors {
            #expect(grams.buckets(of: word) == model.grams[word], "\(word)")
            let vector = try #require(table.vector(of: word))
            #expect(difference(vector, from: expected, absolute: 1e-6) == nil, "\(word)")
        }
        // N-grams come along in our own format.
        let scratch = try VectorScratch()
        let url = scratch.url.appendingPathComponent("v.safetensors")
        try table.save(to: url, as: .safetensors)
        let again = try VectorTable.load(url)
        #expect(again.vocabulary == table.vocabulary)
        #expect(again.vector(of: "unheard") == table.vector(of: "unheard"))
        #expect(again.values.scalars == table.values.scalars)
    }

    @Test func quantizedModelsAreRefused() throws {
        let error = #expect(throws: VectorError.self) {
            try VectorTable.load(VectorGoldens.url("quantized.ftz"))
        }
        #expect(error?.code == .unsupportedFile)
        #expect(error?.description.contains("quantized") == true)
    }

    @Test func prunedModelsKeepSomeGrams() throws {
        var model = VectorBytes.FastText()
        let all = try load(model.data)
        #expect(all.vocabulary.counts == [5, 2])
        let buckets = try #require(all.subwords?.grams.buckets(of: "cat"))
        let sum = buckets.reduce(Float(1)) { $0 + model.rows[Int($1) + 2][0] }
        #expect(abs(all[0][0] - sum / Float(buckets.count + 1)) < 1e-6)
        // The sentence's end has no n-grams.
        #expect(all[1] == [3, 4])
        model.pruned = [(buckets[0], 0)]
        model.rows = [[1, 2], [3, 4], [5, 6]]
        let pruned = try load(model.data)
        let kept = buckets.count { $0 == buckets[0] }
        #expect(abs(pruned[0][0] - (1 + 5 * Float(kept)) / Float(kept + 1)) < 1e-6)
        let scratch = try VectorScratch()
        let url = scratch.url.appendingPathComponent("v")
        try pruned.save(to: url, as: .safetensors)
        #expect(try VectorTable.load(url).vector(of: "cats") == pruned.vector(of: "cats"))
    }

    @Test(arguments: [
        ("", "empty file"), ("the\n", "row 1, line 1"), ("the 1 nan\n", "row 1, line 1"),
        ("3 2\nthe 1 2\nof 1\n", "row 2, line 3: expected a word and 2 values, found 1 values"),
        ("the 1 2\nof 1 2 3\n", "row 2, line 2: expected a word and 2 values, found 3 values"),
        ("the 1 2\n\nof 1 x\n", "row 2, line 3: expected a finite number as value 2"),
        ("2 2\nthe 1 2\nof inf 1\n", "row 2, line 3: expected a finite number as value 1"),
        ("3 2\nthe 1 2\nof 1 2\n", "line 1: expected the number of rows, found 3, where 2 follow"),
        ("1 2\nthe 1 2\nof 1 2\n", "found 1, where 2 follow"),
        ("0 3\n", "line 1"), ("2 99999999\nthe 1 2\n", "line 1"),
        ("999999999999 2\nthe 1 2\n", "room for"), ("2 2\n1 2\nof 3 4\n", "row 1, line 2"),
        ("the 1 2\n 3 4\n", "row 2, line 2"),
    ])
    func badTextNamesTheRow(_ text: String, _ mention: String) {
        let error = #expect(throws: VectorError.self) { try load(Data(text.utf8)) }
        #expect(error?.code == .malformedFile)
        #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
    }

    @Test func wordsAreUTF8() {
        let text = Data("the 1 2\nof 3 4\nna".utf8) + [0xEF] + Data("ve 5 6\n".utf8)
        let binary =
            VectorBytes.binary([("the", [1]), ("n?", [2])]).map { $0 == 0x3F ? 0xC3 : $0 }
        for (file, mention) in [
            (text, "row 3, line 3: expected a word in UTF-8, found byte ef at place 3"),
            (Data(binary), "row 2 of 2: expected a word in UTF-8, found byte c3 at place 2"),
        ] {
            let error = #expect(throws: VectorError.self) { try load(file) }
            #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
        }
    }

    @Test func badBinaryNamesTheRow() {
        let whole = VectorBytes.binary(Self.words)
        for (file, mention) in [
            (whole.prefix(whole.count - 6), "row 3 of 3: expected a word, a space and 12 bytes"),
            (whole.prefix(30), "row 2 of 3"), (whole.prefix(20), "line 1"),
            (whole + [1, 2], "found 2 bytes more"),
            (VectorBytes.binary(Self.words, count: 4), "row 4 of 4"),
            (VectorBytes.binary(Self.words, count: 2), "found 19 bytes more"),
            (
                VectorBytes.binary([("a", [1, 2]), ("b", [3, .nan])]),
                "row 2 of 2: expected finite values, found nan as value 2"
            ),
            (VectorBytes.binary([("a", [1, 2]), ("", [3, 4])]), "row 2 of 2: expected a word"),
        ] {
            let error = #expect(throws: VectorError.self) { try load(file, .word2vecBinary) }
            #expect(error?.code == .malformedFile)
            #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
        }
    }

    @Test func badFastTextModelsAreRefused() {
        typealias Model = VectorBytes.FastText
        func changed(_ change: (inout Model) -> Void) -> Data {
            var model = Model()
            change(&model)
            return model.data
        }
        for (file, mention) in [
            (changed { $0.version = 10 }, "version 10"), (changed { $0.wordCount = 3 }, "3 words"),
            (changed { $0.entries[1].type = 1 }, "entry 2 of 2"),
            (changed { $0.rowCount = 4 }, "expected 5 rows of 2 values"),
            (changed { $0.rowCount = .max }, "expected 5 rows of 2 values"),
            (changed { $0.rows[3][1] = .infinity }, "row 4: expected finite values"),
            (changed { $0.rows[0][1] = .nan }, "row 1: expected finite values"),
            (changed { $0.pruned = [(1, 7)] }, "rows below 1"),
            (changed { $0.width = 0 }, "input matrix"),
            (Model().data.prefix(60), "the file's end at byte 60"),
            (Model().data.prefix(90), "the file's end at byte 90"),
        ] {
            let error = #expect(throws: VectorError.self) { try load(file) }
            #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
        }
    }

    @Test func badSafeTensorsAreRefused() throws {
        let scratch = try VectorScratch()
        let url = scratch.url.appendingPathComponent("v")
        func refusal(_ tensors: [SafeTensors.RawTensor]) throws -> String {
            try SafeTensors.write(raw: tensors, metadata: [:], to: url)
            let error = #expect(throws: VectorError.self) { try VectorTable.load(url) }
            return error?.description ?? ""
        }
        func floats(_ name: String, _ sizes: [Int]) -> SafeTensors.RawTensor {
            let values = [Float](repeating: 1, count: sizes.reduce(1, *))
            return .init(name, of: Float.self, sizes: sizes) {
                try values.withUnsafeBufferPointer($0)
            }
        }
        func words(_ text: String) -> SafeTensors.RawTensor {
            let bytes = Array(text.utf8)
            return .init("words", of: UInt8.self, sizes: [bytes.count]) {
                try bytes.withUnsafeBufferPointer($0)
            }
        }
        for (tensors, mention) in [
            ([floats("vectors", [2, 3])], "no such tensor"),
            ([words("a\n")], "vectors: expected a matrix"),
            ([floats("vectors", [6]), words("a\n")], "found [6]"),
            ([floats("vectors", [2, 3]), words("a\n")], "2 words, one a vector, found 1"),
            ([floats("vectors", [1, 3]), words("a\nb\n")], "more than 1"),
            ([floats("vectors", [2, 3]), words("a\nb")], "a line feed behind each word"),
            (
                [floats("vectors", [1, 3]), words("a\n"), floats("counts", [1])],
                "counts: expected elements of type I64"
            ),
            (
                [floats("vectors", [1, 3]), words("a\n"), floats("subwords", [4, 3])],
                "subword_minimum_length"
            ),
        ] {
            let text = try refusal(tensors)
            #expect(text.contains(mention), "\(text)")
        }
        let missing = #expect(throws: VectorError.self) {
            try VectorTable.load(scratch.url.appendingPathComponent("none"))
        }
        #expect(missing?.code == .file)
    }

    /// As published files do: the first row of a word counts, in every format, and the others are counted.
    @Test func repeatedWordsKeepTheirFirstRow() throws {
        let words: [(String, [Float])] = [
            ("a", [1, 2]), ("b", [3, 4]), ("a", [5, 6]), ("c", [7, 8]), ("b", [9, 9]),
            ("a", [0, 0]),
        ]
        let text = words.map { "\($0.0) \($0.1[0]) \($0.1[1])\n" }.joined()
        var fastText = VectorBytes.FastText()
        fastText.entries = words.map { ($0.0, 5, 0) }
        fastText.wordCount = Int32(words.count)
        fastText.rows = words.map(\.1)
        fastText.pruned = []
        let scratch = try VectorScratch()
        let own = scratch.url.appendingPathComponent("own")
        let (values, counts) = (words.flatMap(\.1), [Int64](1...6))
        let bytes = Array(words.map { "\($0.0)\n" }.joined().utf8)
        try SafeTensors.write(
            raw: [
                .init("vectors", of: Float.self, sizes: [6, 2]) {
                    try values.withUnsafeBufferPointer($0)
                },
                .init("counts", of: Int64.self, sizes: [6]) {
                    try counts.withUnsafeBufferPointer($0)
                },
                .init("words", of: UInt8.self, sizes: [bytes.count]) {
                    try bytes.withUnsafeBufferPointer($0)
                },
            ], metadata: [:], to: own)
        let files = [
            "glove": Data(text.utf8), "word2vec-text": Data("6 2\n\(text)".utf8),
            "word2vec": VectorBytes.binary(words), "fasttext": fastText.data,
            "safetensors": try Data(contentsOf: own),
        ]
        for (name, file) in files {
            let url = try scratch.file(file, name: name)
            let table = try VectorTable.load(url)
            #expect(table.words == ["a", "b", "c"], "\(name)")
            #expect(table.values.scalars == [1, 2, 3, 4, 7, 8], "\(name)")
            #expect(table.repeatedRowCount == 3, "\(name)")
            // Whoever asks for some words is told of these alone.
            let some = try VectorTable.load(
                url, keeping: { String(decoding: $0, as: UTF8.self) != "a" })
            #expect(some.words == ["b", "c"] && some.values.scalars == [3, 4, 7, 8], "\(name)")
            #expect(some.repeatedRowCount == 1, "\(name)")
        }
        #expect(try VectorTable.load(own).vocabulary.counts == [1, 2, 4])
        #expect(try load(Data(Self.text.utf8)).repeatedRowCount == 0)
    }

    /// Rows of one word in different blocks of a text.
    @Test func repeatedWordsFarApart() throws {
        let filler = (0..<60_000).map { "w\($0) 0.25 1234.5678 -1\n" }.joined()
        let table = try load(
            Data("the 1 2 3\n\(filler)the 7 7 7\nw5 8 8 8\nlast 4 5 6\n".utf8))
        #expect(table.count == 60_002 && table.repeatedRowCount == 2)
        #expect(table.vector(of: "the") == [1, 2, 3])
        #expect(table.vector(of: "w5") == [0.25, 1234.5678, -1])
        #expect(table.vector(of: "w59999") == [0.25, 1234.5678, -1])
        #expect(table.vector(of: "last") == [4, 5, 6])
    }

    @Test func certainRowsCanBeRead() throws {
        let keep: @Sendable (UnsafeBufferPointer<UInt8>) -> Bool = {
            let word = String(decoding: $0, as: UTF8.self)
            return word == "paris" || word == "the"
        }
        let scratch = try VectorScratch()
        let table = try load(Data(Self.text.utf8))
        try table.save(to: scratch.url.appendingPathComponent("own"), as: .safetensors)
        for url in [
            try scratch.file(Data((Self.text + "the 9 9 9\n").utf8), name: "text"),
            try scratch.file(VectorBytes.binary(Self.words), name: "binary"),
            scratch.url.appendingPathComponent("own"),
        ] {
            let table = try VectorTable.load(url, keeping: keep)
            #expect(table.words == ["the", "paris"])
            #expect(table.values.scalars == [1, 2, -0.5, 5, 6, 7])
        }
    }

    @Test(.enabled(if: TestData.file("embeddings-sample") != nil))
    func publishedSamplesAreRead() throws {
        let glove = try VectorTable.load(
            #require(TestData.file("embeddings-sample/glove.6B.100d.sample.txt")))
        #expect(glove.count == 100 && glove.width == 100 && glove.word(0) == "the")
        #expect(glove[0][0] == -0.038194)
        let binary = try VectorTable.load(
            #require(TestData.file("embeddings-sample/word2vec-binary.sample.bin")))
        #expect(binary.count == 2747 && binary.width == 10)
        #expect(binary.vector(of: "the")?[0] == Float(bitPattern: 0x3ed7_c8b9))
    }

    @Test func numbersAreRoundedAsTheSystemDoes() {
        var state: UInt64 = 1
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 11
        }
        var texts = [
            "0", "-0", "1e-45", "1e-46", "3.4028235e38", "16777217", "16777219", "1.17549435e-38",
            "0.1", "+2", ".5", "5.", "1E5", "123456789012345678901234567890", "1e-400",
            "8388608.5", "8388609.5", "33554433.0000000001",
        ]
        for _ in 0..<2000 {
            texts.append("\(Double(next()) / 1e12)")
            texts.append("-\(Float(bitPattern: UInt32(truncatingIfNeeded: next()) & 0x7F7F_FFFF))")
            texts.append("\(next() % 100_000_000)e-\(next() % 30)")
        }
        for text in texts {
            let parsed = Array(text.utf8).withUnsafeBufferPointer { NumberParser.parse($0) }
            #expect(parsed?.bitPattern == Float(text)?.bitPattern, "\(text)")
        }
        for text in ["", "-", "1e", "1e+", "x", "1x", "nan", "inf", "1e39", "1 ", "--1", "."] {
            #expect(Array(text.utf8).withUnsafeBufferPointer { NumberParser.parse($0) } == nil)
        }
    }
}
