import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// A BERT whose layers share their weights beside one with as many equal layers.
struct SharedLayerTests {
    private var shared: BERT {
        var configuration = BERTConfig(
            vocabularySize: 23, maxSequenceLength: 12, hiddenSize: 16, layerCount: 3, headCount: 2,
            feedForwardSize: 32, dropoutProbability: 0, initializerDeviation: 0.2)
        configuration.sharesLayers = true
        return BERT(configuration, key: RandomKey(seed: 5))
    }

    private var separate: BERT {
        var configuration = shared.configuration
        configuration.sharesLayers = false
        var model = BERT(configuration, key: RandomKey(seed: 5))
        for index in model.layers.indices { model.layers[index] = shared.layers[0] }
        return model
    }

    private let ids = IDTensor([[1, 4, 7, 2, 9], [3, 3, 11, 0, 0]])
    private let mask = AttentionMask(lengths: [5, 3], keyCount: 5)

    @Test func statesAndGradientsAreThoseOfEqualLayers() throws {
        let (one, many) = (shared, separate)
        #expect(one.layers.count == 1 && many.layers.count == 3)
        #expect(one.parameterCount < many.parameterCount)
        let context = ForwardContext.training(seed: 1, step: 0)
        func loss(_ bert: BERT) -> Tensor {
            let states = bert.hidden(ids, mask: mask, context: context)
            let packed = bert.pooled(ids, typeIDs: nil, mask: mask, context: context)
            return (states * states).sum() + packed.sum()
        }
        let (a, da) = one.valueWithGradients { loss($0) }
        let (b, db) = many.valueWithGradients { loss($0) }
        #expect(abs(a - b) <= 1e-6 * abs(b))
        for (path, _) in one.parameters {
            let found = try #require(da[path])
            guard path.hasPrefix("layers.0.") else {
                expectClose(found, try #require(db[path]), path)
                continue
            }
            // The shared layer's gradient is the sum over its uses.
            let parts = try (0..<3).map {
                try #require(db[path.replacing("layers.0.", with: "layers.\($0).")])
            }
            expectClose(found, parts[0] + parts[1] + parts[2], path, tolerance: 1e-4)
        }
    }

    @Test func theFolderIsThatOfAnOrdinaryBERT() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("shared-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = BERTForPretraining(shared.configuration, key: RandomKey(seed: 5))
        try model.save(to: folder)
        let loaded = try BERTForPretraining.load(from: folder)
        #expect(loaded.configuration.sharesLayers && loaded.bert.layers.count == 1)
        for (a, b) in zip(loaded.parameters, model.parameters) {
            #expect(a.path == b.path && a.tensor.scalars == b.tensor.scalars)
        }
        // Without our key it is a BERT of three layers, as other programs see it.
        let file = folder.appendingPathComponent("config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains("shared_layers"))
        try Data(text.replacing("shared_layers", with: "unknown_key").utf8).write(to: file)
        let other = try BERT.load(from: folder)
        #expect(other.layers.count == 3)
        let context = ForwardContext.evaluation()
        expectClose(
            other.hidden(ids, mask: mask, context: context),
            model.bert.hidden(ids, mask: mask, context: context), "states", tolerance: 0)
    }
}
