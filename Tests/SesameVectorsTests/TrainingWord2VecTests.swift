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

    @Test func fastestModeOnOneThreadRepeats() throws {
        let before = Threads.count
        Threads.count = 1
        defer { Threads.count = before }
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
                if report.epoch == 2 { throw Stop() }
            }
        }
        #expect(reports.map(\.epoch) == [1, 1, 1, 2])
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
        var tree = try Word2Vec(
            stream: stream, options: Self.options(.cbow, subwords: false, .hierarchicalSoftmax))
        #expect(throws: VectorError.self) { try tree.extend(to: stream) }
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
