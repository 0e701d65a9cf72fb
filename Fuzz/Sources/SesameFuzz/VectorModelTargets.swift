import Foundation
import SesameTensor
import SesameText
import SesameVectors

extension FuzzTarget {
    /// A file of co-occurrence counts; what is read is trained on, added to itself and read again.
    static let counts = FuzzTarget(name: "counts") { input in
        let file = Scratch.write(input, to: "counts")
        guard
            let counts = refusing(
                with: VectorError.self, { try Cooccurrences(contentsOf: file) })
        else { return }
        precondition(counts.count > 0, "no counts")
        refusing(with: VectorError.self) {
            var options = GloVeOptions()
            (options.width, options.iterationCount) = (2, 1)
            var model = try GloVe(vocabulary: counts.vocabulary, options: options)
            try model.train(on: counts)
        }
        let copy = Scratch.folder.appendingPathComponent("counts-copy")
        let again = refusing(with: VectorError.self) { () throws -> Cooccurrences in
            try counts.adding(counts).save(to: copy)
            return try Cooccurrences(contentsOf: copy)
        }
        if let again {
            precondition(again.count == counts.count, "\(again.count) of \(counts.count) places")
        }
    }

    /// A `vocabulary.json` and a `state.json`, with a form feed between them, of a model of word vectors whose tensors
    /// have five words; what is read is trained a little.
    static let vectorModel = FuzzTarget(name: "vectormodel") { input in
        let middle = input.firstIndex(of: 0x0C) ?? input.endIndex
        let folder = Scratch.folder.appendingPathComponent("vectormodel", isDirectory: true)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = Scratch.write(tensors, to: "vectormodel/model.safetensors")
        _ = Scratch.write(input[..<middle], to: "vectormodel/vocabulary.json")
        _ = Scratch.write(input[middle...].dropFirst(), to: "vectormodel/state.json")
        refusing(with: VectorError.self) { try VectorMethod(folder: folder) }
        train(refusing(with: VectorError.self) { try Word2Vec(folder: folder) }) { stream in stream
        }
        train(refusing(with: VectorError.self) { try GloVe(folder: folder) }) { stream in
            try Cooccurrences(counting: stream)
        }
    }

    private struct Enough: Error {}

    /// Trains on a text of the model's words until the second report.
    private static func train<Model: VectorModel>(
        _ model: Model?, _ source: (WordStream) throws -> Model.Source
    ) {
        guard var model else { return }
        refusing(with: VectorError.self) {
            var builder = WordStreamBuilder()
            for token in model.vocabulary.tokens { builder.add(words: [token, "the"]) }
            let stream = try builder.finish(minimumCount: 1, extending: model.vocabulary)
            let source = try source(stream)
            var reports = 0
            do {
                try model.train(on: source) { _, _ in
                    reports += 1
                    if reports == 2 { throw Enough() }
                }
            } catch is Enough {}
            try model.extend(to: source)
            do {
                try model.train(on: source) { _, _ in throw Enough() }
            } catch is Enough {}
        }
    }

    /// Tensors of both kinds of model, 4 wide; 6 buckets of n-grams.
    private static let tensors: [UInt8] = {
        let url = Scratch.folder.appendingPathComponent("vector-tensors")
        do {
            let rows = { Tensor(repeating: 0.5, shape: [$0, $1]) }
            try SafeTensors.write(
                [
                    ("input", rows(11, 4)), ("output", rows(5, 4)), ("words", rows(5, 32)),
                    ("contexts", rows(5, 32)),
                ], to: url)
            return try Array(Data(contentsOf: url))
        } catch {
            preconditionFailure("the tensors were not written: \(error)")
        }
    }()
}
