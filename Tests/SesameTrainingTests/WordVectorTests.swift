import Foundation
import SesameTensor
import SesameTestSupport
import SesameText
import SesameTraining
import SesameVectors
import Testing

/// Reading word vectors: word2vec text and binary, GloVe text.
struct WordVectorTests {
    static let vocabulary = Result {
        try Vocabulary(tokens: ["<unk>", "the", "Paris", "of", "missing", "paris", "x"])
    }

    private func table(_ bytes: Data) throws -> WordVectorTable {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("vectors")
        try bytes.write(to: file)
        return try WordVectorTable(file, for: Self.vocabulary.get())
    }

    private static func binary(_ words: [(String, [Float])], lineBreaks: Bool) -> Data {
        var data = Data("\(words.count) \(words.first?.1.count ?? 0)\n".utf8)
        for (word, vector) in words {
            data.append(Data("\(word) ".utf8))
            for value in vector {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
            }
            if lineBreaks { data.append(UInt8(ascii: "\n")) }
        }
        return data
    }

    static let words: [(String, [Float])] = [
        ("the", [1, 2, -0.5]), ("of", [0.25, 0, 4]), ("other", [9, 9, 9]),
        ("paris", [5, 6, 7]),
    ]

    static let text = words.map { word, vector in
        word + vector.map { " \($0)" }.joined() + "\n"
    }.joined()

    @Test(arguments: [
        Data(text.utf8), Data("4 3\n\(text)".utf8),
        Data("4 3\r\n\(text.replacingOccurrences(of: "\n", with: "\r\n"))".utf8),
        Data(text.replacingOccurrences(of: "\n", with: " \n").utf8),
        binary(words, lineBreaks: true), binary(words, lineBreaks: false),
    ])
    func everyFormatGivesTheSame(_ file: Data) throws {
        let table = try table(file)
        #expect(table.size == 3 && table.foundCount == 4)
        // Paris takes the vector of its lower case.
        #expect(table.isFound == [false, true, true, true, false, true, false])
        let rows = table.embedding(key: RandomKey(seed: 1)).scalars
        #expect(Array(rows[3..<12]) == [1, 2, -0.5, 5, 6, 7, 0.25, 0, 4])
        #expect(Array(rows[15..<18]) == [5, 6, 7])
        // The others are drawn with the variance of those found, here within ± 6.4.
        #expect(rows[0..<3].allSatisfy { $0 != 0 && abs($0) < 6.5 })
        #expect(rows == table.embedding(key: RandomKey(seed: 1)).scalars)
    }

    @Test func exactCaseWins() throws {
        for text in ["paris 1 1\nParis 2 2\nx 0 1\n", "Paris 2 2\nparis 1 1\nx 0 1\n"] {
            let rows = try table(Data(text.utf8)).embedding(key: RandomKey(seed: 1)).scalars
            #expect(Array(rows[4..<6]) == [2, 2])
            #expect(Array(rows[10..<12]) == [1, 1])
        }
    }

    @Test(arguments: [
        ("", "empty"), ("the 1 2\nof 1 x\n", "row 2, line 2: expected a finite number as value 2"),
        ("3 2\nthe 1 2\nof 1 2\n", "found 3, where 2 follow"),
        ("rare 1 2\n", "none of the vocabulary's 7 tokens"),
    ])
    func badFilesAreRefused(_ text: String, _ mention: String) {
        let error = #expect(throws: TrainingError.self) { try table(Data(text.utf8)) }
        #expect(error?.code == .file)
        #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
    }

    /// Words that a file of n-grams lacks take the means of theirs.
    @Test func gramsGiveUnknownWordsVectors() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("vectors")
        let grams = try SubwordGrams(minimumLength: 3, maximumLength: 3, bucketCount: 5)
        let table = VectorTable(
            vocabulary: try Vocabulary(tokens: ["the", "rare"]),
            values: Tensor([1, 2, 3, 4], shape: [2, 2]),
            subwords: SubwordTable(
                grams: grams, values: Tensor((0..<10).map(Float.init), shape: [5, 2])))
        try table.save(to: file, as: .safetensors)
        let found = try WordVectorTable(file, for: Self.vocabulary.get())
        #expect(found.isFound == [true, true, true, true, true, true, true])
        let rows = found.embedding(key: RandomKey(seed: 1)).scalars
        #expect(Array(rows[2..<4]) == [1, 2])
        #expect(Array(rows[8..<10]) == table.vector(of: "missing"))
    }

    @Test(.enabled(if: TestData.file("embeddings-sample") != nil))
    func publishedSamplesAreRead() throws {
        let glove = try #require(
            TestData.file("embeddings-sample/glove.6B.100d.sample.txt"))
        let vocabulary = try Vocabulary(tokens: ["<unk>", "the", "of"])
        let table = try WordVectorTable(glove, for: vocabulary)
        #expect(table.size == 100 && table.foundCount == 2)
        #expect(table.embedding(key: RandomKey(seed: 1)).scalars[100] == -0.038194)
        let binary = try #require(
            TestData.file("embeddings-sample/word2vec-binary.sample.bin"))
        let other = try WordVectorTable(binary, for: vocabulary)
        #expect(other.size == 10 && other.foundCount == 2)
        // 0x3ed7c8b9
        #expect(
            other.embedding(key: RandomKey(seed: 1)).scalars[10] == Float(bitPattern: 0x3ed7_c8b9))
    }

    @Test func neighboursAreTheNearestByCosine() {
        let table = WordVectorTable(
            size: 2, vectors: [[1, 0], [2, 0.1], [0, 1], nil, [0.9, 0.4], [5, 0.01], [0, 0]])
        let neighbours = table.neighbours(
            count: 2, minimumSimilarity: 0.7, excluding: { $0 == 5 })
        #expect(neighbours == [[1, 4], [0, 4], [], [], [1, 0], [], []])
    }
}
