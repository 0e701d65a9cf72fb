import SesameModels
import SesameTensor
import SesameTraining
import Testing

/// What is told before training begins.
struct TrainingEstimateTests {
    @Test func timeFollowsFromSpeed() {
        let cost = GPTConfig.gpt2.cost
        var estimate = TrainingEstimate(cost, batchSize: 4)
        #expect(estimate.length == 1024 && estimate.seconds(tokens: 1e6) == nil)
        estimate.speed = MachineSpeed(operationsPerSecond: 1e11, updateSecondsPerParameter: 1e-9)
        let expected =
            1e6 * cost.trainingOperations(length: 1024) / 1e11
            + 1e6 / 4096 * Double(cost.parameterCount) * 1e-9
        #expect(abs((estimate.seconds(tokens: 1e6) ?? 0) - expected) < 1e-6)
    }

    @Test func noBatchIsTooLargeToCount() {
        var estimate = TrainingEstimate(GPTConfig.gpt2.cost, batchSize: .max)
        estimate.speed = MachineSpeed(operationsPerSecond: 1e11, updateSecondsPerParameter: 1e-9)
        #expect(!estimate.fits && estimate.seconds(tokens: 1e6)?.isFinite == true)
    }

    @Test func lengthsOfSentencesAreUsual() throws {
        let cost = try #require(ModelPreset.named("transformer-base")).cost
        let estimate = TrainingEstimate(cost, batchSize: 4)
        #expect(estimate.length == 100)
        #expect(estimate.forwardOperationsPerToken == cost.forwardOperations(length: 100))
    }

    /// Heads over texts, words and answers cost what is below them.
    @Test func foldersOfFineTunedModelsHaveAnEstimate() throws {
        let fixture = try Fixture()
        let key = RandomKey(seed: 1)
        let sizes = BERTConfig(
            vocabularySize: try fixture.wordPiece.vocabulary.count, maxSequenceLength: 12,
            hiddenSize: 16, layerCount: 1, headCount: 2, feedForwardSize: 32)
        let bert = BERT(sizes, key: key)
        func info(_ model: some PretrainedModel, _ name: String) throws -> ModelInfo {
            try ModelInfo(fixture.save(model, as: name))
        }
        let choice = try info(ChoiceClassifier(bert: bert, key: key), "choice")
        let spans = try info(
            SpanPredictor(
                bert: bert, configuration: SpanPredictorConfig(backbone: sizes), key: key), "spans")
        let tags = try info(
            TokenClassifier(
                bert: bert,
                configuration: TokenClassifierConfig(backbone: sizes, tags: ["B-X", "O"]), key: key
            ), "tags")
        for info in [choice, spans, tags] {
            let cost = try #require(info.cost)
            #expect(cost == sizes.headedCost)
            #expect(cost.projectedShare == 0 && cost.trainingOperations(length: 12) > 0)
        }
    }

    /// Training a thousand tokens takes some time with each kind of model that is no Transformer.
    private func expectSpeed(
        of model: some PretrainedModel, cost: NetworkCost, in fixture: Fixture
    ) throws {
        let name = "\(type(of: model)) \(cost.hashValue)"
        let folder = try fixture.save(model, as: name)
        var estimate = TrainingEstimate(cost, batchSize: 2)
        #expect(estimate.length == cost.usualLength, "\(name)")
        #expect(estimate.parameterCount == cost.parameterCount, "\(name)")
        estimate.speed = try MachineSpeed.measured(
            modelFolder: folder, batchSize: 2, length: 25, precision: .float32, seconds: 0.01)
        let seconds = try #require(estimate.seconds(tokens: 1000))
        #expect(seconds > 0 && seconds < 1000, "\(name): \(seconds)")
    }

    @Test(arguments: ["", "abc"], [0, 2])
    func speedOfTaggersIsMeasured(characters: String, contextLayers: Int) throws {
        let sizes = TaggerConfig(
            vocabularySize: 90, embeddingSize: 8, characters: characters,
            contextLayerCount: contextLayers, contextSize: contextLayers == 0 ? 0 : 6,
            hiddenSize: 8, tags: ["O", "B-X"])
        try expectSpeed(
            of: Tagger(configuration: sizes, key: RandomKey(seed: 1)), cost: sizes.cost,
            in: Fixture())
    }

    @Test(arguments: [0, 2], [SequenceHead.regression, .classification(labels: ["a", "b"])])
    func speedOfConvolutionsIsMeasured(contextLayers: Int, head: SequenceHead) throws {
        let sizes = TextCNNConfig(
            vocabularySize: 90, embeddingSize: 8, contextLayerCount: contextLayers,
            contextSize: contextLayers == 0 ? 0 : 6, filterCount: 4)
        let key = RandomKey(seed: 1)
        try expectSpeed(
            of: SequenceClassifier(textCNN: TextCNN(sizes, key: key), head: head, key: key),
            cost: sizes.cost, in: Fixture())
    }

    @Test func speedOfOtherNetworksIsMeasured() throws {
        let (fixture, key) = (try Fixture(), RandomKey(seed: 1))
        let rnn = RNNConfig(vocabularySize: 90, embeddingSize: 8, hiddenSize: 8)
        try expectSpeed(of: RNNLanguageModel(rnn, key: key), cost: rnn.cost, in: fixture)
        let nnlm = NNLMConfig(vocabularySize: 90)
        try expectSpeed(of: NNLM(nnlm, key: key), cost: nnlm.cost, in: fixture)
        let elmo = ELMoConfig(vocabularySize: 90, projectionSize: 8, hiddenSize: 8)
        try expectSpeed(of: ELMo(elmo, key: key), cost: elmo.cost, in: fixture)
        let translation = RecurrentSeq2SeqConfig(
            vocabularies: Seq2SeqVocabularies(
                sourceSize: 40, targetSize: 50, isShared: false, beginningID: 0, endID: 1),
            embeddingSize: 8, encoderSize: 4, hiddenSize: 8)
        let translator = try RecurrentSeq2Seq(configuration: translation, key: key)
        try expectSpeed(of: translator, cost: translation.cost, in: fixture)
        // Every token looks at all of the source: so long a sentence is not tried.
        let folder = try fixture.save(translator, as: "translator")
        let error = #expect(throws: TrainingError.self) {
            try MachineSpeed.measured(
                modelFolder: folder, batchSize: 1, length: 1 << 22, precision: .float32)
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func speedIsMeasured() {
        var sizes = GPTConfig.nano(vocabularySize: 100)
        sizes.band = .alternating(width: 16, layerCount: 4)
        let speed = MachineSpeed.measured(
            for: sizes.cost, batchSize: 2, length: 64, precision: .float32, seconds: 0.01)
        #expect(speed.operationsPerSecond > 1e6 && speed.operationsPerSecond < 1e15)
        #expect(speed.updateSecondsPerParameter > 0 && speed.updateSecondsPerParameter < 1e-3)
    }

    @Test func whatDoesNotFitIsRefusedWithTheFigure() throws {
        try TrainingEstimate(GPTConfig.nano(vocabularySize: 65).cost, batchSize: 12).requireFits()
        let estimate = TrainingEstimate(GPTConfig.gpt2XL.cost, batchSize: 100_000)
        #expect(!estimate.fits)
        let error = #expect(throws: TrainingError.self) { try estimate.requireFits() }
        #expect(error?.code == .tooLarge)
        let text = error?.description ?? ""
        #expect(text.contains("1557611200 parameters") && text.contains(" GB of memory"))

        let fixture = try Fixture()
        try fixture.importStories()
        var options = GPTPretrainingOptions()
        options.hiddenSize = 1600
        options.headCount = 25
        options.layerCount = 48
        options.contextLength = 1024
        options.training.batchSize = 65536
        let refused = #expect(throws: TrainingError.self) {
            try pretrainGPT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                options: options, output: fixture.model("large"))
        }
        #expect(refused?.code == .tooLarge)
    }

    /// The longest texts may come together; short ones beside them do not help.
    @Test func whatTheLongestTextsTakeCounts() throws {
        let cost = BERTConfig.base().headedCost
        let lengths = Array(repeating: 4, count: 100_000) + Array(repeating: 512, count: 50_000)
        try TrainingEstimate.requireFits(cost, lengths: lengths, batchSize: 1)
        try TrainingEstimate.requireFits(nil, lengths: lengths, batchSize: 50_000)
        try TrainingEstimate.requireFits(cost, lengths: [], batchSize: 50_000)
        let error = #expect(throws: TrainingError.self) {
            try TrainingEstimate.requireFits(cost, lengths: lengths, batchSize: 50_000)
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.description.contains("batches of 50000 × 512 tokens") == true)
    }

    /// Weights that the machine could hold, but not with gradients, moments and what a batch keeps.
    @Test func recurrentModelsThatDoNotFitAreRefused() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        func expectRefusal(_ train: (ModelOutput) throws -> Void) {
            let refused = #expect(throws: TrainingError.self) { try train(fixture.model("large")) }
            #expect(refused?.code == .tooLarge)
        }
        expectRefusal { output in
            var options = RNNPretrainingOptions()
            (options.hiddenSize, options.training.batchSize) = (20_000, 65_536)
            try pretrainRNN(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                options: options, output: output)
        }
        expectRefusal { output in
            var options = NNLMPretrainingOptions()
            (options.hiddenSize, options.training.batchSize) = (20_000, 65_536)
            try pretrainNNLM(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                options: options, output: output)
        }
        expectRefusal { output in
            var options = ELMoPretrainingOptions()
            (options.hiddenSize, options.layerCount) = (1 << 20, 60)
            try pretrainELMo(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                options: options, output: output)
        }
    }

    @Test func aTaggerThatDoesNotFitIsRefused() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        var options = TaggerOptions()
        options.hiddenSize = 60_000
        options.layerCount = 4
        let refused = #expect(throws: TrainingError.self) {
            try finetuneTagger(
                workspace: fixture.workspace, corpus: "names", options: options,
                output: fixture.model("large"))
        }
        #expect(refused?.code == .tooLarge)
    }
}
