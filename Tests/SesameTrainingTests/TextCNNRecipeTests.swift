import Foundation
import SesameModels
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

struct TextCNNRecipeTests {
    private var options: TextCNNOptions {
        var options = TextCNNOptions()
        options.embeddingSize = 16
        options.filterCount = 8
        options.widths = [2, 3]
        options.training.batchSize = 16
        options.training.limit = .epochs(15)
        options.training.learningRate = 1e-2
        return options
    }

    private func tokenizer(_ fixture: Fixture) throws -> Tokenizer {
        let words = [
            "the", "film", "a", "story", "this", "play", "cast", "was", "fine", "great", "lovely",
            "dull", "weak", "awful",
        ]
        return try .word(
            vocabulary: Vocabulary(tokens: SpecialTokens.languageModel.all + words))
    }

    private func train(
        _ fixture: Fixture, _ name: String, _ options: TextCNNOptions
    ) throws -> RecipeResult {
        try trainTextCNN(
            workspace: fixture.workspace, corpus: "reviews", tokenizer: tokenizer(fixture),
            options: options, output: fixture.model(name))
    }

    @Test(arguments: [false, true])
    func fromTextsToPredictions(_ usesBatchNorm: Bool) throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        var options = options
        options.usesBatchNorm = usesBatchNorm
        let result = try train(fixture, "cnn", options)
        #expect(result.record.labels == ["bad", "good"])
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
        let folder = fixture.model("cnn").folder
        let predictions = try TextClassifier(modelFolder: folder).predict([
            "the play was awful", "a film was lovely", "",
        ])
        #expect(predictions[0].label == "bad" && predictions[1].label == "good")
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "reviews", split: .train)
        #expect(try #require(report.metrics[MetricName.accuracy]) > 0.95)
        #expect(report.task == .classification && report.confusion?.total == 120)
        let info = try ModelInfo(folder)
        #expect(info.modelType == "sesame-textcnn" && info.hiddenSize == 16)
        let error = #expect(throws: TrainingError.self) {
            try exportModel(from: folder, to: fixture.folder.url.appendingPathComponent("out"))
        }
        #expect(error?.code == .badModelFolder)
    }

    @Test func augmentedRunResumesToTheSameBits() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        var options = options
        options.usesBatchNorm = true
        options.training.limit = .steps(20)
        options.training.l1 = 1e-4
        options.training.l2 = 1e-3
        options.augmentation.tokenDropout = 0.1
        options.augmentation.swap = 0.1
        try fixture.expectTheSameBits(stoppingAfter: 9) { output, onEvent, shouldStop in
            try trainTextCNN(
                workspace: fixture.workspace, corpus: "reviews", tokenizer: tokenizer(fixture),
                options: options, output: output, onEvent: onEvent, shouldStop: shouldStop)
        }
    }

    @Test func vectorsOfAFileAreUsedAndMayStayAsTheyAre() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let file = fixture.folder.url.appendingPathComponent("vectors.txt")
        try Data("was 1 2 3\nfine 4 5 6\ngreat 4.1 5 6\n".utf8).write(to: file)
        var options = options
        options.vectors = .file(file.path)
        options.training.limit = .steps(10)
        options.training.freezesEmbeddings = true
        options.augmentation.synonym = 0.2
        _ = try train(fixture, "frozen", options)
        let model = try SequenceClassifier.load(from: fixture.model("frozen").folder)
        let table = try #require(model.textCNN?.embedding)
        #expect(table.size == 3)
        let id = try #require(tokenizer(fixture).id(of: "fine"))
        #expect(
            table.weight.sliced(axis: 0, Int(id)..<Int(id) + 1).scalars == [4, 5, 6])
        options.training.freezesEmbeddings = false
        _ = try train(fixture, "trained", options)
        let trained = try SequenceClassifier.load(from: fixture.model("trained").folder)
        #expect(trained.textCNN?.embedding?.weight.scalars != table.weight.scalars)
        // Synonyms need vectors.
        options.vectors = .random
        let error = #expect(throws: TrainingError.self) { try train(fixture, "none", options) }
        #expect(error?.description.contains("vectors for synonyms") == true)
    }

    @Test func vectorsInContextAreMixedAndTravelWithTheModel() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let bert = BERT(
            BERTConfig(
                vocabularySize: try fixture.wordPiece.vocabulary.count, maxSequenceLength: 16,
                hiddenSize: 8, layerCount: 1, headCount: 2, feedForwardSize: 16),
            key: RandomKey(seed: 3))
        let base = try fixture.save(bert, as: "bert")
        var options = options
        options.vectors = .model(base.path)
        options.embeddingSize = 0
        let result = try train(fixture, "context", options)
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
        let shares = (0..<2).compactMap { result.summary.metrics[MetricName.layerShare($0)] }
        #expect(shares.count == 2 && abs(shares.reduce(0, +) - 1) < 1e-5)
        try FileManager.default.removeItem(at: base)
        let classifier = try TextClassifier(modelFolder: fixture.model("context").folder)
        #expect(classifier.model.textCNN?.embedding == nil)
        let predictions = try classifier.predict(["the play was awful", "a film was lovely", ""])
        #expect(predictions.prefix(2).map(\.label) == ["bad", "good"])
    }

    @Test func penaltiesShrinkTheWeights() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        func size(_ name: String, _ change: (inout TrainingOptions) -> Void) throws -> Float {
            var options = options
            options.keepsBest = false
            change(&options.training)
            _ = try train(fixture, name, options)
            let model = try SequenceClassifier.load(from: fixture.model(name).folder)
            return model.parameters.filter { $0.tensor.shape.count > 1 }
                .reduce(0) { $0 + $1.tensor.scalars.reduce(0) { $0 + abs($1) } }
        }
        let plain = try size("plain") { _ in }
        #expect(try size("l2") { $0.l2 = 0.05 } < 0.8 * plain)
        #expect(try size("l1") { $0.l1 = 0.01 } < 0.8 * plain)
    }
}
