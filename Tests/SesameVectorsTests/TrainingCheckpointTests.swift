import Foundation
import SesameTensor
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
}
