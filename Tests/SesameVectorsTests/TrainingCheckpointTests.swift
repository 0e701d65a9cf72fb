import Foundation
import SesameTensor
import SesameText
import SesameVectors
import Testing

@Suite struct TrainingCheckpointTests {
    struct Stop: Error {}

    /// A folder that goes when the test ends.
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("vectors-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test(arguments: [false, true])
    func word2VecGoesOnWithTheSameBits(subwords: Bool) throws {
        let stream = try TrainingText.stream(30_000)
        var options = Word2VecOptions()
        options.width = 10
        options.epochCount = 2
        if subwords {
            options.subwords = try SubwordGrams(
                minimumLength: 2, maximumLength: 3, bucketCount: 40)
        }
        var whole = try Word2Vec(stream: stream, options: options)
        try whole.train(on: stream)
        try withFolder { folder in
            var model = try Word2Vec(stream: stream, options: options)
            var count = 0
            #expect(throws: Stop.self) {
                try model.train(on: stream) { model, _ in
                    count += 1
                    // In the middle of a pass.
                    if count == 2 { try model.save(to: folder) }
                    if count == 4 { throw Stop() }
                }
            }
            var resumed = try Word2Vec(folder: folder)
            #expect(resumed.options == options)
            #expect(resumed.position.epoch < 2)
            try resumed.train(on: stream)
            #expect(resumed.table.bits == whole.table.bits)
            #expect(resumed.position == whole.position)
            #expect(resumed.vocabulary.counts == stream.vocabulary.counts)
            let other = try TrainingText.stream(29_000)
            var wrong = try Word2Vec(folder: folder)
            #expect(throws: VectorError.self) { try wrong.train(on: other) }
        }
    }

    @Test func gloveGoesOnWithTheSameBits() throws {
        let stream = try TrainingText.stream(1000)
        let counts = try Cooccurrences(counting: stream)
        var options = GloVeOptions()
        options.width = 10
        options.iterationCount = 3
        var whole = try GloVe(vocabulary: stream.vocabulary, options: options)
        try whole.train(on: counts)
        try withFolder { folder in
            var model = try GloVe(vocabulary: stream.vocabulary, options: options)
            var count = 0
            #expect(throws: Stop.self) {
                try model.train(on: counts) { model, _ in
                    count += 1
                    try model.save(to: folder)
                    if count == 21 { throw Stop() }
                }
            }
            var resumed = try GloVe(folder: folder)
            #expect(resumed.position.iteration == 1 && resumed.position.round == 5)
            try resumed.train(on: counts)
            #expect(resumed.table.bits == whole.table.bits)
            #expect(resumed.position == whole.position)
            #expect(throws: VectorError.self) { try Word2Vec(folder: folder) }
        }
    }

    @Test func refusesDamagedFolders() throws {
        let stream = try TrainingText.stream(200)
        var options = Word2VecOptions()
        options.width = 10
        let model = try Word2Vec(stream: stream, options: options)
        for name in ["state.json", "vocabulary.json", "model.safetensors"] {
            try withFolder { folder in
                try model.save(to: folder)
                let file = folder.appendingPathComponent(name)
                let data = try Data(contentsOf: file)
                try data.prefix(data.count / 2).write(to: file)
                #expect(throws: VectorError.self, "\(name)") { try Word2Vec(folder: folder) }
                try FileManager.default.removeItem(at: file)
                #expect(throws: VectorError.self, "\(name)") { try Word2Vec(folder: folder) }
            }
        }
        try withFolder { folder in
            try model.save(to: folder)
            let file = folder.appendingPathComponent("state.json")
            let text = try String(contentsOf: file, encoding: .utf8)
            try text.replacingOccurrences(of: "\"width\":10", with: "\"width\":12")
                .write(to: file, atomically: true, encoding: .utf8)
            #expect(throws: VectorError.self) { try Word2Vec(folder: folder) }
        }
    }

    /// Values that the readers take for numbers, and that training would trip over.
    @Test(
        arguments: [
            ("\"chunk\":0", "\"chunk\":-1", "chunk: expected 0 to 9007199254740992, found -1"),
            ("\"firstPass\":0", "\"firstPass\":9223372036854775807", "position.firstPass"),
            ("\"pairs\":0", "\"pairs\":18446744073709551615", "position.sums.pairs"),
            ("\"bucketCount\":50", "\"bucketCount\":0", "buckets: expected 1 to 2147483647"),
            ("\"minimumLength\":3", "\"minimumLength\":-3", "n-gram lengths: expected 1...64"),
            ("\"counts\":[", "\"counts\":[-", "counts from 0 on"),
            ("\"counts\":[", "\"counts\":[9007199254740992", "fewer than 2⁵³"),
        ])
    func refusesImpossibleStates(found: String, instead: String, message: String) throws {
        let stream = try TrainingText.stream(200)
        var options = Word2VecOptions()
        options.width = 10
        options.subwords = try SubwordGrams(bucketCount: 50)
        let model = try Word2Vec(stream: stream, options: options)
        try withFolder { folder in
            try model.save(to: folder)
            var count = 0
            for name in ["state.json", "vocabulary.json"] {
                let file = folder.appendingPathComponent(name)
                let text = try String(contentsOf: file, encoding: .utf8)
                let damaged = text.replacingOccurrences(of: found, with: instead)
                count += damaged == text ? 0 : 1
                try damaged.write(to: file, atomically: true, encoding: .utf8)
            }
            #expect(count == 1)
            let error = #expect(throws: VectorError.self) { try Word2Vec(folder: folder) }
            #expect(error?.description.contains(message) == true, "\(error as Any)")
        }
    }

    @Test func refusesAPlaceBehindTheText() throws {
        let stream = try TrainingText.stream(200)
        let counts = try Cooccurrences(counting: stream)
        var (options, gloveOptions) = (Word2VecOptions(), GloVeOptions())
        (options.width, gloveOptions.width) = (4, 4)
        let model = try Word2Vec(stream: stream, options: options)
        let glove = try GloVe(vocabulary: counts.vocabulary, options: gloveOptions)
        func damage(_ folder: URL, _ found: String, _ instead: String) throws {
            let file = folder.appendingPathComponent("state.json")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.contains(found))
            try text.replacingOccurrences(of: found, with: instead)
                .write(to: file, atomically: true, encoding: .utf8)
        }
        try withFolder { folder in
            try model.save(to: folder)
            try damage(folder, "\"chunk\":0", "\"chunk\":999")
            var read = try Word2Vec(folder: folder)
            let error = #expect(throws: VectorError.self) { try read.train(on: stream) }
            #expect(error?.code == .badWords)
        }
        try withFolder { folder in
            try glove.save(to: folder)
            try damage(folder, "\"round\":0", "\"round\":16")
            let error = #expect(throws: VectorError.self) { try GloVe(folder: folder) }
            let description = error?.description ?? ""
            #expect(description.hasSuffix("position.round: expected below 16, found 16"))
        }
    }

    @Test func refusesCountsOfNoText() throws {
        for counts in [[0, 0], [-1, 5], [.max, 1]] {
            let vocabulary = try Vocabulary(tokens: ["a", "b"], counts: counts)
            let error = #expect(throws: VectorError.self) {
                try Word2Vec(vocabulary: vocabulary, options: Word2VecOptions())
            }
            #expect(error?.code == .badWords)
        }
    }
}
