import Foundation
import SesameTensor
import SesameVectors
import Testing

/// Sentence vectors, principal components and t-SNE.
struct SentenceAndMapTests {
    private struct Numbers: Decodable {
        let components: [[Double]]
        let shares: [Double]
        let counts: [Int]
        let sif: [[Double]]
    }

    private func near(_ a: [Double], _ b: [Double], within bound: Double) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < bound }
    }

    @Test func sentencesAreNumpys() throws {
        let numbers = try VectorGoldens.json("numpy.json", as: Numbers.self)
        let table = try VectorTable.load(VectorGoldens.url("words.bin"))
        let text = try String(contentsOf: VectorGoldens.url("corpus.txt"), encoding: .utf8)
        let corpus = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        var sentences = try SentenceVectors(
            table, method: .smoothInverseFrequency(a: 1e-3), counts: numbers.counts)
        sentences.fit(Array(corpus.prefix(50)))
        for (sentence, expected) in zip(corpus, numbers.sif) {
            let vector = sentences.vector(of: sentence).map { Double($0) }
            #expect(near(vector, expected, within: 1e-6))
        }
        let mean = try SentenceVectors(table)
        let the = try #require(table.vector(of: "the"))
        #expect(mean.vector(of: ["the", "zyzzyva", "the"]) == the)
        #expect(mean.vector(of: ["zyzzyva"]) == [Float](repeating: 0, count: 12))
        for (a, counts) in [(1e-3, nil), (0, numbers.counts), (1e-3, [1])] as [(Double, [Int]?)] {
            let error = #expect(throws: VectorError.self) {
                try SentenceVectors(
                    table, method: .smoothInverseFrequency(a: a), counts: counts)
            }
            #expect(error?.code == .invalidOption)
        }
    }

    @Test func componentsAreNumpys() throws {
        let numbers = try VectorGoldens.json("numpy.json", as: Numbers.self)
        let table = try VectorTable.load(VectorGoldens.url("words.bin"))
        let components = PrincipalComponents(of: (0..<30).map { table[$0] }, count: 2)
        for (component, expected) in zip(components.components, numbers.components) {
            #expect(near(component, expected, within: 1e-9))
        }
        #expect(near(components.shares, numbers.shares, within: 1e-12))
    }

    /// Three groups in ten dimensions stay three groups on the plane.
    @Test func neighboursStayNeighbours() throws {
        let noise = Tensor.uniform([60, 10], in: -0.1..<0.1, key: RandomKey(seed: 5)).scalars
        let vectors = (0..<60).map { row -> [Float] in
            var vector = Array(noise[row * 10..<row * 10 + 10])
            vector[row % 3] += 1
            return vector
        }
        var map = NeighbourMap()
        map.perplexity = 8
        map.stepCount = 300
        var steps = 0
        let places = try map.places(of: vectors) { steps = $0 }
        #expect(steps == 300)
        func distance(_ i: Int, _ j: Int) -> Double {
            let (dx, dy) = (places[i].x - places[j].x, places[i].y - places[j].y)
            return dx * dx + dy * dy
        }
        for i in 0..<60 {
            let nearest = (0..<60).filter { $0 != i }
                .sorted { distance(i, $0) < distance(i, $1) }.prefix(10)
            #expect(nearest.allSatisfy { $0 % 3 == i % 3 }, "\(i)")
        }
        let threads = Threads.count
        defer { Threads.count = threads }
        Threads.count = 3
        let again = try map.places(of: vectors)
        #expect(places.map(\.x) == again.map(\.x) && places.map(\.y) == again.map(\.y))
        // Equal vectors part and stay finite.
        let equal = try map.places(of: Array(repeating: [1, 2], count: 8))
        #expect(equal.allSatisfy { $0.x.isFinite && $0.y.isFinite })
        for count in [3, NeighbourMap.largestCount + 1] {
            let error = #expect(throws: VectorError.self) {
                try map.places(of: Array(repeating: [1, 2], count: count))
            }
            #expect(error?.code == .invalidOption)
        }
    }
}
