import Foundation
import SesameTensor
import SesameVectors
import Testing

/// Search and evaluation against gensim 4.4; see Goldens/make_goldens.py.
struct VectorSearchTests {
    private struct Found: Decodable {
        let word: String
        let similarity: Float

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            word = try values.decode(String.self)
            similarity = try values.decode(Float.self)
        }
    }

    private struct Odd: Decodable {
        let words: [String]
        let odd: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            words = try values.decode([String].self)
            odd = try values.decode(String.self)
        }
    }

    private struct Section: Decodable {
        let name: String
        let correct: Int
        let incorrect: Int

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            name = try values.decode(String.self)
            correct = try values.decode(Int.self)
            incorrect = try values.decode(Int.self)
        }
    }

    private struct Analogies: Decodable {
        let score: Double
        let sections: [Section]
    }

    private struct Similarities: Decodable {
        let pearson: Double
        let spearman: Double
        let unknown: Double
    }

    private struct Use: Decodable {
        let nearest: [String: [Found]]
        let limited: [String: [Found]]
        let query: [String]
        let added: [Found]
        let multiplied: [Found]
        let similarity: Double
        let odd: [Odd]
        let pairs: [Similarities]
        let analogies: [Analogies]
    }

    private func golden() throws -> (VectorSearch, Use) {
        (
            VectorSearch(try VectorTable.load(VectorGoldens.url("words.bin"))),
            try VectorGoldens.json("use.json", as: Use.self)
        )
    }

    private func expect(
        _ found: [WordNeighbour], _ expected: [Found],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found.map(\.word) == expected.map(\.word), sourceLocation: sourceLocation)
        for (found, expected) in zip(found, expected) {
            #expect(
                abs(found.similarity - expected.similarity) < 2e-6 * max(1, expected.similarity),
                sourceLocation: sourceLocation)
        }
    }

    @Test func neighboursAreGensims() throws {
        let (search, use) = try golden()
        for (word, found) in use.nearest { expect(try search.nearest(to: word, count: 5), found) }
        for (word, found) in use.limited {
            expect(try search.nearest(to: word, count: 3, limit: 100), found)
        }
        let (a, b, c) = (use.query[0], use.query[1], use.query[2])
        expect(try search.analogy(a, isTo: b, as: c, count: 5), use.added)
        expect(try search.analogy(a, isTo: b, as: c, by: .multiplication, count: 5), use.multiplied)
        #expect(abs(try search.similarity(a, b) - use.similarity) < 1e-6)
        for item in use.odd { #expect(try search.oddOneOut(item.words) == item.odd) }
    }

    @Test func evaluationIsGensims() throws {
        let (search, use) = try golden()
        let pairs = try SimilaritySet(VectorGoldens.url("pairs.tsv"))
        #expect(pairs.pairs.count == 63 && pairs.skippedLineCount == 2)
        let analogies = try AnalogySet(VectorGoldens.url("analogies.txt"))
        #expect(analogies.sections.map(\.name) == ["first", "second words"])
        func options(_ change: (inout EvaluationOptions) -> Void) -> EvaluationOptions {
            var options = EvaluationOptions()
            change(&options)
            return options
        }
        for (options, expected) in zip(
            [options { _ in }, options { $0.limit = 100 }, options { $0.foldsCase = false }],
            use.pairs)
        {
            let result = try search.evaluate(pairs, options: options)
            #expect(abs(result.spearman - expected.spearman) < 1e-9)
            #expect(abs(result.pearson - expected.pearson) < 1e-6)
            #expect(abs(result.unknownShare * 100 - expected.unknown) < 1e-9)
        }
        for (options, expected) in zip(
            [
                options { _ in }, options { $0.limit = 120 }, options { $0.foldsCase = false },
                options { $0.countsUnknown = true },
            ], use.analogies)
        {
            let result = try search.evaluate(analogies, options: options)
            for (section, expected) in zip(result.sections + [result.total], expected.sections) {
                #expect(section.correctCount == expected.correct, "\(section)")
                #expect(section.answeredCount == expected.correct + expected.incorrect)
            }
            #expect(abs(result.total.accuracy - expected.score) < 1e-12)
        }
    }

    /// Several blocks of rows, equal rows, a zero row, any number of threads, and a mapped table.
    @Test func everyRowIsSearched() throws {
        let (count, width) = (10_000, 7)
        var values = Tensor.uniform([count, width], in: -1..<1, key: RandomKey(seed: 3)).scalars
        for place in 0..<width {
            values[9_999 * width + place] = 2 * values[4_500 * width + place]
            values[17 * width + place] = 0
        }
        let table = try VectorTable(
            words: (0..<count).map { "w\($0)" },
            vectors: (0..<count).map { Array(values[$0 * width..<($0 + 1) * width]) })
        func reference(_ query: Int, _ found: Int) -> [Int] {
            func length(_ row: Int) -> Double {
                table[row].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            }
            let scores = (0..<count).map { row in
                zip(table[row], table[query]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                    / max(length(row), 1e-30)
            }
            return (0..<count).filter { $0 != query }
                .sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(found).map { $0 }
        }
        let threads = Threads.count
        defer { Threads.count = threads }
        let search = VectorSearch(table)
        for query in [0, 4_500, 9_998] {
            let found = try search.nearest(to: "w\(query)", count: 40)
            #expect(found.map(\.row) == reference(query, 40))
            Threads.count = 1
            #expect(try search.nearest(to: "w\(query)", count: 40) == found)
            Threads.count = 3
            #expect(try search.nearest(to: "w\(query)", count: 40) == found)
        }
        #expect(try search.nearest(to: "w4500", count: 1)[0].row == 9_999)
        // Rows in a mapped file are found the same.
        let scratch = try VectorScratch()
        let url = scratch.url.appendingPathComponent("v")
        try table.save(to: url, as: .safetensors)
        let mapped = VectorSearch(try VectorTable.load(url))
        #expect(try mapped.nearest(to: "w0") == search.nearest(to: "w0"))
        #expect(try search.nearest(to: "w17", count: 1)[0].similarity == 0)
    }

    @Test func centroidsAreMeansOfUnitVectors() throws {
        let search = VectorSearch(
            try VectorTable(
                words: ["a", "b", "c", "d"], vectors: [[2, 0], [0, 5], [3, 3], [-1, 0]]))
        #expect(try search.centroid(of: ["a", "b"]) == [0.5, 0.5])
        #expect(try search.nearest(toCentroidOf: ["a", "b"]).map(\.word) == ["c", "d"])
        #expect(
            try search.centrality(of: ["a", "b", "c", "d"]).map(\.word) == ["c", "b", "a", "d"])
        #expect(try search.oddOneOut(["a", "c", "d"]) == "d")
    }

    @Test func badQuestionsAreRefused() throws {
        let search = VectorSearch(try VectorTable(words: ["a", "b"], vectors: [[1], [2]]))
        for (ask, code) in [
            ({ _ = try search.nearest(to: "x") }, .unknownWord),
            ({ _ = try search.nearest(to: "a", count: 0) }, .invalidOption),
            ({ _ = try search.nearest(to: "a", limit: 0) }, .invalidOption),
            ({ _ = try search.analogy("a", isTo: "b", as: "x") }, .unknownWord),
            ({ _ = try search.similarity("a", "x") }, .unknownWord),
            ({ _ = try search.oddOneOut(["a", "b"]) }, .invalidOption),
            ({ _ = try search.centroid(of: []) }, .invalidOption),
            ({ _ = try search.nearest(toSumOf: []) }, .invalidOption),
        ] as [(() throws -> Void, VectorError.Code)] {
            let error = #expect(throws: VectorError.self) { try ask() }
            #expect(error?.code == code)
        }
        #expect(try search.nearest(to: "a", count: 9).count == 1)
    }

    @Test(arguments: [
        ("a b c\n", "line 1: expected the heading of a section"),
        (": s\na b c\n", "expected questions of four words"),
    ])
    func badAnalogiesAreRefused(_ text: String, _ mention: String) throws {
        let scratch = try VectorScratch()
        let file = try scratch.file(Data(text.utf8))
        let error = #expect(throws: VectorError.self) { try AnalogySet(file) }
        #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
        let pairs = #expect(throws: VectorError.self) { try SimilaritySet(file) }
        #expect(pairs?.code == .malformedFile)
    }

    @Test func pairsMayBeSeparatedBySpaces() throws {
        let scratch = try VectorScratch()
        let file = try scratch.file(Data("\u{FEFF}a b 1.5\r\nc  d 2\n\n".utf8))
        #expect(try SimilaritySet(file).pairs == [.init("a", "b", 1.5), .init("c", "d", 2)])
    }
}
