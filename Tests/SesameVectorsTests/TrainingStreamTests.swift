import Foundation
import SesameText
import SesameVectors
import Testing

@Suite struct TrainingStreamTests {
    @Test func countsOrdersAndLeavesOut() throws {
        var builder = WordStreamBuilder()
        let text = Array("b a a\tb  c\r\na b d\n\n c\na".utf8)
        text.withUnsafeBufferPointer { builder.add(utf8: $0) }
        let stream = try builder.finish(minimumCount: 2)
        #expect(stream.vocabulary.tokens == ["a", "b", "c"])
        #expect(stream.vocabulary.counts == [4, 3, 2])
        #expect(stream.textWordCount == 10)
        #expect(stream.sentences == [[1, 0, 0, 1, 2], [0, 1], [2], [0]])
    }

    @Test func keepsTheEndsOfSentencesWhoseLastWordIsRare() throws {
        var builder = WordStreamBuilder()
        builder.add(words: ["x", "a", "rare"])
        builder.add(words: ["odd"])
        builder.add(words: ["a", "x"])
        let stream = try builder.finish(minimumCount: 2)
        #expect(stream.sentences == [[1, 0], [0, 1]])
    }

    @Test func extendsAVocabulary() throws {
        let old = try Vocabulary(tokens: ["old", "both", "gone"], counts: [9, 8, 7])
        var builder = WordStreamBuilder()
        builder.add(words: ["new", "both", "new", "old", "newer", "newer", "newer", "one"])
        let stream = try builder.finish(minimumCount: 2, extending: old)
        #expect(stream.vocabulary.tokens == ["old", "both", "gone", "newer", "new"])
        #expect(stream.vocabulary.counts == [10, 9, 7, 3, 2])
        #expect(stream.sentences == [[4, 1, 4, 0, 3, 3, 3]])
    }

    @Test func limitsTheVocabulary() throws {
        let stream = try TrainingText.builder([["a", "a", "b", "b", "b", "c"]])
            .finish(minimumCount: 1, maximumSize: 2)
        #expect(stream.vocabulary.tokens == ["b", "a"])
        #expect(stream.count == 5)
    }

    @Test func refusesTextWithoutFrequentWords() {
        #expect(throws: VectorError.self) {
            try TrainingText.builder([["a", "b"]]).finish(minimumCount: 2)
        }
        var builder = WordStreamBuilder()
        [0xFF, 0xFE].withUnsafeBufferPointer { builder.add(utf8: $0) }
        #expect(throws: VectorError.self) { try builder.finish(minimumCount: 1) }
    }

    @Test func chunksAreSentencesAndLongOnesAreCut() throws {
        let long = [String](repeating: "a", count: 25_000)
        let stream = try TrainingText.builder([long, ["a"], ["b", "a"]]).finish(minimumCount: 1)
        #expect(stream.chunkOffsets == [0, 10_000, 20_000, 25_000, 25_003])
    }

    /// As Benchmarks/peers/sesame_order.py computes it with Philox's own constants.
    @Test func eachPassHasAnOrderOfItsOwn() throws {
        let long = [String](repeating: "a", count: 95_000)
        let stream = try TrainingText.builder([long]).finish(minimumCount: 1)
        let first = ChunkOrder(stream, seed: 1, pass: 0)
        #expect(first.chunks == [8, 4, 9, 3, 5, 0, 1, 6, 7, 2])
        #expect(first.wordCounts[...4] == [0, 10_000, 20_000, 25_000, 35_000])
        #expect(first.wordCounts.last == 95_000)
        let second = ChunkOrder(stream, seed: 1, pass: 1)
        #expect(second.chunks == [3, 0, 7, 4, 8, 1, 2, 6, 5, 9])
    }

    @Test func readsAFile() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("words-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data("b a\na".utf8).write(to: url)
        let stream = try WordStream(contentsOf: url, minimumCount: 1)
        #expect(stream.vocabulary.tokens == ["a", "b"])
        #expect(throws: VectorError.self) {
            try WordStream(contentsOf: url.appendingPathExtension("missing"))
        }
    }

    @Test func drawsNoiseInProportion() {
        let counts = [1000, 500, 20, 20, 3, 1, 0]
        let table = NoiseTable(counts: counts, power: 0.75)
        let weights = counts.map { $0 == 0 ? 0 : pow(Double($0), 0.75) }
        let total = weights.reduce(0, +)
        for (probability, weight) in zip(table.probabilities, weights) {
            #expect(abs(probability - weight / total) < 1e-8)
        }
    }

    /// The tree of word2vec.c: short paths for frequent words, and paths that no other begins with.
    @Test func huffmanPathsAreOptimal() {
        let counts = [40, 25, 13, 13, 5, 3, 1]
        let tree = HuffmanTree(counts: counts)
        let paths = counts.indices.map {
            Array(tree.nodes[Int(tree.offsets[$0])..<Int(tree.offsets[$0 + 1])])
        }
        #expect(paths.map(\.count) == [1, 2, 4, 4, 4, 5, 5] || lengthOf(paths, counts) == 230)
        #expect(tree.longestPath == paths.map(\.count).max())
        // Codes fill the unit interval: no path is wasted, none a prefix of another.
        #expect(paths.reduce(0.0) { $0 + pow(2, -Double($1.count)) } == 1)
        #expect(Set(paths).count == counts.count)
        #expect(paths.allSatisfy { $0[0] & 0x7FFF_FFFF == 5 }, "the root is the last node made")
    }

    private func lengthOf(_ paths: [[UInt32]], _ counts: [Int]) -> Int {
        zip(paths, counts).reduce(0) { $0 + $1.0.count * $1.1 }
    }

    @Test func subsamplingKeepsAsWord2VecDoes() {
        let counts = [900, 90, 10]
        let keep = keepThresholds(counts: counts, subsampling: 0.05)
        for (threshold, count) in zip(keep, counts) {
            let share = Double(count) / 1000 / 0.05
            let expected = min(1, (share.squareRoot() + 1) / share)
            #expect(abs(Double(threshold) * 0x1p-32 - expected) < 1e-9)
        }
        #expect(keepThresholds(counts: counts, subsampling: 0) == [.max, .max, .max])
    }
}
