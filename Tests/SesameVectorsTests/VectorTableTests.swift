import SesameTensor
import SesameText
import SesameVectors
import Testing

/// A table's words, rows and n-grams.
struct VectorTableTests {
    @Test func wordsHaveRows() throws {
        let table = try VectorTable(
            words: ["the", "é", "e\u{301}"], vectors: [[1, 2], [3, 4], [5, 6]], counts: [9, 5, 1])
        #expect(table.count == 3 && table.width == 2)
        #expect(table.words == ["the", "é", "e\u{301}"])
        #expect(table.vocabulary.counts == [9, 5, 1])
        // Two spellings of one letter are two words.
        #expect(table.row(of: "é") == 1 && table.row(of: "e\u{301}") == 2)
        #expect(table.vector(of: "e\u{301}") == [5, 6] && table[0] == [1, 2])
        #expect(table.vector(of: "of") == nil)
        #expect(table.values.shape == [3, 2] && table.values.scalars == [1, 2, 3, 4, 5, 6])
        let error = #expect(throws: VectorError.self) { try table.requiredVector(of: "of") }
        #expect(error?.code == .unknownWord)
    }

    @Test(
        arguments: [
            (["a", "a"], [[1], [2]], "every token once"), ([], [], "0 vectors"),
            (["a"], [[]], "0 values"),
            (["a", "b"], [[1, 2], [1]], "1 in vector 2"),
            (["a", ""], [[1], [1]], "none in line 2"),
        ] as [([String], [[Float]], String)])
    func badWordsAreRefused(words: [String], vectors: [[Float]], mention: String) {
        let error = #expect(throws: VectorError.self) {
            try VectorTable(words: words, vectors: vectors)
        }
        #expect(error?.code == .badWords)
        #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
    }

    /// The hashes are those of fastText 0.9.2's `get_subwords`, over 100 buckets.
    @Test func gramsAreFastTexts() throws {
        let grams = try SubwordGrams(minimumLength: 3, maximumLength: 4, bucketCount: 1_000_000)
        #expect(grams.buckets(of: "a").count == 1)
        #expect(grams.buckets(of: "ab").count == 3)
        #expect(grams.buckets(of: "</s>").isEmpty)
        // Characters, not bytes: <é> is one n-gram of three characters.
        #expect(grams.buckets(of: "é").count == 1)
        let single = try SubwordGrams(minimumLength: 1, maximumLength: 1, bucketCount: 1_000_000)
        #expect(single.buckets(of: "ab").count == 2)
        for (least, most, buckets) in [(0, 3, 10), (4, 3, 10), (3, 6, 0), (3, 65, 10)] {
            let error = #expect(throws: VectorError.self) {
                try SubwordGrams(minimumLength: least, maximumLength: most, bucketCount: buckets)
            }
            #expect(error?.code == .invalidOption)
        }
    }

    @Test func unknownWordsTakeTheirGramsMean() throws {
        let grams = try SubwordGrams(minimumLength: 3, maximumLength: 3, bucketCount: 7)
        let values = Tensor((0..<14).map(Float.init), shape: [7, 2])
        let table = VectorTable(
            vocabulary: try Vocabulary(tokens: ["cat"]), values: Tensor([9, 9], shape: [1, 2]),
            subwords: SubwordTable(grams: grams, values: values))
        #expect(table.vector(of: "cat") == [9, 9])
        let buckets = grams.buckets(of: "cats").map { Float($0) }
        let mean = buckets.reduce(0, +) / Float(buckets.count)
        let vector = try #require(table.vector(of: "cats"))
        #expect(abs(vector[0] - 2 * mean) < 1e-5 && abs(vector[1] - 2 * mean - 1) < 1e-5)
        #expect(table.vector(of: "") == nil)
    }
}
