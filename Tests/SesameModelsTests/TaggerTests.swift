import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Taggers against PyTorch: with field and mixed layers, and with neither.
struct TaggerTests {
    static let names = ["tagger", "tagger-softmax"]
    static let lengths = [5, 1, 3]

    private func configuration(_ name: String) -> TaggerConfig {
        TaggerConfig(
            vocabularySize: 13, embeddingSize: 4, characters: "abcdefg",
            characterEmbeddingSize: 3, characterFilterCount: 5,
            contextLayerCount: name == "tagger" ? 3 : 0, contextSize: name == "tagger" ? 6 : 0,
            hiddenSize: 7, layerCount: 2, dropoutProbability: 0, usesCRF: name == "tagger",
            tags: ["O", "B-X", "I-X", "B-Y"])
    }

    private func model(_ name: String, _ golden: Golden) throws -> Tagger {
        var model = try Tagger(configuration: configuration(name), key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        return model
    }

    private func input(_ name: String, _ golden: Golden) throws -> TaggerInput {
        let words = try golden.ids("words")
        // A word is spelt by its id; ids below 2 are padding.
        let spelling = try golden.ids("spelling")
        let width = spelling.shape[1]
        let lengths = (0..<13).map { 1 + $0 % 4 }
        return TaggerInput(
            words: words, lengths: Self.lengths,
            characters: CharacterBatch(
                ids: IDTensor(spelling.scalars, shape: [13, width]), lengths: lengths,
                rows: words),
            context: name == "tagger" ? try golden("context") : nil)
    }

    @Test(arguments: names)
    func scoresLossAndGradientsMatchPyTorch(_ name: String) throws {
        let golden = try Golden(name)
        let model = try model(name, golden)
        let input = try input(name, golden)
        let tags = try golden.ids("tags")
        let context = ForwardContext.training(seed: 1, step: 0)
        let scores = model.scores(input, context: context)
        let expectedScores = try golden("scores")
        for (row, length) in Self.lengths.enumerated() {
            func words(_ x: Tensor) -> Tensor {
                x.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<length)
            }
            expectClose(words(scores), words(expectedScores), "sentence \(row)")
        }
        let (value, gradients) = model.valueWithGradients {
            $0.loss(input, tags: tags, context: context)
        }
        let loss = try golden("loss").scalars[0]
        #expect(abs(value - loss) < 1e-5 * (1 + loss))
        let expected = golden.group("gradient/")
        for (path, tensor) in expected {
            expectClose(try #require(gradients[path], "\(path)"), tensor, "d\(path)")
        }
        #expect(gradients.paths.indices.count { gradients[$0] != nil } == expected.count)
    }

    @Test(arguments: names)
    func tenStepsMatchPyTorch(_ name: String) throws {
        let golden = try Golden(name)
        var model = try model(name, golden)
        let input = try input(name, golden)
        let tags = try golden.ids("tags")
        var optimizer = AdamW(epsilon: 1e-3, weightDecay: 0.1)
        let losses = try golden("curve").scalars
        for step in 0..<10 {
            let (value, gradients) = model.valueWithGradients {
                $0.loss(input, tags: tags, context: .training(seed: 1, step: step))
            }
            #expect(abs(value - losses[step]) < 1e-5 * (1 + losses[step]), "step \(step)")
            optimizer.update(&model, with: gradients, learningRate: 1e-2)
        }
        let expected = golden.group("after/")
        for (path, tensor) in model.parameters {
            expectClose(tensor, try #require(expected[path]), path)
        }
    }

    @Test(arguments: names)
    func paddingChangesNothing(_ name: String) throws {
        let golden = try Golden(name)
        let model = try model(name, golden)
        let input = try input(name, golden)
        let all = model.tags(input)
        #expect(all.map(\.count) == Self.lengths)
        let scores = model.scores(input, context: .evaluation())
        for (row, length) in Self.lengths.enumerated() {
            func cut(_ x: Tensor, _ axis: Int) -> Tensor {
                x.sliced(axis: axis, row..<row + 1).sliced(axis: axis + 1, 0..<length)
            }
            let words = IDTensor([Array(input.words.scalars[row * 5..<row * 5 + length])])
            var one = input
            one.words = words
            one.lengths = [length]
            one.characters?.rows = words
            one.context = input.context.map { cut($0, 1) }
            expectClose(
                model.scores(one, context: .evaluation()), cut(scores, 0), "sentence \(row)",
                tolerance: 1e-6)
            #expect(model.tags(one)[0] == all[row])
        }
    }

    @Test(arguments: names)
    func folderKeepsTheModel(_ name: String) throws {
        let golden = try Golden(name)
        let model = try model(name, golden)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tagger-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        let loaded = try Tagger.load(from: folder)
        #expect(loaded.configuration == model.configuration)
        for (a, b) in zip(loaded.parameters, model.parameters) {
            #expect(a.path == b.path && a.tensor.scalars == b.tensor.scalars)
        }
    }

    @Test func valuesOutOfRangeAreRefused() {
        let good = TaggerConfig(vocabularySize: 5, tags: ["O", "B-X"])
        #expect(throws: Never.self) { try good.validate() }
        for change: (inout TaggerConfig) -> Void in [
            { $0.vocabularySize = 0 }, { $0.hiddenSize = -1 }, { $0.layerCount = 0 },
            { $0.embeddingSize = 0 }, { $0.contextLayerCount = 2 }, { $0.tags = ["O"] },
            { $0.tags = ["O", "O"] }, { $0.dropoutProbability = 1 },
            {
                $0.characters = "ab"
                $0.characterFilterWidth = 0
            },
            { $0.hiddenSize = 1 << 30 },
        ] {
            var configuration = good
            change(&configuration)
            let error = #expect(throws: ModelError.self) { try configuration.validate() }
            #expect(error?.code == .configuration)
        }
    }
}
