import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// GPT-1's input forms and its loss, against PyTorch; see Goldens/make_gpt_finetuning_goldens.py.
struct GPTFinetuningGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let head: SequenceHead
        var readsBothOrders = false
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "classification", head: .classification(labels: ["a", "b", "c"])),
        Case(name: "entailment", head: .classification(labels: ["a", "b", "c"])),
        Case(name: "similarity", head: .regression, readsBothOrders: true),
    ]

    static func configuration(_ head: SequenceHead, readsBothOrders: Bool)
        -> SequenceClassifierConfig
    {
        SequenceClassifierConfig(
            backbone: .gpt(
                GPTConfig(
                    vocabularySize: 43, maxSequenceLength: 24, hiddenSize: 16, layerCount: 2,
                    headCount: 2, dropoutProbability: 0)),
            head: head, inputForm: GPTInputForm(behind: 40, readsBothOrders: readsBothOrders))
    }

    static func mask(_ lengths: Tensor, of ids: IDTensor) -> AttentionMask {
        AttentionMask(lengths: lengths.scalars.map { Int($0) }, keyCount: ids.shape[1])
    }

    @Test(arguments: cases)
    func lossesAndGradients(_ test: Case) throws {
        let golden = try Golden("gpt-finetuning")
        func value(_ name: String) throws -> Tensor { try golden(test.name + "/" + name) }
        var model = try SequenceClassifier(
            configuration: Self.configuration(test.head, readsBothOrders: test.readsBothOrders),
            key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group(test.name + "/weight/"), from: "the goldens")
        let ids = try golden.ids(test.name + "/ids")
        let targets: SequenceClassifier.Targets =
            test.head == .regression
            ? .scores(try value("targets")) : .labels(try golden.ids(test.name + "/targets"))
        let mask = Self.mask(try value("lengths"), of: ids)
        func loss(_ model: SequenceClassifier, weight: Float) -> Tensor {
            model.lossAndStatistics(
                ids, mask: mask, targets: targets, languageModelWeight: weight,
                context: .training(seed: 1, step: 0)
            ).loss
        }
        let (task, language) = (try value("task").scalars[0], try value("language").scalars[0])
        #expect(abs(loss(model, weight: 0).scalar - task) < 1e-5 * (1 + task))
        let (combined, gradients) = model.valueWithGradients { loss($0, weight: 0.5) }
        #expect(abs(combined - (task + language / 2)) < 1e-5 * (1 + combined))
        try expectGradients(gradients, of: model, in: golden.group(test.name + "/gradient/"))
    }

    private func expectGradients(
        _ gradients: Gradients, of model: some PretrainedModel, in all: [String: Tensor]
    ) throws {
        var copy = model
        var places = gradients.paths.indices.makeIterator()
        copy.updateParameters { _, tensor in
            if let place = places.next(), let gradient = gradients[place] { tensor = gradient }
        }
        let found = copy.checkpointTensors()
        #expect(found.count == all.count)
        for (name, gradient) in found {
            expectClose(gradient, try #require(all[name], "\(name)"), "d\(name)")
        }
    }

    @Test func lossesAndGradientsOfChoices() throws {
        let golden = try Golden("gpt-finetuning")
        guard
            case .gpt(let sizes) = Self.configuration(.regression, readsBothOrders: false).backbone
        else { return }
        var model = try ChoiceClassifier(
            configuration: ChoiceClassifierConfig(
                backbone: sizes, inputForm: GPTInputForm(behind: 40)), key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group("choice/weight/"), from: "the goldens")
        let (ids, labels) = (try golden.ids("choice/ids"), try golden.ids("choice/targets"))
        let mask = Self.mask(try golden("choice/lengths"), of: ids)
        func loss(_ model: ChoiceClassifier, weight: Float) -> Tensor {
            model.loss(
                ids, mask: mask, counts: [4, 4], labels: labels, languageModelWeight: weight,
                context: .training(seed: 1, step: 0)
            ).loss
        }
        let task = try golden("choice/task").scalars[0]
        let language = try golden("choice/language").scalars[0]
        #expect(abs(loss(model, weight: 0).scalar - task) < 1e-5 * (1 + task))
        let (combined, gradients) = model.valueWithGradients { loss($0, weight: 0.5) }
        #expect(abs(combined - (task + language / 2)) < 1e-5 * (1 + combined))
        try expectGradients(gradients, of: model, in: golden.group("choice/gradient/"))

        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("choices-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        #expect(try ChoiceClassifier.load(from: folder).configuration == model.configuration)
        let summary = try ModelFolder.summary(of: folder)
        #expect(summary.modelType == "sesame-gpt" && summary.isChoiceClassifier)
    }

    @Test func formsAreReadAsTheyAreWritten() throws {
        let form = GPTInputForm(behind: 40)
        #expect(form.input([7, 8]) == [40, 7, 8, 42])
        #expect(form.input([7], pair: [9, 9]) == [40, 7, 41, 9, 9, 42])
        #expect(form.input([]) == [40, 42])
        for readsBothOrders in [false, true] {
            let configuration = Self.configuration(
                .regression, readsBothOrders: readsBothOrders)
            let data = try JSONEncoder().encode(configuration)
            let decoded = try JSONDecoder().decode(SequenceClassifierConfig.self, from: data)
            #expect(decoded == configuration)
            let json = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            // Hugging Face's model reads one order, and looks at the last token as ours does.
            #expect(json["model_type"] as? String == (readsBothOrders ? "sesame-gpt" : "gpt2"))
        }
        var wrong = Self.configuration(.regression, readsBothOrders: false)
        wrong.inputForm = GPTInputForm(behind: 41)
        let error = #expect(throws: ModelError.self) { try wrong.validate() }
        #expect(error?.description.contains("extract_token_id") == true)
    }

    @Test func moreTokensLeaveTheOthersAsTheyAre() {
        for ties in [true, false] {
            let sizes = GPTConfig(
                vocabularySize: 20, maxSequenceLength: 8, hiddenSize: 16, layerCount: 1,
                headCount: 2, tiesEmbeddings: ties)
            let model = GPT(sizes, key: RandomKey(seed: 1))
            let more = model.withMoreTokens(3, key: RandomKey(seed: 2))
            #expect(more.configuration.vocabularySize == 23)
            #expect(more.parameterCount == model.parameterCount + 3 * 16 * (ties ? 1 : 2))
            let ids = IDTensor([1, 5, 19, 0], shape: [1, 4])
            let (before, after) = (
                model.logits(ids, context: .evaluation()), more.logits(ids, context: .evaluation())
            )
            expectClose(after.sliced(axis: 2, 0..<20), before, "ties \(ties)", tolerance: 1e-6)
        }
    }
}
