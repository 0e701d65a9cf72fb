import Foundation
import SesameModels
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// What is told about a text of each kind of model; the arithmetic is tested with the models.
struct ExplainerTests {
    private let fixture: Fixture
    private let key = RandomKey(seed: 6)

    init() throws { fixture = try Fixture() }

    private func gpt() throws -> GPT {
        GPT(
            GPTConfig(
                vocabularySize: try fixture.wordPiece.vocabulary.count, maxSequenceLength: 16,
                hiddenSize: 16, layerCount: 2, headCount: 4, initializerDeviation: 0.3), key: key)
    }

    /// A GPT with GPT-1's tokens around its texts.
    private func classifier(readsBothOrders: Bool = false) throws -> SequenceClassifier {
        let gpt = try gpt()
        var form = GPTInputForm(behind: gpt.configuration.vocabularySize)
        form.readsBothOrders = readsBothOrders
        return SequenceClassifier(
            gpt: gpt.withMoreTokens(GPTInputForm.tokenCount, key: key),
            head: .classification(labels: ["good", "bad"]), inputForm: form, key: key)
    }

    @Test func aGPTsTextIsExplainedBetweenItsTokens() throws {
        let model = try classifier()
        let folder = try fixture.save(model, as: "classifier")
        let explainer = try TextExplainer(modelFolder: folder)
        let single = try explainer.explain(LabelledText("the film was fine"))
        #expect(single.tokens == ["[start]", "the", "film", "was", "fine", "[extract]"])
        let pair = try explainer.explain(
            LabelledText("the film", pair: "a story"), label: "bad")
        #expect(
            pair.tokens == ["[start]", "the", "film", "[delimiter]", "a", "story", "[extract]"])
        #expect(pair.label == "bad")

        // The answer and its scores are those of the model on these very ids.
        let tokenizer = try fixture.wordPiece
        let form = try #require(model.configuration.inputForm)
        let ids = form.input(
            ["the", "film"].map { tokenizer.id(of: $0) ?? -1 },
            pair: ["a", "story"].map { tokenizer.id(of: $0) ?? -1 })
        let probabilities = model.probabilities(IDTensor(ids, shape: [1, ids.count])).scalars
        #expect(abs((pair.value ?? 0) - Double(probabilities[1])) < 1e-6)
        let scores = try model.attributions(of: ids, output: 1).scores
        #expect(pair.scores == scores && scores.count == 7)
        let predicted = try TextClassifier(modelFolder: folder).predict([
            LabelledText("the film was fine")
        ])[0]
        #expect(single.label == predicted.label)
        #expect(abs((single.value ?? 0) - predicted.probability) < 1e-6)

        // Nothing looks at what comes after it, and every look is shared out.
        #expect(single.attention.map(\.count) == [4, 4])
        for head in single.attention.joined() {
            for row in 0..<6 {
                let weights = head[row * 6..<row * 6 + 6]
                #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
                #expect(weights.suffix(5 - row).allSatisfy { $0 == 0 })
            }
        }
        let error = #expect(throws: TrainingError.self) {
            try explainer.explain(LabelledText("the film"), label: "fair")
        }
        #expect(error?.code == .badLabel)
    }

    @Test func aLongTextIsCutBetweenItsTokens() throws {
        let explainer = try TextExplainer(modelFolder: fixture.save(classifier(), as: "classifier"))
        let long = try explainer.explain(
            LabelledText(Array(repeating: "film", count: 30).joined(separator: " ")))
        #expect(long.tokens.count == 16)
        #expect(long.tokens.first == "[start]" && long.tokens.last == "[extract]")
    }

    @Test func aGPTWithoutAHeadHasAttentionAlone() throws {
        let explainer = try TextExplainer(modelFolder: fixture.save(gpt(), as: "gpt"))
        let error = #expect(throws: TrainingError.self) {
            try explainer.explain(LabelledText("the cat"), label: "good")
        }
        #expect(error?.code == .badLabel)
        let explanation = try explainer.explain(LabelledText("the film was fine"))
        #expect(explanation.label == nil && explanation.value == nil && explanation.scores == nil)
        #expect(explanation.attention.map(\.count) == [4, 4])
        #expect(
            explanation.attention[0][0].count == explanation.tokens.count * explanation.tokens.count
        )
    }

    @Test func whatIsNotExplainedIsRefused() throws {
        let error = #expect(throws: TrainingError.self) {
            try TextExplainer(
                modelFolder: fixture.save(classifier(readsBothOrders: true), as: "orders"))
        }
        #expect(error?.code == .badModelFolder)
    }
}
