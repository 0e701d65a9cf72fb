import Foundation
import SesameModels
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// Pretraining by variant, and training further.
struct BERTVariantTests {
    private func options(_ variant: BERTVariant, steps: Int = 12) -> BERTPretrainingOptions {
        var options = BERTPretrainingOptions(variant)
        options.layerCount = 2
        options.headCount = 2
        options.hiddenSize = 16
        options.maxLength = 32
        options.validationFraction = 0.2
        options.training.batchSize = 8
        options.training.limit = .steps(steps)
        options.training.precision = .float32
        return options
    }

    private func pretrain(
        _ fixture: Fixture, _ name: String, _ options: BERTPretrainingOptions, from base: URL? = nil
    ) throws -> RecipeResult {
        try pretrainBERT(
            workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
            from: base, options: options, output: fixture.model(name))
    }

    @Test func variantsAreOptions() {
        #expect(BERTPretrainingOptions() == BERTPretrainingOptions(.bert))
        #expect(BERTPretrainingOptions(.wholeWord).masking.wholeWords)
        let roberta = BERTPretrainingOptions(.roberta)
        #expect(roberta.sentences == .single && roberta.shortFraction == 0)
        let albert = BERTPretrainingOptions(.albert)
        #expect(albert.sentences == .sentenceOrder && albert.sharesLayers)
    }

    @Test(arguments: BERTVariant.allCases)
    func everyVariantTrains(_ variant: BERTVariant) throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let result = try pretrain(fixture, "model", options(variant))
        let metrics = result.summary.metrics
        #expect(metrics[MetricName.maskedLoss] != nil)
        #expect((metrics[MetricName.sentenceOrderAccuracy] != nil) == (variant == .albert))
        #expect(
            (metrics[MetricName.nextSentenceAccuracy] != nil)
                == (variant == .bert || variant == .wholeWord))
        let folder = fixture.model("model").folder
        let model = try BERTForPretraining.load(from: folder)
        #expect(model.bert.layers.count == (variant == .albert ? 1 : 2))
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "stories", split: .train)
        #expect((report.metrics[MetricName.sentenceOrderLoss] != nil) == (variant == .albert))
        // What fills masks also learns other things.
        var tuning = FinetuningOptions()
        tuning.training.limit = .steps(2)
        try fixture.importReviews()
        _ = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: folder, options: tuning,
            output: fixture.model("classifier"))
    }

    @Test func trainingFurtherBeginsWhereTheFolderEnds() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        var first = options(.bert, steps: 60)
        first.training.learningRate = 3e-3
        _ = try pretrain(fixture, "first", first)
        let base = fixture.model("first").folder
        let before = try BERTForPretraining.load(from: base)

        // At a rate of next to nothing the model stays what it was, heads included.
        var still = options(.bert, steps: 1)
        still.training.learningRate = 1e-12
        still.training.weightDecay = 0
        still.hiddenSize = 64
        let result = try pretrain(fixture, "second", still, from: base)
        #expect(result.record.baseModel == "first")
        let after = try BERTForPretraining.load(from: fixture.model("second").folder)
        #expect(after.configuration.hiddenSize == 16)
        for (a, b) in zip(after.parameters, before.parameters) {
            #expect(a.path == b.path)
            for (x, y) in zip(a.tensor.scalars, b.tensor.scalars) {
                #expect(abs(x - y) < 1e-6)
            }
        }
    }

    @Test func headsThatAreMissingAreMade() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let tokenizer = try fixture.wordPiece
        // A bare encoder, as published ones are, of fewer positions than the options ask for.
        let bert = BERT(
            BERTConfig(
                vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: 20, hiddenSize: 16,
                layerCount: 1, headCount: 2, feedForwardSize: 32), key: RandomKey(seed: 2))
        let base = try fixture.save(bert, as: "encoder")
        for (name, variant) in [("nsp", BERTVariant.bert), ("mlm", .roberta)] {
            let result = try pretrain(fixture, name, options(variant, steps: 2), from: base)
            #expect(result.record.maxLength == 20)
            let model = try BERTForPretraining.load(from: fixture.model(name).folder)
            #expect((model.nextSentence != nil) == (variant == .bert))
            #expect(model.configuration.maxSequenceLength == 20)
        }
        let error = #expect(throws: TrainingError.self) {
            try pretrainBERT(
                workspace: fixture.workspace, corpus: "stories",
                tokenizer: .wordPiece(
                    vocabulary: Vocabulary(tokens: SpecialTokens.bert.all + ["the"]),
                    lowercase: true),
                from: base, options: options(.bert), output: fixture.model("x"))
        }
        #expect(error?.code == .badModelFolder)
    }

    @Test func anEncoderWithoutPoolerIsFineTuned() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        try fixture.importReviews()
        let tokenizer = try fixture.wordPiece
        var model = BERTForPretraining(
            BERTConfig(
                vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: 20, hiddenSize: 16,
                layerCount: 1, headCount: 2, feedForwardSize: 32), key: RandomKey(seed: 2))
        model.bert.pooler = nil
        model.nextSentence = nil
        let base = try fixture.save(model, as: "masked")
        var options = FinetuningOptions()
        options.training.limit = .steps(2)
        _ = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: base, options: options,
            output: fixture.model("classifier"))
        let tuned = try SequenceClassifier.load(from: fixture.model("classifier").folder)
        #expect(tuned.bert?.pooler != nil)
    }
}
