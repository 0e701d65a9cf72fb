import Foundation
import SesameModels
import SesameTensor
import Testing

/// Interpolated Kneser-Ney smoothing, against its formulas computed slowly.
struct NgramTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var order: Int
        var smoothing = NgramSmoothing.modified
        var hasEnd = true
        var vocabularySize = 12

        var testDescription: String {
            "order \(order), \(smoothing), \(hasEnd ? "texts" : "one text"), \(vocabularySize) ids"
        }

        /// Texts in which some tokens are far more frequent than others, and follow certain ones.
        var texts: [[Int32]] {
            var generator = RandomGenerator(seed: UInt64(order + vocabularySize))
            return (0..<(hasEnd ? 40 : 1)).map { index in
                // One text is empty.
                let count = hasEnd ? (index == 7 ? 0 : 1 + generator.next(below: 14)) : 300
                var last = 1
                return (0..<count).map { _ in
                    let drawn = generator.next(below: 1 + generator.next(below: vocabularySize - 3))
                    last = 1 + (drawn + last) % (vocabularySize - 2)
                    return Int32(last)
                }
            }
        }

        var end: Int32? { hasEnd ? 0 : nil }
        var stream: [Int32] { end.map { end in texts.flatMap { $0 + [end] } } ?? texts[0] }

        func model() throws -> NgramModel {
            try NgramModel(
                counting: stream,
                configuration: NgramConfig(
                    vocabularySize: vocabularySize, order: order, smoothing: smoothing,
                    endTokenID: end.map(Int.init)))
        }

        var reference: NgramReference {
            NgramReference(
                texts, order: order, vocabularySize: vocabularySize, end: end,
                modified: smoothing == .modified)
        }
    }

    static let cases = [
        Case(order: 1), Case(order: 2), Case(order: 3), Case(order: 5),
        Case(order: 3, smoothing: .original), Case(order: 1, hasEnd: false),
        Case(order: 4, hasEnd: false), Case(order: 3, hasEnd: false, vocabularySize: 4),
        Case(order: 16, vocabularySize: 5),
    ]

    @Test(arguments: cases)
    func probabilitiesAreThoseOfTheFormulas(_ test: Case) throws {
        let model = try test.model()
        let reference = test.reference
        #expect(model.configuration.discounts.count == test.order)
        for (ours, theirs) in zip(model.configuration.discounts, reference.discounts) {
            for (a, b) in zip(ours, theirs) { #expect(abs(a - b) < 1e-12) }
        }
        for (index, text) in test.texts.prefix(6).enumerated() {
            let text = Array(text.prefix(12))
            let tokens = test.end.map { [$0] + text } ?? text
            for length in (test.hasEnd ? 1 : 0)...tokens.count {
                let context = tokens.prefix(length)
                let expected = (0..<Int32(test.vocabularySize)).map {
                    reference.probability($0, Array(context.suffix(test.order - 1)))
                }
                let distribution = model.distribution(model.context(after: context))
                for (id, value) in expected.enumerated() {
                    let found = model.probability(of: Int32(id), after: context)
                    #expect(abs(found - value) < 1e-13, "text \(index), \(context), id \(id)")
                    #expect(abs(distribution[id] - value) < 1e-13)
                }
            }
        }
    }

    @Test(arguments: cases)
    func probabilitiesSumToOne(_ test: Case) throws {
        let model = try test.model()
        var generator = RandomGenerator(seed: 5)
        var context = model.beginning
        for step in 0..<200 {
            let distribution = model.distribution(context)
            #expect(abs(distribution.reduce(0, +) - 1) < 1e-12, "step \(step)")
            #expect(distribution.allSatisfy { $0 > 0 })
            // Half of the contexts have been seen, half are drawn.
            let stream = test.stream
            let token =
                step % 2 == 0
                ? stream[step] : Int32(generator.next(below: test.vocabularySize))
            let probability = model.probability(of: token, advancing: &context)
            #expect(abs(probability - distribution[Int(token)]) < 1e-15)
        }
    }

    @Test func aGivenDiscountIsUsed() throws {
        var configuration = NgramConfig(vocabularySize: 4, order: 2, endTokenID: 0)
        configuration.discounts = [[0.25, 0.25, 0.25], [0.5, 0.5, 0.5]]
        // a b, a b, a c with a = 1, b = 2, c = 3.
        let model = try NgramModel(
            counting: [1, 2, 0, 1, 2, 0, 1, 3, 0], configuration: configuration)
        // Bigrams by their first token: 0 1 ×3; 1 2 ×2, 1 3 ×1; 2 0 ×2; 3 0 ×1. Each of 1, 2 and 3 follows one
        // token, 0 follows two: five in all, four discounts of which go to the uniform distribution.
        func unigram(_ followed: Double) -> Double { (followed - 0.25) / 5 + 1 / 5 / 4 }
        #expect(abs(model.probability(of: 2, after: [1]) - (1.5 / 3 + 1 / 3 * unigram(1))) < 1e-15)
        #expect(abs(model.probability(of: 0, after: [1]) - 1 / 3 * unigram(2)) < 1e-15)
        #expect(
            abs(model.probability(of: 1, after: [0]) - (2.5 / 3 + 0.5 / 3 * unigram(1))) < 1e-15)
        #expect(model.ngramCounts == [4, 5])
        #expect(model.parameterCount == 9)
    }

    @Test func aFolderHoldsTheModelExactly() throws {
        let test = Case(order: 4)
        let model = try test.model()
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("ngram-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.writeFiles(into: folder)
        let loaded = try NgramModel.load(from: folder)
        #expect(loaded.configuration == model.configuration)
        #expect(loaded.ngramCounts == model.ngramCounts)
        for context in [[], [3], [2, 5], [1, 2, 3, 4]] as [[Int32]] {
            #expect(
                loaded.distribution(loaded.context(after: context))
                    == model.distribution(model.context(after: context)))
        }
        // Counts that do not fit are refused by name.
        try SafeTensors.write(
            ids: [("1.counts", [1, 2])],
            to: folder.appendingPathComponent("ngrams.safetensors"))
        #expect {
            try NgramModel.load(from: folder)
        } throws: {
            ($0 as? ModelError)?.code == .parameters
        }
    }

    @Test func samplesAreOfTheModel() throws {
        let model = try Case(order: 3).model()
        var greedy = Sampler.greedy
        let text = try model.generate([1, 2], count: 8, sampler: &greedy, stopIDs: [0])
        var context = model.context(after: [1, 2])
        for token in text {
            let distribution = model.distribution(context)
            #expect(distribution[Int(token)] == distribution.max())
            _ = model.probability(of: token, advancing: &context)
        }
        #expect(text.count == 8 || text.last == 0)
        var first = try Sampler(seed: 3)
        var second = try Sampler(seed: 3)
        #expect(
            try model.generate([1], count: 20, sampler: &first)
                == model.generate([1], count: 20, sampler: &second))
        #expect(throws: ModelError.self) {
            try model.generate([12], count: 1, sampler: &first)
        }
    }

    @Test func theARPAFileIsTheModel() throws {
        let test = Case(order: 3, vocabularySize: 6)
        let model = try test.model()
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("ngram-\(UUID().uuidString).arpa")
        defer { try? FileManager.default.removeItem(at: url) }
        let names = ["<eos>", "a", "two words", "\n", "c", "[UNK]"]
        try model.writeARPA(tokens: names, unknown: 5, to: url)
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        // Logarithms of probability and back-off weight by n-gram, as a reader of such files has them.
        var entries: [String: (probability: Double, backoff: Double)] = [:]
        for line in lines {
            let fields = line.split(separator: "\t")
            guard fields.count >= 2, let probability = Double(fields[0]) else { continue }
            entries[String(fields[1])] = (
                probability, fields.count > 2 ? Double(fields[2]) ?? .nan : 0
            )
        }
        #expect(lines[1] == "ngram 1=7")
        #expect(entries.count == 7 + model.ngramCounts[1] + model.ngramCounts[2])
        let spelled = ["</s>", "a", "two▁words", "<0x0A>", "c", "<unk>"]
        func score(_ words: ArraySlice<String>) -> Double {
            if let entry = entries[words.joined(separator: " ")] { return entry.probability }
            let backoff = entries[words.dropLast().joined(separator: " ")]?.backoff ?? 0
            return backoff + score(words.dropFirst())
        }
        for first in 0..<6 {
            for second in 1..<6 {
                for third in 0..<6 {
                    let words = [
                        first == 0 ? "<s>" : spelled[first], spelled[second], spelled[third],
                    ]
                    let expected = model.probability(
                        of: Int32(third), after: [Int32(first), Int32(second)])
                    #expect(abs(score(words[...]) - log10(expected)) < 1e-6, "\(words)")
                }
            }
        }
    }
}
