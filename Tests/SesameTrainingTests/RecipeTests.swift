import Foundation
import SesameModels
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

@Suite struct RecipeTests {
    @Test func gptFromTextToGeneratedText() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let characters = Set(
            "The cat mouse milk ship wind sea king crown gold tree leaf bird saw.\n")
        let tokenizer = try Tokenizer.character(
            vocabulary: Vocabulary(tokens: characters.map(String.init).sorted()))
        var options = GPTPretrainingOptions()
        options.layerCount = 2
        options.headCount = 2
        options.hiddenSize = 32
        options.contextLength = 32
        options.training.batchSize = 8
        options.training.limit = .steps(300)
        options.training.learningRate = 5e-3
        options.training.warmUp = .steps(10)
        options.training.evaluationInterval = 100
        let output = fixture.model("gpt")
        var evaluations: [Int] = []
        let result = try pretrainGPT(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
            options: options, output: output
        ) { event in
            if case .evaluation(let step, _) = event { evaluations.append(step) }
        }
        #expect(evaluations == [100, 200, 300])
        let loss = try #require(result.summary.metrics[MetricName.loss])
        #expect(loss < 1)
        // One character a token: bits per character are bits per token.
        let bits = try #require(result.summary.metrics[MetricName.bitsPerCharacter])
        #expect(abs(bits - loss / log(2)) < 0.02)

        let run = try fixture.workspace.run(id: result.run)
        #expect(run.status == .finished && run.kind == "pretrain gpt")
        let recorded = try fixture.workspace.metrics(
            run: result.run, name: MetricName.loss, split: "validation")
        #expect(recorded.map(\.step) == [100, 200, 300])
        #expect(recorded.last?.value == loss)

        let generator = try TextGenerator(modelFolder: output.folder)
        var sampler = Sampler.greedy
        var streamed = ""
        let text = try generator.generate(
            prompt: "The ca", count: 30, sampler: &sampler
        ) { piece in
            streamed += piece
            return true
        }
        #expect(text.count == 30 && streamed == text)
        #expect(text.hasPrefix("t saw the "))

        // The same options give the same bits.
        let again = fixture.model("again")
        try pretrainGPT(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
            options: options, output: again)
        #expect(try fixture.weights("gpt") == fixture.weights("again"))

        let report = try evaluate(
            modelFolder: output.folder, workspace: fixture.workspace, corpus: "stories",
            split: .train)
        #expect(report.task == .nextToken)
        #expect(try #require(report.metrics[MetricName.loss]) < 1)

        let error = #expect(throws: TrainingError.self) {
            try pretrainGPT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
                options: options, output: output)
        }
        #expect(error?.code == .exists)
    }

    @Test func anInterruptedRecipeResumesToTheSameModel() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let tokenizer = try fixture.wordPiece
        var options = BERTPretrainingOptions()
        options.layerCount = 1
        options.headCount = 2
        options.hiddenSize = 16
        options.maxLength = 24
        options.dropoutProbability = 0.1
        options.masking.wholeWords = true
        options.training.batchSize = 8
        options.training.limit = .steps(24)
        func run(_ name: String, resuming: Bool = false, stopAfter: Int = .max) throws
            -> RecipeResult
        {
            var output = fixture.model(name)
            output.resuming = resuming
            var steps = 0
            return try pretrainBERT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
                options: options, output: output
            ) { event in
                if case .step = event { steps += 1 }
            } shouldStop: {
                steps >= stopAfter
            }
        }
        _ = try run("whole")
        let stopped = try run("parts", stopAfter: 11)
        #expect(stopped.summary.reason == .interrupted && stopped.modelFolder == nil)
        #expect(stopped.summary.checkpoint != nil)
        #expect(try fixture.workspace.run(id: stopped.run).status == .interrupted)
        // Without being asked to resume, the earlier run's checkpoints are not thrown away.
        #expect(throws: TrainingError.self) { try run("parts") }
        let end = try run("parts", resuming: true)
        #expect(end.run == stopped.run)
        #expect(end.summary.reason == .completed && end.summary.steps == 24)
        #expect(try fixture.weights("whole") == fixture.weights("parts"))
    }

    @Test func bertFromTextToClassifier() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        try fixture.importReviews()
        let tokenizer = try fixture.wordPiece
        var options = BERTPretrainingOptions()
        options.layerCount = 2
        options.headCount = 2
        options.hiddenSize = 32
        options.maxLength = 32
        options.validationFraction = 0.2
        options.training.batchSize = 16
        options.training.limit = .steps(500)
        options.training.learningRate = 3e-3
        options.training.precision = .float32
        let output = fixture.model("bert")
        let result = try pretrainBERT(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
            options: options, output: output)
        let metrics = result.summary.metrics
        let accuracy = try #require(metrics[MetricName.maskedAccuracy])
        let unigram = try #require(metrics[MetricName.unigramAccuracy])
        #expect(accuracy > unigram + 0.1)
        #expect(
            try #require(metrics[MetricName.maskedLoss])
                < #require(metrics[MetricName.unigramLoss]) - 0.3)
        #expect(metrics[MetricName.nextSentenceAccuracy] != nil)

        let filler = try MaskFiller(modelFolder: output.folder)
        let candidates = try filler.fill("the king [MASK] the crown.", count: 3)
        #expect(candidates.count == 1 && candidates[0].count == 3)
        #expect(candidates[0][0].token == "saw")
        #expect(candidates[0][0].text == "the king saw the crown.")
        #expect(throws: TrainingError.self) { try filler.fill("no mask here") }

        var tuning = FinetuningOptions()
        tuning.training.limit = .epochs(12)
        tuning.training.learningRate = 3e-3
        tuning.training.batchSize = 16
        tuning.training.precision = .float32
        let classifierOutput = fixture.model("classifier")
        let tuned = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: output.folder,
            options: tuning, output: classifierOutput)
        #expect(tuned.record.labels == ["bad", "good"])
        #expect(tuned.record.baseModel == "bert")
        #expect(tuned.summary.metrics[MetricName.accuracy] == 1)

        let classifier = try TextClassifier(modelFolder: classifierOutput.folder)
        let predictions = try classifier.predict(
            ["the play was awful", "a film was lovely", ""], batchSize: 2)
        #expect(predictions[0].label == "bad" && predictions[1].label == "good")
        #expect(predictions.allSatisfy { abs($0.probabilities.reduce(0, +) - 1) < 1e-5 })
        #expect(predictions[0].probability > 0.5)

        let report = try evaluate(
            modelFolder: classifierOutput.folder, workspace: fixture.workspace,
            corpus: "reviews", split: .train)
        #expect(report.confusion?.total == 120)
        #expect(report.metrics[MetricName.accuracy] == 1)
        #expect(report.metrics[MetricName.majorityAccuracy] == 0.5)
        let error = #expect(throws: TrainingError.self) {
            try evaluate(
                modelFolder: classifierOutput.folder, texts: [LabelledText("x", label: "odd")])
        }
        #expect(error?.code == .badLabel)

        tuning.fromScratch = true
        tuning.training.limit = .steps(3)
        let scratch = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: output.folder,
            options: tuning, output: fixture.model("scratch"))
        #expect(scratch.record.baseModel == nil)

        #expect(throws: TrainingError.self) { try TextGenerator(modelFolder: output.folder) }
        #expect(throws: TrainingError.self) {
            try TextClassifier(modelFolder: fixture.folder.url)
        }
    }

    @Test func aClassifierOnAGPT() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let tokenizer = try fixture.wordPiece
        var options = GPTPretrainingOptions()
        options.layerCount = 1
        options.headCount = 2
        options.hiddenSize = 32
        options.contextLength = 16
        options.training.limit = .steps(30)
        options.training.warmUp = .steps(5)
        let output = fixture.model("gpt")
        try pretrainGPT(
            workspace: fixture.workspace, corpus: "reviews", tokenizer: tokenizer,
            options: options, output: output)
        var tuning = FinetuningOptions()
        tuning.training.limit = .epochs(15)
        tuning.training.learningRate = 3e-3
        tuning.training.batchSize = 16
        let tuned = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: output.folder,
            options: tuning, output: fixture.model("classifier"))
        #expect(tuned.summary.metrics[MetricName.accuracy] == 1)
    }
}
