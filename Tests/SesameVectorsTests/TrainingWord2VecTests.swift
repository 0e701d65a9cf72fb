import Foundation
import SesameTensor
import SesameVectors
import Testing

/// One after the other: they change the thread count of the process.
@Suite(.serialized) struct TrainingWord2VecTests {
    static func options(
        _ architecture: Word2VecOptions.Architecture = .skipGram, subwords: Bool = false,
        _ objective: Word2VecOptions.Objective = .negativeSampling
    ) throws -> Word2VecOptions {
        var options = Word2VecOptions()
        options.architecture = architecture
        options.objective = objective
        options.width = 20
        options.window = 3
        options.epochCount = 3
        options.subsampling = 0.05
        if subwords {
            options.subwords = try SubwordGrams(
                minimumLength: 2, maximumLength: 3, bucketCount: 50)
        }
        return options
    }

    @Test(
        arguments: Word2VecOptions.Architecture.allCases,
        [false, true])
    func learnsWhatStandsTogether(_ architecture: Word2VecOptions.Architecture, subwords: Bool)
        throws
    {
        let stream = try TrainingText.stream(3000)
        for objective in Word2VecOptions.Objective.allCases {
            for mode in Word2VecOptions.Mode.allCases {
                var options = try Self.options(architecture, subwords: subwords, objective)
                options.mode = mode
                var model = try Word2Vec(stream: stream, options: options)
                try model.train(on: stream)
                let separation = TrainingText.separation(model.table)
                #expect(separation > 0.3, "\(objective) \(mode)")
                #expect(model.position.losses.count == 3)
                #expect(model.position.losses[2] < model.position.losses[0], "\(objective) \(mode)")
            }
        }
    }

    @Test(arguments: Word2VecOptions.Architecture.allCases, [false, true])
    func sameBitsFromAnyNumberOfThreads(
        _ architecture: Word2VecOptions.Architecture, subwords: Bool
    ) throws {
        let before = Threads.count
        defer { Threads.count = before }
        let stream = try TrainingText.stream(1200)
        var first: (bits: [UInt32], losses: [Double])?
        for threads in [1, 2, 3, 8] {
            Threads.count = threads
            var model = try Word2Vec(
                stream: stream, options: Self.options(architecture, subwords: subwords))
            try model.train(on: stream)
            let found = (model.table.bits, model.position.losses)
            if let first { #expect(first == found, "\(threads) threads") }
            first = first ?? found
        }
    }

    /// Alone in a process: the number of threads is that of all of it, and other tests change theirs.
    @Test func fastestModeOnOneThreadRepeats() async {
        await #expect(processExitsWith: .success) {
            Threads.count = 1
            let stream = try TrainingText.stream(500)
            var options = try Self.options()
            options.mode = .fastest
            let bits = try (0..<2).map { _ in
                var model = try Word2Vec(stream: stream, options: options)
                try model.train(on: stream)
                return model.table.bits
            }
            #expect(bits[0] == bits[1])
        }
    }

    @Test func anUntrainedLossIsThatOfChance() throws {
        let stream = try TrainingText.stream(300)
        var options = try Self.options()
        options.epochCount = 1
        options.learningRate = 1e-7
        options.finalLearningRate = 0
        var model = try Word2Vec(stream: stream, options: options)
        try model.train(on: stream)
        // Outputs are zero: each of at most six terms is ln 2.
        let loss = try #require(model.position.losses.first)
        #expect(loss > 5 * 0.693 && loss < 6 * 0.6932)
    }

    @Test func reportsProgressAndStops() throws {
        struct Stop: Error {}
        let stream = try TrainingText.stream(30_000)
        var options = try Self.options()
        options.width = 8
        var model = try Word2Vec(stream: stream, options: options)
        var reports: [Word2VecProgress] = []
        #expect(throws: Stop.self) {
            try model.train(on: stream) { _, report in
                reports.append(report)
                if report.pass == 2 { throw Stop() }
            }
        }
        #expect(reports.map(\.pass) == [1, 1, 1, 2])
        #expect(reports[2].wordCount == stream.count)
        #expect(reports.allSatisfy { $0.loss > 0 && $0.wordsPerSecond > 0 })
        #expect(reports[0].learningRate > reports[3].learningRate)
        #expect(model.position.epoch == 1 && model.position.chunk > 0)

        // Going on gives what an uninterrupted run gives.
        try model.train(on: stream)
        var whole = try Word2Vec(stream: stream, options: options)
        try whole.train(on: stream)
        #expect(model.table.bits == whole.table.bits)
        #expect(model.position == whole.position)
    }

    @Test(arguments: [false, true])
    func growsWithStableIDs(subwords: Bool) throws {
        let stream = try TrainingText.stream(500)
        var model = try Word2Vec(stream: stream, options: Self.options(subwords: subwords))
        try model.train(on: stream)
        let old = model.table
        let more = try TrainingText.builder(
            TrainingText.sentences(500, seed: 6, topics: "dxy")
        ).finish(minimumCount: 2, extending: model.vocabulary)
        #expect(more.vocabulary.count > stream.vocabulary.count)
        try model.extend(to: more)
        let extended = model.table
        #expect(Array(extended.words.prefix(old.count)) == old.words)
        if !subwords {
            for row in 0..<old.count { #expect(extended[row] == old[row]) }
        }
        try model.train(on: more)
        #expect(TrainingText.separation(model.table) > 0.2)
        // Words that the new text lacks may serve as negatives, but are no inputs.
        let gone = try #require(old.row(of: "a4"))
        if !subwords { #expect(model.table[gone] == old[gone]) }
        #expect(model.vocabulary.counts?[gone] == stream.vocabulary.counts?[gone])
    }

    /// The paths of a tree: node and code, from the root on.
    private static func paths(_ tree: HuffmanTree) -> [[(node: UInt32, code: Bool)]] {
        (0..<tree.offsets.count - 1).map { word in
            tree.nodes[Int(tree.offsets[word])..<Int(tree.offsets[word + 1])].map {
                ($0 & 0x7FFF_FFFF, $0 >> 31 == 1)
            }
        }
    }

    @Test(arguments: [
        [[5, 3, 3, 1]], [[5, 3, 3, 1], [9, 2]], [[4], [7]], [[1], [1], [1], [2, 1, 1]],
        [[50, 20, 10, 5, 1], [], [1000, 3, 2], [4]], [[0, 0, 0], [0, 0]],
    ])
    func grownTreesArePrefixFreeAndComplete(_ growths: [[Int]]) {
        let tree = HuffmanTree(growths: growths)
        let paths = Self.paths(tree)
        let count = growths.reduce(0) { $0 + $1.count }
        #expect(paths.count == count)
        #expect(tree.longestPath == paths.map(\.count).max())
        // Kraft's sum is 1: no code is another's beginning, and none is missing.
        #expect(abs(paths.reduce(0) { $0 + exp2(-Double($1.count)) } - 1) < 1e-12)
        let codes = paths.map { $0.map { $0.code ? "1" : "0" }.joined() }
        for (a, first) in codes.enumerated() {
            for (b, second) in codes.enumerated() where a != b {
                #expect(!second.hasPrefix(first), "\(codes)")
            }
        }
        // A node stands for one beginning of codes, and every inner node is used.
        var beginnings: [UInt32: String] = [:]
        for (path, code) in zip(paths, codes) {
            for (step, place) in path.enumerated() {
                let beginning = String(code.prefix(step))
                #expect(beginnings[place.node] ?? beginning == beginning)
                beginnings[place.node] = beginning
            }
        }
        #expect(Set(beginnings.keys) == Set((0..<UInt32(max(0, count - 1)))))
        #expect(Set(beginnings.values).count == beginnings.count)
        // Old words: their old paths with one step in front for each growth.
        for size in growths.indices.dropLast() {
            let before = Self.paths(HuffmanTree(growths: Array(growths[...size])))
            let later = growths[(size + 1)...].count { !$0.isEmpty }
            for word in before.indices {
                let (old, new) = (before[word], paths[word])
                #expect(new.count == old.count + later)
                #expect(new.suffix(old.count).elementsEqual(old) { $0 == $1 })
                #expect(new.prefix(later).allSatisfy { !$0.code })
            }
        }
    }

    /// ln p of a word under the tree, with the input vector of another.
    private static func logProbability(_ word: Int, given input: Int, _ model: Word2Vec) -> Double {
        let stride = model.input.shape[1]
        let (inputs, outputs) = (model.input.scalars, model.output.scalars)
        return Self.paths(model.tree)[word].reduce(0) { sum, place in
            let score = (0..<stride).reduce(0.0) {
                $0 + Double(inputs[input * stride + $1])
                    * Double(outputs[Int(place.node) * stride + $1])
            }
            return sum - log(1 + exp(place.code ? score : -score))
        }
    }

    @Test(arguments: Word2VecOptions.Architecture.allCases)
    func aTreeGrowsWithStableIDs(_ architecture: Word2VecOptions.Architecture) throws {
        let stream = try TrainingText.stream(500)
        let options = try Self.options(architecture, subwords: false, .hierarchicalSoftmax)
        var model = try Word2Vec(stream: stream, options: options)
        try model.train(on: stream)
        let before = model
        let words = stream.vocabulary.tokens
        func more(_ seed: UInt64, _ topics: String) throws -> WordStream {
            try TrainingText.builder(
                TrainingText.sentences(500, seed: seed, topics: topics)
            ).finish(minimumCount: 2, extending: model.vocabulary)
        }
        let second = try more(6, "dxy")
        try model.extend(to: second)
        // Nothing is lost at the moment of growth: an old word has half its probability, the new words the rest.
        let stride = before.input.shape[1]
        #expect(model.input.scalars.starts(with: before.input.scalars))
        #expect(
            model.output.scalars.starts(
                with: before.output.scalars.dropLast(stride)))
        for word in [0, 3, words.count - 1] {
            let (old, new) = (
                Self.logProbability(word, given: 1, before),
                Self.logProbability(word, given: 1, model)
            )
            #expect(abs(new - (old - log(2))) < 1e-9)
        }
        let sum = (0..<model.vocabulary.count).reduce(0) {
            $0 + exp(Self.logProbability($1, given: 2, model))
        }
        #expect(abs(sum - 1) < 1e-9)

        // Training, a stop and a resume, and another growth.
        struct Stop: Error {}
        try model.train(on: second)
        #expect(Array(model.table.words.prefix(words.count)) == words)
        #expect(model.position.losses[2] < model.position.losses[0])
        #expect(TrainingText.separation(model.table) > 0.2)
        let third = try more(7, "az")
        var whole = model
        try whole.extend(to: third)
        try whole.train(on: third)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tree-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        var resumed = try Word2Vec(folder: folder)
        try resumed.extend(to: third)
        #expect(throws: Stop.self) {
            try resumed.train(on: third) { model, report in
                if report.pass == 2 {
                    try model.save(to: folder)
                    throw Stop()
                }
            }
        }
        resumed = try Word2Vec(folder: folder)
        try resumed.train(on: third)
        #expect(resumed.table.bits == whole.table.bits)
        #expect(resumed.output.scalars == whole.output.scalars)
        #expect(resumed.position == whole.position)
        // A folder whose tree is not that of its words is refused.
        let state = folder.appendingPathComponent("state.json")
        let text = try String(contentsOf: state, encoding: .utf8)
        try text.replacingOccurrences(of: "\"treeCounts\":[[", with: "\"treeCounts\":[[1,")
            .write(to: state, atomically: true, encoding: .utf8)
        #expect(throws: VectorError.self) { try Word2Vec(folder: folder) }
    }

    @Test func givesUnknownWordsVectors() throws {
        let stream = try TrainingText.stream(2000)
        var model = try Word2Vec(stream: stream, options: Self.options(subwords: true))
        try model.train(on: stream)
        let table = model.table
        #expect(table.row(of: "a77") == nil)
        #expect(table.vector(of: "a77")?.count == 20)
        // A known word's vector is the mean of its own row and its n-grams'.
        let row = 3
        let parts = SubwordParts(
            vocabulary: model.vocabulary, grams: try #require(model.options.subwords)
        ).rows(of: row)
        let expected = (0..<20).map { place in
            parts.reduce(0) { $0 + Double(model.input.scalars[Int($1) * 32 + place]) }
                / Double(parts.count)
        }
        for (value, reference) in zip(table[row], expected) {
            #expect(abs(Double(value) - reference) < 1e-6)
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        let stream = try TrainingText.stream(200)
        var model = try Word2Vec(stream: stream, options: Self.options())
        let other = try TrainingText.builder([["p", "q", "p", "q"]]).finish(minimumCount: 2)
        #expect(throws: VectorError.self) { try model.train(on: other) }
        #expect(throws: VectorError.self) { try model.extend(to: other) }
        for change: (inout Word2VecOptions) -> Void in [
            { $0.width = 0 }, { $0.window = 0 }, { $0.negativeCount = 0 }, { $0.epochCount = 0 },
            { $0.learningRate = 0 }, { $0.learningRate = .nan }, { $0.subsampling = 2 },
            { $0.finalLearningRate = 1 }, { $0.noisePower = .infinity },
        ] {
            var options = Word2VecOptions()
            change(&options)
            #expect(throws: VectorError.self) { try options.validate() }
        }
    }
}
