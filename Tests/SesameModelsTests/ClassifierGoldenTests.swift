import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Classification of pairs and regression against Hugging Face's `BertForSequenceClassification`.
struct ClassifierGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let head: SequenceHead
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "classifier", head: .classification(labels: ["a", "b", "c"])),
        Case(name: "regressor", head: .regression),
    ]

    let context = ForwardContext.training(seed: 1, step: 0)

    private func model(_ test: Case, _ golden: Golden) throws -> SequenceClassifier {
        let backbone = BERTConfig(
            vocabularySize: 31, maxSequenceLength: 16, hiddenSize: 16, layerCount: 2, headCount: 2,
            feedForwardSize: 32, dropoutProbability: 0)
        var model = try SequenceClassifier(
            configuration: SequenceClassifierConfig(backbone: .bert(backbone), head: test.head),
            key: RandomKey(seed: 1, stream: 0))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        return model
    }

    private func loss(
        _ model: SequenceClassifier, _ test: Case, _ golden: Golden
    ) throws -> (loss: Tensor, logits: Tensor) {
        model.loss(
            try golden.ids("ids"), typeIDs: try golden.ids("types"), mask: try golden.mask("mask"),
            targets: test.head == .regression
                ? .scores(try golden("targets")) : .labels(try golden.ids("targets")),
            context: context)
    }

    @Test(arguments: cases)
    func lossLogitsAndGradientsMatchTransformers(_ test: Case) throws {
        let golden = try Golden(test.name)
        let model = try model(test, golden)
        let (value, logits, gradients) = try model.valueWithGradients { model in
            let (loss, logits) = try loss(model, test, golden)
            return (loss: loss, extra: logits)
        }
        expectClose(logits, try golden("logits"), "logits")
        let expected = try golden("loss").scalars[0]
        #expect(abs(value - expected) < 1e-5 * expected)
        var copy = model
        var values = gradients.paths.indices.makeIterator()
        copy.updateParameters { _, tensor in
            if let i = values.next(), let gradient = gradients[i] { tensor = gradient }
        }
        let all = golden.group("gradient/")
        let found = copy.checkpointTensors()
        #expect(found.count == all.count)
        for (name, gradient) in found {
            expectClose(gradient, try #require(all[name]), "d\(name)")
        }
    }

    @Test(
        "Ten AdamW steps: at one rate, at a rate a layer, with frozen layers",
        arguments: cases,
        [
            ("after", LayerRates()), ("layerwise", LayerRates(decay: 0.8)),
            ("frozen", LayerRates(frozenLayers: 1, freezesEmbeddings: true)),
        ])
    func tenStepsMatchTransformers(_ test: Case, _ kind: (name: String, rates: LayerRates)) throws {
        let golden = try Golden(test.name)
        var model = try model(test, golden)
        let factors = kind.rates.factors(for: model)
        var optimizer = AdamW(weightDecay: 0.1)
        optimizer.rateFactors = kind.rates.isUniform ? nil : factors
        let losses = try golden("curve/\(kind.name)").scalars
        for step in 0..<10 {
            let (value, gradients) = try model.valueWithGradients(
                trainable: factors.map { $0 > 0 }
            ) { try loss($0, test, golden).loss }
            #expect(
                abs(value - losses[step]) < 1e-5 * losses[step],
                "step \(step): loss \(value), expected \(losses[step])")
            for (i, factor) in factors.enumerated() {
                #expect((gradients[i] == nil) == (factor == 0))
            }
            optimizer.update(&model, with: gradients, learningRate: 1e-3)
        }
        let expected = golden.group(kind.name + "/")
        // The loss does not depend on the keys' bias: its gradient is rounding alone, which Adam
        // brings to the size of a step.
        for (name, tensor) in model.checkpointTensors() where !name.hasSuffix("key.bias") {
            expectClose(tensor, try #require(expected[name]), name)
        }
    }

    @Test func nothingIsRecordedBelowFrozenLayers() throws {
        let test = Self.cases[0]
        let golden = try Golden(test.name)
        let model = try model(test, golden)
        let bert = try #require(model.bert)
        let rates = LayerRates(frozenLayers: 1, freezesEmbeddings: true)
        let trainable = rates.factors(for: bert).map { $0 > 0 }
        let ids = try golden.ids("ids")
        _ = bert.valueWithGradients(trainable: trainable) { bert in
            let below = bert.layers[0](
                bert.embed(ids, typeIDs: nil, context: context), keyMask: nil, context: context)
            #expect(!below.requiresGradient)
            let above = bert.layers[1](below, keyMask: nil, context: context)
            #expect(above.requiresGradient)
            return above.sum()
        }
    }

    @Test func depthsOfAllParameters() throws {
        let golden = try Golden("classifier")
        let model = try model(Self.cases[0], golden)
        let factors = LayerRates(decay: 0.5).factors(for: model)
        for ((path, _), factor) in zip(model.parameters, factors) {
            let expected: Float =
                path.contains("layers.0.")
                ? 0.25
                : path.contains("layers.1.")
                    ? 0.5 : path.contains("mbedding") || path.contains("positions") ? 0.125 : 1
            #expect(factor == expected, "\(path)")
        }
        #expect(factors.count { $0 == 1 } == 4, "pooler and head")
        #expect(factors.count { $0 == 0.125 } == 5, "three tables and a norm")
    }

    @Test func configurationsOfPublishedHeads() throws {
        func head(_ json: String) throws -> SequenceHead {
            let text = "{\"model_type\": \"bert\"\(json)}"
            return try JSONDecoder().decode(SequenceClassifierConfig.self, from: Data(text.utf8))
                .head
        }
        // transformers leaves two labels without names out, and infers the problem of one output.
        #expect(try head("") == .classification(labels: ["LABEL_0", "LABEL_1"]))
        #expect(try head(", \"id2label\": {\"0\": \"LABEL_0\"}") == .regression)
        #expect(
            try head(", \"id2label\": {\"0\": \"x\", \"1\": \"y\"}, \"problem_type\": null")
                == .classification(labels: ["x", "y"]))
        for wrong in [
            ", \"problem_type\": \"multi_label_classification\"",
            ", \"problem_type\": \"regression\"", ", \"id2label\": {\"1\": \"x\"}",
        ] {
            let error = #expect(throws: ModelError.self) { try head(wrong) }
            #expect(error?.code == .configuration)
        }
    }
}
