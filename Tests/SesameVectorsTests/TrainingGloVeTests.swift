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
                    if report.pass == 2, report.entryCount > 300 { throw Stop() }
                }
            }
            try model.train(on: counts)
            let found = (model.table.bits, model.position.costs)
            if let first { #expect(first == found, "\(threads) threads") }
            first = first ?? found
        }
    }

    /// A text and more of it, with words of a new topic.
    private static func texts() -> (first: [[String]], more: [[String]]) {
        (TrainingText.sentences(1200), TrainingText.sentences(800, seed: 6, topics: "dxy"))
    }

    /// A matrix in a file, its blocks made in several scans, gives the bits of one in memory.
    @Test func aMatrixInAFileTrainsToTheSameBits() throws {
        let before = Threads.count
        defer { Threads.count = before }
        // Enough places for several scans.
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let first = TrainingText.sentences(3000, topics: letters)
        let more = TrainingText.sentences(3000, seed: 6, topics: letters.uppercased())
        let stream = try TrainingText.builder(first).finish(minimumCount: 2)
        let next = try TrainingText.builder(more)
            .finish(minimumCount: 2, extending: stream.vocabulary)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("matrix-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func files() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path)
        }
        func vectors(_ counts: Cooccurrences) throws -> [UInt32] {
            var model = try GloVe(vocabulary: counts.vocabulary, options: Self.options(2))
            try model.train(on: counts)
            return model.table.bits
        }
        let whole = try Cooccurrences(counting: stream)
        let both = try whole.adding(Cooccurrences(counting: next))
        #expect(!whole.isInFile && !both.isInFile)
        let (expected, expectedBoth) = (try vectors(whole), try vectors(both))
        var options = CooccurrenceOptions()
        options.memoryBytes = 1 << 16
        for threads in [1, 3] {
            Threads.count = threads
            let counts = try Cooccurrences(
                counting: stream, options: options, temporary: folder)
            #expect(counts.isInFile && counts.count == whole.count)
            #expect((0..<whole.count).allSatisfy { counts[$0] == whole[$0] })
            #expect(counts.count(3, 4) == whole.count(3, 4))
            #expect(try vectors(counts) == expected)
            let added = try counts.adding(
                Cooccurrences(counting: next, options: options, temporary: folder))
            #expect(added.isInFile)
            #expect(try vectors(added) == expectedBoth)
            // Files have no names while they are used.
            #expect(try files().isEmpty)
            let saved = folder.appendingPathComponent("counts")
            try added.save(to: saved)
            let read = try Cooccurrences(
                contentsOf: saved, memoryBytes: 1 << 16, temporary: folder)
            #expect(try vectors(read) == expectedBoth)
            #expect(try files() == ["counts"])
            try FileManager.default.removeItem(at: saved)
        }
    }

    @Test func countsAreAddedAndKept() throws {
        let (first, more) = Self.texts()
        let stream = try TrainingText.builder(first).finish(minimumCount: 2)
        let counts = try Cooccurrences(counting: stream)
        let next = try TrainingText.builder(more)
            .finish(minimumCount: 2, extending: stream.vocabulary)
        let added = try counts.adding(Cooccurrences(counting: next))
        // As counted at once, but for a last rounding.
        let both = try TrainingText.builder(first + more)
            .finish(minimumCount: 2, extending: next.vocabulary)
        let whole = try Cooccurrences(counting: both)
        #expect(added.vocabulary.count == whole.vocabulary.count && added.count == whole.count)
        for index in 0..<whole.count {
            let (a, b) = (added[index], whole[index])
            #expect(a.row == b.row && a.column == b.column)
            #expect(abs(a.count - b.count) <= 2e-7 * b.count)
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("counts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("counts")
        try added.save(to: file)
        let read = try Cooccurrences(contentsOf: file)
        #expect(read.vocabulary == added.vocabulary && read.count == added.count)
        #expect((0..<read.count).allSatisfy { read[$0] == added[$0] })
        // The same file again from what was read.
        let again = folder.appendingPathComponent("again")
        try read.save(to: again)
        #expect(try Data(contentsOf: file) == Data(contentsOf: again))

        var narrow = CooccurrenceOptions()
        narrow.window = 3
        let refused = #expect(throws: VectorError.self) {
            try counts.adding(Cooccurrences(counting: next, options: narrow))
        }
        #expect(refused?.description.contains("window: expected 10") == true)
        let other = try TrainingText.builder([["p", "q", "p", "q"]]).finish(minimumCount: 2)
        #expect(throws: VectorError.self) { try counts.adding(Cooccurrences(counting: other)) }

        // Damaged files.
        let bytes = try Data(contentsOf: file)
        for place in stride(from: 0, to: bytes.count - 1, by: max(1, bytes.count / 97)) {
            var damaged = bytes
            damaged[damaged.startIndex + place] ^= 0x81
            try damaged.write(to: again)
            do {
                let found = try Cooccurrences(contentsOf: again)
                #expect((0..<found.count).allSatisfy { found[$0].count > 0 })
            } catch let error as VectorError {
                #expect(!error.description.isEmpty)
            }
            try bytes.prefix(place).write(to: again)
            #expect(throws: VectorError.self) { try Cooccurrences(contentsOf: again) }
        }
    }

    @Test func growsWithStableIDs() throws {
        let (first, more) = Self.texts()
        let stream = try TrainingText.builder(first).finish(minimumCount: 2)
        let counts = try Cooccurrences(counting: stream)
        var model = try GloVe(vocabulary: stream.vocabulary, options: Self.options(10))
        try model.train(on: counts)
        let old = model
        let next = try TrainingText.builder(more)
            .finish(minimumCount: 2, extending: stream.vocabulary)
        let added = try counts.adding(Cooccurrences(counting: next))
        try model.extend(to: added)
        let words = stream.vocabulary.tokens
        #expect(model.vocabulary.count > words.count)
        #expect(Array(model.table.words.prefix(words.count)) == words)
        // Vectors, biases and sums of old words are what they were; new ones begin as in a model of their own.
        #expect(model.words.scalars.starts(with: old.words.scalars))
        #expect(model.contexts.scalars.starts(with: old.contexts.scalars))
        let fresh = try GloVe(vocabulary: added.vocabulary, options: Self.options(10))
        let start = old.words.elementCount
        #expect(model.words.scalars[start...].elementsEqual(fresh.words.scalars[start...]))
        #expect(model.position.iteration == 0 && model.position.firstIteration == 10)

        // Training goes on from what was learnt: its first pass costs less than a new model's.
        struct Stop: Error {}
        let grown = model
        try model.train(on: added)
        var begun = fresh
        try begun.train(on: added)
        #expect(model.position.costs[0] < 0.8 * begun.position.costs[0])
        #expect(model.position.costs[9] < model.position.costs[0])
        #expect(TrainingText.separation(model.table) > 0.1)
        // The new text's counts alone move what they have.
        var alone = old
        let newCounts = try Cooccurrences(counting: next)
        try alone.extend(to: newCounts)
        try alone.train(on: newCounts)
        #expect(alone.table.words == model.table.words)
        #expect(throws: VectorError.self) {
            var wrong = old
            try wrong.train(on: added)
        }

        // A stop, a folder and a resume.
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("glove-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try grown.save(to: folder)
        var resumed = try GloVe(folder: folder)
        #expect(throws: Stop.self) {
            try resumed.train(on: added) { model, report in
                if report.pass == 3, report.entryCount > 300 {
                    try model.save(to: folder)
                    throw Stop()
                }
            }
        }
        #expect(try VectorMethod(folder: folder) == .glove)
        resumed = try GloVe(folder: folder)
        try resumed.train(on: added)
        #expect(resumed.table.bits == model.table.bits)
        #expect(resumed.position == model.position)
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
