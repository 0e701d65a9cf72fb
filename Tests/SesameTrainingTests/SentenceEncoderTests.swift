import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// Sentence vectors of a small random encoder in a published folder's layout.
struct SentenceEncoderTests {
    private static let words = ["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "far", "."]

    /// A folder as others publish one: config.json, model.safetensors, vocab.txt.
    private func withFolder(
        pooling: String? = nil, _ body: (URL, BERT) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-encoder-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + Self.words
        let model = BERT(
            BERTConfig(
                vocabularySize: vocabulary.count, maxSequenceLength: 12, hiddenSize: 32,
                layerCount: 2, headCount: 4, feedForwardSize: 64, initializerDeviation: 0.3),
            key: RandomKey(seed: 3, stream: 0))
        try model.save(to: folder)
        try Data((vocabulary.joined(separator: "\n") + "\n").utf8).write(
            to: folder.appendingPathComponent("vocab.txt"))
        if let pooling {
            let place = folder.appendingPathComponent("1_Pooling")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data(pooling.utf8).write(to: place.appendingPathComponent("config.json"))
        }
        try body(folder, model)
    }

    @Test func vectorsAreThoseOfEachTextAlone() throws {
        try withFolder { folder, model in
            let encoder = try SentenceEncoder(modelFolder: folder)
            // Lengths mixed, one text empty, one beyond the model's length, more than one pass.
            var texts = ["the cat sat on a mat .", "", "a dog", "the dog ran far ."]
            texts.append(Array(repeating: "cat", count: 40).joined(separator: " "))
            for i in 0..<300 { texts.append(Self.words.prefix(1 + i % 9).joined(separator: " ")) }
            for pooling in SentencePooling.allCases {
                let vectors = try encoder.vectors(for: texts, pooling: pooling, normalized: false)
                #expect(vectors.count == texts.count)
                for (text, vector) in zip(texts, vectors) {
                    let ids = encoder.tokenizer.encode(
                        text, truncation: Truncation(maxLength: 12)
                    ).ids
                    let states = model.hidden(
                        IDTensor(ids, shape: [1, ids.count]), context: .evaluation()
                    ).scalars
                    for column in 0..<32 {
                        let values = stride(from: column, to: states.count, by: 32).map {
                            states[$0]
                        }
                        let expected =
                            pooling == .cls
                            ? values[0] : values.reduce(0, +) / Float(values.count)
                        #expect(abs(vector[column] - expected) < 2e-5)
                    }
                }
            }
            let unit = try encoder.vectors(for: texts)
            for vector in unit {
                #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
            }
            #expect(try encoder.vectors(for: []).isEmpty)
        }
    }

    @Test func theFolderSaysHowToPool() throws {
        try withFolder(pooling: #"{"pooling_mode_cls_token": true}"#) { folder, _ in
            let encoder = try SentenceEncoder(modelFolder: folder)
            #expect(encoder.pooling == .cls && encoder.maxLength == 12)
            #expect(
                try encoder.vectors(for: ["a cat"])
                    == encoder.vectors(for: ["a cat"], pooling: .cls))
        }
    }

    @Test func aDecoderIsRefused() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-encoder-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try GPT(.nano(vocabularySize: 10), key: RandomKey(seed: 1, stream: 0)).save(to: folder)
        try Data("[UNK]\na\n".utf8).write(to: folder.appendingPathComponent("vocab.txt"))
        let error = #expect(throws: TrainingError.self) { try SentenceEncoder(modelFolder: folder) }
        #expect(error?.code == .badModelFolder)
    }
}
