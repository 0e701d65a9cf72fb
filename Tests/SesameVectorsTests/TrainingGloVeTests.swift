import Foundation
import SesameTensor
import SesameVectors
import Testing

/// One after the other: they change the thread count of the process.
@Suite(.serialized) struct TrainingGloVeTests {
    /// Every pair of places, in Double.
    static func reference(_ stream: WordStream, _ options: CooccurrenceOptions) -> [[Int]: Double] {
        var sums: [[Int]: Double] = [:]
        for sentence in stream.sentences {
            for p in sentence.indices {
                for q in sentence.indices where p != q && abs(p - q) <= options.window {
                    if q > p, !options.isSymmetric { continue }
                    sums[[Int(sentence[p]), Int(sentence[q])], default: 0] +=
                        options.weighsDistance ? 1 / Double(abs(p - q)) : 1
                }
            }
        }
        return sums
    }

    @Test(arguments: [1, 4, 10, 40], [true, false])
    func countsAsAPlainReference(window: Int, isSymmetric: Bool) throws {
        let stream = try TrainingText.stream(800)
        for weighsDistance in [true, false] {
            var options = CooccurrenceOptions()
            options.window = window
            options.isSymmetric = isSymmetric
            options.weighsDistance = weighsDistance
            let counts = try Cooccurrences(counting: stream, options: options)
            let expected = Self.reference(stream, options)
            #expect(counts.count == expected.count)
            for (place, sum) in expected {
                let found = Double(counts.count(place[0], place[1]))
                #expect(abs(found - sum) <= 1e-7 * sum, "\(place)")
            }
            #expect(counts.count(0, counts.vocabulary.count) == 0)
            let places = (0..<counts.count).map { [counts[$0].row, counts[$0].column] }
            #expect(zip(places, places.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        }
    }

    /// Counting in many sorted parts gives the same bits as counting at once, as any number of threads does.
    @Test func spillsMergesAndRepeats() throws {
        let before = Threads.count
        defer { Threads.count = before }
        let stream = try TrainingText.stream(4000)
        var options = CooccurrenceOptions()
        let whole = try Cooccurrences(counting: stream, options: options)
        options.memoryBytes = 1 << 20
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("runs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for threads in [1, 2, 3, 8] {
            Threads.count = threads
            var parts = 0
            let merged = try Cooccurrences(
                counting: stream, options: options, temporary: folder
            ) { _ in parts += 1 }
            #expect(parts > 3)
            #expect(merged.count == whole.count)
            #expect((0..<whole.count).allSatisfy { merged[$0] == whole[$0] })
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left.isEmpty, "runs are deleted")
        #expect(throws: VectorError.self) {
            try Cooccurrences(
                counting: stream, options: options,
                temporary: folder.appendingPathComponent("missing"))
        }
    }

    static func options(_ iterations: Int) -> GloVeOptions {
        var options = GloVeOptions()
        options.width = 20
        options.maximum = 10
        options.iterationCount = iterations
        return options
    }

    @Test func learnsWhatStandsTogether() throws {
        let stream = try TrainingText.stream(3000)
        let counts = try Cooccurrences(counting: stream)
        var model = try GloVe(vocabulary: stream.vocabulary, options: Self.options(20))
        try model.train(on: counts)
        let costs = model.position.costs
        #expect(costs.count == 20 && costs[19] < costs[0] / 2)
        // The reported cost is that of entries before their steps: close to what is left after them.
        let left = (0..<counts.count).reduce(0.0) { $0 + model.cost(of: counts[$1]) }
        #expect(abs(left / Double(counts.count) - costs[19]) < 0.3 * costs[19])
        #expect(TrainingText.separation(model.table) > 0.1)
    }

    @Test func sameBitsFromAnyNumberOfThreadsAndAfterAStop() throws {
        struct Stop: Error {}
        let before = Threads.count
        defer { Threads.count = before }
        let stream = try TrainingText.stream(1500)
        let counts = try Cooccurrences(counting: stream)
        var first: (bits: [UInt32], costs: [Double])?
        for threads in [1, 2, 3, 8] {
            Threads.count = threads
            var model = try GloVe(vocabulary: stream.vocabulary, options: Self.options(3))
            #expect(throws: Stop.self) {
                try model.train(on: counts) { _, report in
                    if report.iteration == 2, report.entryCount > 300 { throw Stop() }
                }
            }
            try model.train(on: counts)
            let found = (model.table.bits, model.position.costs)
            if let first { #expect(first == found, "\(threads) threads") }
            first = first ?? found
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        let stream = try TrainingText.stream(200)
        let counts = try Cooccurrences(counting: stream)
        let other = try TrainingText.builder([["p", "q", "p", "q"]]).finish(minimumCount: 2)
        var model = try GloVe(vocabulary: other.vocabulary, options: Self.options(1))
        #expect(throws: VectorError.self) { try model.train(on: counts) }
        let lonely = try TrainingText.builder([["a"], ["a"], ["b"], ["b"]]).finish(minimumCount: 2)
        #expect(throws: VectorError.self) { try Cooccurrences(counting: lonely) }
        for change: (inout GloVeOptions) -> Void in [
            { $0.width = 0 }, { $0.iterationCount = 0 }, { $0.learningRate = 0 },
            { $0.maximum = 0 },
            { $0.power = -1 },
        ] {
            var options = GloVeOptions()
            change(&options)
            #expect(throws: VectorError.self) { try options.validate() }
        }
        var options = CooccurrenceOptions()
        options.window = 0
        #expect(throws: VectorError.self) { try options.validate() }
    }
}
