import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// A GPT whose layer 1 looks back over 5 positions, against PyTorch with the same scores masked.
struct BandedGPTTests {
    static func model(_ golden: Golden) throws -> GPT {
        var configuration = GPTGoldenTests.configuration
        configuration.band = AttentionBand(width: 5, layers: [1])
        var model = GPT(configuration, key: RandomKey(seed: 1, stream: 0))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        return model
    }

    @Test(arguments: InstructionSet.available)
    func matchesMaskedDenseAttention(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            try BandedGPTTests.matches(on: name)
        }
    }

    static func matches(on instructionSet: String) throws {
        let weights = try Golden("gpt2")
        let golden = try Golden("gpt2-banded")
        let model = try Self.model(weights)
        let ids = try weights.ids("ids")
        let targets = try weights.ids("targets")
        let context = ForwardContext.evaluation()
        let logits = model.logits(ids, context: context)
        expectClose(logits, try golden("logits"), "\(instructionSet): logits")
        let (loss, gradients) = model.valueWithGradients {
            $0.loss(ids, targets: targets, context: context).loss
        }
        let expected = try golden("loss").scalars[0]
        #expect(abs(loss - expected) < 1e-5 * expected, "\(instructionSet): \(loss)")
        let found = model.checkpointLayout.external(
            gradients.paths.indices.compactMap { i in
                gradients[i].map { (gradients.paths[i], $0) }
            })
        let all = golden.group("gradient/")
        #expect(found.count == all.count)
        for (name, gradient) in found {
            expectClose(gradient, try #require(all[name]), "\(instructionSet): d\(name)")
        }
        // With keys and values kept, some tokens at once and one by one.
        var cache = model.makeCache(batchSize: ids.shape[0])
        for range in [0..<7, 7..<8, 8..<9, 9..<12] {
            let part = (0..<ids.shape[0]).flatMap { row in
                ids.scalars[row * 12 + range.lowerBound..<row * 12 + range.upperBound]
            }
            let next = model.nextLogits(
                IDTensor(part, shape: [ids.shape[0], range.count]), cache: &cache)
            let expected = logits.sliced(axis: 1, range.upperBound - 1..<range.upperBound)
                .reshaped(next.shape)
            expectClose(next, expected, "\(instructionSet): logits after \(range)")
        }
    }

    @Test func theFolderSaysWhichLayersHaveABand() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-banded-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = try Self.model(Golden("gpt2"))
        try model.save(to: folder)
        // No other program may take it for a dense GPT-2.
        let summary = try ModelFolder.summary(of: folder)
        #expect(summary.modelType == "sesame-gpt")
        #expect(summary.architectures == ["BandedGPTLMHeadModel"])
        let loaded = try GPT.load(from: folder)
        #expect(loaded.configuration == model.configuration)
        let ids = try Golden("gpt2").ids("ids")
        #expect(
            loaded.logits(ids, context: .evaluation()).scalars
                == model.logits(ids, context: .evaluation()).scalars)
    }

    @Test(
        arguments: [
            (#""attention_layers": ["global"], "window_size": 4"#, "attention_layers"),
            (#""attention_layers": ["global", "near"], "window_size": 4"#, "near"),
            (#""attention_layers": ["global", "local"], "window_size": 0"#, "window_size"),
        ])
    func badConfigurations(keys: String, mentions: String) {
        let error = #expect(throws: ModelError.self) {
            let text = #"{"model_type": "sesame-gpt", "n_layer": 2, "n_head": 2, "n_embd": 4, "#
            let configuration = try JSONDecoder().decode(
                GPTConfig.self, from: Data((text + keys + "}").utf8))
            try configuration.validate()
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains(mentions) == true)
    }

    @Test func presetsOfLayers() {
        #expect(AttentionBand.alternating(width: 9, layerCount: 5).layers == [1, 3])
        #expect(AttentionBand.everywhere(width: 9, layerCount: 3).layers == [0, 1, 2])
    }
}
