import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Convolutional classifiers against PyTorch, with and without batch norm.
struct TextCNNTests {
    static let names = ["textcnn", "textcnn-norms"]
    static let lengths = [6, 1, 4, 3]

    private func configuration(_ name: String) -> SequenceClassifierConfig {
        SequenceClassifierConfig(
            backbone: .textCNN(
                TextCNNConfig(
                    vocabularySize: 11, embeddingSize: 5, widths: [2, 3], filterCount: 4,
                    dropoutProbability: 0, usesBatchNorm: name.hasSuffix("norms"))),
            head: .classification(labels: ["a", "b", "c"]))
    }

    private func model(_ name: String, _ golden: Golden) throws -> SequenceClassifier {
        var model = try SequenceClassifier(
            configuration: configuration(name), key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        return model
    }

    private func step(
        _ model: SequenceClassifier, _ golden: Golden, _ context: ForwardContext
    ) throws -> (value: Float, extra: (Tensor, [BatchStatistics]), gradients: Gradients) {
        let ids = try golden.ids("ids")
        let targets = try golden.ids("targets")
        return model.valueWithGradients { model in
            let result = model.lossAndStatistics(
                ids, mask: AttentionMask(lengths: Self.lengths, keyCount: 6),
                targets: .labels(targets), context: context)
            return (result.loss, (result.logits.detached(), result.statistics))
        }
    }

    @Test(arguments: names)
    func lossLogitsAndGradientsMatchPyTorch(_ name: String) throws {
        let golden = try Golden(name)
        let model = try model(name, golden)
        let (value, (logits, _), gradients) = try step(
            model, golden, .training(seed: 1, step: 0))
        expectClose(logits, try golden("logits"), "logits")
        #expect(abs(value - (try golden("loss").scalars[0])) < 1e-5)
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
        var optimizer = AdamW(epsilon: 1e-3, weightDecay: 0.1)
        let losses = try golden("curve").scalars
        for index in 0..<10 {
            let (value, (_, statistics), gradients) = try step(
                model, golden, .training(seed: 1, step: index))
            #expect(abs(value - losses[index]) < 1e-5, "step \(index)")
            optimizer.update(&model, with: gradients, learningRate: 1e-2)
            model.absorb(statistics)
        }
        let expected = golden.group("after/")
        for (path, tensor) in model.parameters {
            expectClose(tensor, try #require(expected[path]), path, tolerance: 2e-5)
        }
        let logits = model.logits(
            try golden.ids("ids"), mask: AttentionMask(lengths: Self.lengths, keyCount: 6),
            context: .evaluation())
        expectClose(logits, try golden("evaluation"), "evaluation")
    }

    @Test(arguments: names)
    func paddingChangesNothing(_ name: String) throws {
        let golden = try Golden(name)
        let model = try model(name, golden)
        let ids = try golden.ids("ids")
        let padded = model.logits(
            ids, mask: AttentionMask(lengths: Self.lengths, keyCount: 6), context: .evaluation())
        for (row, length) in Self.lengths.enumerated() {
            let own = Array(ids.scalars[row * 6..<row * 6 + length])
            let alone = model.logits(IDTensor([own]), context: .evaluation())
            expectClose(
                alone, padded.sliced(axis: 0, row..<row + 1), "text \(row)", tolerance: 1e-6)
        }
    }

    @Test(arguments: names)
    func folderKeepsTheModel(_ name: String) throws {
        let golden = try Golden(name)
        let model = try model(name, golden)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("textcnn-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        let summary = try ModelFolder.summary(of: folder)
        #expect(summary.modelType == "sesame-textcnn")
        #expect(summary.architectures == ["TextCNNForSequenceClassification"])
        let loaded = try SequenceClassifier.load(from: folder)
        #expect(loaded.configuration == model.configuration)
        for (a, b) in zip(loaded.parameters, model.parameters) {
            #expect(a.path == b.path && a.tensor.scalars == b.tensor.scalars)
        }
    }

    @Test func lengthOfTheHeadsWeightsIsLimited() throws {
        var model = try model("textcnn", Golden("textcnn"))
        let before = model.head.weight
        model.limitHead(to: 0.5)
        for row in 0..<3 {
            let (old, new) = [before, model.head.weight].map {
                $0.sliced(axis: 0, row..<row + 1).scalars
            }.pair
            let length = old.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let factor = min(1, 0.5 / length)
            for (a, b) in zip(old, new) { #expect(abs(a * factor - b) < 1e-6) }
        }
    }

    @Test(arguments: [
        TextCNNConfig(vocabularySize: 0), TextCNNConfig(vocabularySize: 5, widths: []),
        TextCNNConfig(vocabularySize: 5, widths: [0]),
        TextCNNConfig(vocabularySize: 5, filterCount: -1),
        TextCNNConfig(vocabularySize: 5, dropoutProbability: 1),
        TextCNNConfig(vocabularySize: 1 << 30, embeddingSize: 1 << 30),
    ])
    func sizesOutOfRangeAreRefused(_ configuration: TextCNNConfig) {
        let error = #expect(throws: ModelError.self) { try configuration.validate() }
        #expect(error?.code == .configuration)
    }
}

extension Array {
    fileprivate var pair: (Element, Element) { (self[0], self[1]) }
}
