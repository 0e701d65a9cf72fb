import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// GPT-1's fine-tuning through the recipe: forms, the language model's share, and what the folder holds.
struct GPTFinetuningTests {
    /// A random GPT with words as tokens, in a folder.
    private func base(_ fixture: Fixture, ties: Bool = true) throws -> (URL, GPT) {
        let words = [
            "[UNK]", "the", "film", "a", "story", "this", "play", "cast", "was", "fine", "great",
            "lovely", "dull", "weak", "awful",
        ]
        let tokenizer = try Tokenizer.word(
            vocabulary: Vocabulary(tokens: words),
            specialTokens: SpecialTokens(unknown: "[UNK]"))
        let model = GPT(
            GPTConfig(
                vocabularySize: words.count, maxSequenceLength: 16, hiddenSize: 32, layerCount: 2,
                headCount: 2, dropoutProbability: 0, initializerDeviation: 0.1,
                tiesEmbeddings: ties), key: RandomKey(seed: 1))
        let folder = try fixture.save(model, as: "gpt-\(ties)", tokenizer: tokenizer)
        return (folder, model)
    }

    private var options: FinetuningOptions {
        var options = FinetuningOptions()
        options.dropoutProbability = 0
        options.training.precision = .float32
        options.training.limit = .epochs(6)
        options.training.learningRate = 5e-3
        options.training.batchSize = 8
        return options
    }

    @Test(arguments: [FinetuningInputs.plain, .delimited], [Float(0), 0.5])
    func classifiesTexts(inputs: FinetuningInputs, weight: Float) throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let (folder, model) = try base(fixture)
        var options = options
        options.inputs = inputs
        options.languageModelWeight = weight
        let output = fixture.model("reviews")
        let result = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: folder, options: options,
            output: output)
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
        let classifier = try TextClassifier(modelFolder: output.folder)
        let form = classifier.model.configuration.inputForm
        let size = model.configuration.vocabularySize
        #expect(form == (inputs == .plain ? nil : GPTInputForm(behind: size)))
        #expect(
            classifier.model.gpt?.configuration.vocabularySize == size + (form == nil ? 0 : 3))
        let predictions = try classifier.predict(["this play was great", "the film was awful"])
        #expect(predictions.map(\.label) == ["good", "bad"])
        let probability = predictions[0].probability
        // A batch of one, so without padding.
        let alone = try classifier.predict(["this play was great"])[0].probability
        #expect(abs(alone - probability) < 1e-5)

        // From there to another task: the tokens are kept, not added again.
        let again = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: output.folder,
            options: options, output: fixture.model("again"))
        let next = try TextClassifier(modelFolder: try #require(again.modelFolder))
        #expect(
            next.model.gpt?.configuration.vocabularySize == size + (form == nil ? 0 : 3))
    }

    /// Whether two texts are the same, in whichever order: only the sum of both readings cannot tell the orders apart.
    @Test func similarityHasNoOrder() throws {
        let fixture = try Fixture()
        let nouns = ["film", "story", "play", "cast"]
        var text = "text\tpair\tlabel\n"
        for a in nouns {
            for b in nouns { for _ in 0..<4 { text += "the \(a)\tthe \(b)\t\(a == b ? 5 : 1)\n" } }
        }
        let file = fixture.folder.url.appendingPathComponent("pairs.tsv")
        try Data(text.utf8).write(to: file)
        try fixture.workspace.importCorpus(
            name: "pairs",
            from: CorpusSource(
                .tsv(Columns(text: "text", pair: "pair", label: "label"), header: true),
                paths: [file.path]))
        let (folder, _) = try base(fixture)
        var options = options
        options.inputs = .bothOrders
        options.languageModelWeight = 0.1
        options.training.limit = .epochs(20)
        let output = fixture.model("pairs")
        let result = try finetune(
            .regression, workspace: fixture.workspace, corpus: "pairs", from: folder,
            options: options, output: output)
        #expect(try #require(result.summary.metrics[MetricName.spearman]) > 0.7)
        let scorer = try TextScorer(modelFolder: output.folder)
        let scores = try scorer.scores([
            LabelledText("the film", pair: "the story"),
            LabelledText("the story", pair: "the film"),
            LabelledText("the cast", pair: "the cast"),
        ])
        #expect(abs(scores[0] - scores[1]) < 1e-4 && scores[2] > scores[0])
        #expect(throws: TrainingError.self) {
            try exportModel(
                from: output.folder, to: fixture.folder.url.appendingPathComponent("exported"))
        }
    }

    @Test func pairsAreCutLongestFirstAndKeepTheirTokens() throws {
        let fixture = try Fixture()
        let (folder, _) = try base(fixture)
        let tokenizer = try TrainedModelFolder(folder).tokenizer
        let gpt = try GPT.load(from: folder).withMoreTokens(3, key: RandomKey(seed: 2))
        let model = SequenceClassifier(
            gpt: gpt, head: .classification(labels: ["a", "b"]),
            inputForm: GPTInputForm(behind: 15), key: RandomKey(seed: 3))
        let output = try fixture.save(model, as: "long", tokenizer: tokenizer)
        let classifier = try TextClassifier(modelFolder: output)
        let long = Array(repeating: "film", count: 30).joined(separator: " ")
        let cut = Array(repeating: "film", count: 12).joined(separator: " ")
        let texts = [
            LabelledText(long, pair: "fine"), LabelledText(cut, pair: "fine"),
        ]
        let predictions = try classifier.predict(texts)
        // 16 positions: three tokens of the form, one of the short text, twelve of the long one.
        #expect(predictions[0].probabilities == predictions[1].probabilities)
        #expect(classifier.countTooLong(texts) == 1)
    }

    @Test func whatCannotBeTaughtIsRefused() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let (untied, _) = try base(fixture, ties: false)
        var options = options
        options.languageModelWeight = 0.5
        let error = #expect(throws: TrainingError.self) {
            try finetune(
                workspace: fixture.workspace, corpus: "reviews", from: untied, options: options,
                output: fixture.model("untied"))
        }
        #expect(error?.code == .invalidOption)
        options.languageModelWeight = -1
        #expect(throws: TrainingError.self) { try options.validate() }
    }
}
