import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameText
import SesameTraining
import Testing

@Suite struct SequentialTokenDatasetTests {
    let stream = PackedTokens((0..<100).map(Int32.init), vocabularySize: 100)

    @Test func rowsGoOnWhereTheyWere() throws {
        var data = try SequentialTokenDataset(stream: stream, contextLength: 7, batchSize: 4)
        // 24 tokens a row: three batches of 7, one of 3.
        #expect(data.batchCount(inEpoch: 0) == 4)
        var rows = [[Int32]](repeating: [], count: 4)
        var cursor = DataCursor()
        while cursor.epoch == 0 {
            let continues = cursor.batch > 0
            let batch = data.nextBatch(&cursor)
            #expect(batch.continuesText == continues)
            #expect(batch.targets.scalars == batch.ids.scalars.map { $0 + 1 })
            #expect(batch.tokenCount == batch.ids.elementCount)
            let width = batch.ids.shape[1]
            for row in 0..<4 { rows[row] += batch.ids.scalars[row * width..<(row + 1) * width] }
        }
        for row in 0..<4 {
            let start = Int32(row * 24)
            #expect(rows[row] == Array(start..<start + 24))
        }
        #expect(!data.nextBatch(&cursor).continuesText)
    }

    @Test(arguments: [1, 2, 3, 10, 99, 100, 200])
    func everyTokenIsATargetOnce(rowCount: Int) {
        var seen: [Int32] = []
        var scored = 0
        let batches = SequentialTokenDataset.evaluationBatches(
            of: stream, contextLength: 8, rowCount: rowCount)
        for batch in batches {
            for (id, target) in zip(batch.ids.scalars, batch.targets.scalars) where target >= 0 {
                #expect(target == id + 1)
                seen.append(target)
            }
            scored += batch.tokenCount
        }
        #expect(seen.sorted() == Array(1..<100))
        #expect(scored == 99)
    }

    @Test func tooFewTokensAreRefused() {
        #expect(throws: TrainingError.self) {
            try SequentialTokenDataset(
                stream: PackedTokens([1, 2, 3], vocabularySize: 9), contextLength: 4, batchSize: 3)
        }
    }
}

@Suite struct LanguageModelTaskTests {
    let stream: PackedTokens = {
        var generator = RandomGenerator(seed: 2)
        return PackedTokens(
            (0..<500).map { _ in Int32(generator.next(below: 11)) }, vocabularySize: 11,
            characterCount: 1000)
    }()
    let rnn = RNNLanguageModel(
        RNNConfig(
            vocabularySize: 11, embeddingSize: 6, hiddenSize: 8, initializerBound: 0.8),
        key: RandomKey(seed: 1, stream: 0))

    @Test func theStateIsCarriedWithinAnEpochAndHasNoGradient() throws {
        let data = try SequentialTokenDataset(stream: stream, contextLength: 10, batchSize: 2)
        let task = RNNTask(data: .sequential(data), validation: nil)
        let context = ForwardContext.evaluation()
        var carry = RecurrentCarry()
        var found: [Float] = []
        for index in 0..<3 {
            let batch = data.batch(at: DataCursor(epoch: 0, batch: index))
            found.append(task.loss(of: rnn, on: batch, carry: &carry, context: context).loss.scalar)
        }
        // The three batches at once have the mean of their losses.
        let whole = try SequentialTokenDataset(stream: stream, contextLength: 30, batchSize: 2)
            .batch(at: DataCursor())
        let expected = rnn.loss(whole.ids, targets: whole.targets, context: context).loss
        #expect(abs(found.reduce(0, +) / 3 - expected.loss.scalar) < 1e-5)
        // A new epoch begins anew, whatever is carried.
        let first = data.batch(at: DataCursor(epoch: 1, batch: 0))
        #expect(
            task.loss(of: rnn, on: first, carry: &carry, context: context).loss.scalar == found[0])
        #expect(carry.tensors.map(\.name) == ["hidden.0", "hidden.1", "cell.0", "cell.1"])
        let restored = try RecurrentCarry(
            tensors: Dictionary(uniqueKeysWithValues: carry.tensors.map { ($0.name, $0.tensor) }))
        #expect(restored.state?.cell.map(\.scalars) == carry.state?.cell.map(\.scalars))
        #expect(throws: TrainingError.self) {
            try RecurrentCarry(tensors: ["cell.0": Tensor(zeros: [1, 1])])
        }
    }

    @Test func randomWindowsCarryNothing() throws {
        let data = try NextTokenDataset(
            stream: stream, contextLength: 10, batchSize: 2, seed: 1)
        let task = RNNTask(data: .random(data), validation: nil)
        var carry = RecurrentCarry()
        var batches = task.data
        let batch = batches.batch(at: DataCursor(epoch: 0, batch: 1))
        _ = task.loss(of: rnn, on: batch, carry: &carry, context: .evaluation())
        #expect(carry.state == nil)
    }

    @Test func evaluationIsThatOfTheWholeText() throws {
        let tokens = stream[0..<stream.count]
        // Token by token, the state carried, from each of the ten places where a row begins.
        let partLength = (tokens.count - 1 + 9) / 10
        var sum = 0.0
        for start in stride(from: 0, to: tokens.count - 1, by: partLength) {
            let end = min(start + partLength, tokens.count - 1)
            let ids = Array(tokens[start..<end])
            let loss = rnn.loss(
                IDTensor(ids, shape: [1, ids.count]),
                targets: IDTensor(Array(tokens[start + 1..<end + 1]), shape: [1, ids.count]),
                context: .evaluation()
            ).loss
            sum += Double(loss.loss.scalar) * Double(ids.count)
        }
        let metrics = RNNTask.evaluate(rnn, on: stream, precision: .float32)
        let loss = try #require(metrics[MetricName.loss])
        #expect(abs(loss - sum / 499) < 1e-5)
        #expect(metrics[MetricName.count] == 499)
        let perplexity = try #require(metrics[MetricName.perplexity])
        #expect(abs(perplexity - exp(loss)) < 1e-9)
        let bits = try #require(metrics[MetricName.bitsPerCharacter])
        let expectedBits = loss / log(2) * 500 / 1000
        #expect(abs(bits - expectedBits) < 1e-9)
    }

    @Test func bengiosEvaluationHasTheFullContextEverywhere() throws {
        var generator = RandomGenerator(seed: 3)
        let long = PackedTokens(
            (0..<9000).map { _ in Int32(generator.next(below: 11)) }, vocabularySize: 11)
        let model = NNLM(
            NNLMConfig(vocabularySize: 11, contextLength: 3, embeddingSize: 4, hiddenSize: 5),
            key: RandomKey(seed: 1, stream: 0))
        let ids = IDTensor(long[0..<8999], shape: [1, 8999])
        let whole = model.loss(
            ids, targets: IDTensor(long[1..<9000], shape: [1, 8999]), context: .evaluation())
        let metrics = NNLMTask.evaluate(model, on: long, precision: .float32)
        #expect(metrics[MetricName.count] == 8999)
        let loss = try #require(metrics[MetricName.loss])
        #expect(abs(loss - Double(whole.loss.scalar)) < 1e-5)
        // The context is three tokens: the fourth last does not matter, the third last does.
        func last(_ ids: [Int32]) -> ArraySlice<Float> {
            model.logits(IDTensor(ids, shape: [1, 5]), context: .evaluation()).scalars.suffix(11)
        }
        #expect(last([1, 2, 3, 4, 5]) == last([1, 9, 3, 4, 5]))
        #expect(last([1, 2, 3, 4, 5]) != last([1, 2, 9, 4, 5]))
    }

    @Test func theRateFallsOnPlateaus() {
        var options = TrainingOptions()
        options.plateauDecay = PlateauDecay(factor: 0.25, patience: 1)
        #expect(throws: Never.self) { try options.validate() }
        options.plateauDecay = PlateauDecay(factor: 1)
        #expect(throws: TrainingError.self) { try options.validate() }
    }
}

@Suite struct LanguageModelRecipeTests {
    private func tokenizer() throws -> Tokenizer {
        let characters = Set(
            "The cat mouse milk ship wind sea king crown gold tree leaf bird saw.\n")
        return try Tokenizer.character(
            vocabulary: Vocabulary(tokens: characters.map(String.init).sorted()))
    }

    @Test(
        arguments: zip(
            [RecurrentCell.lstm, .gru, .tanhRNN], [TextOrder.sequential, .random, .sequential]))
    func recurrentModelsLearnToWrite(_ cell: RecurrentCell, _ order: TextOrder) throws {
        let fixture = try Fixture()
        try fixture.importStories()
        var options = RNNPretrainingOptions()
        options.cell = cell
        options.order = order
        options.hiddenSize = 48
        options.layerCount = 1
        options.tiesEmbeddings = true
        options.training.batchSize = 8
        options.training.limit = .steps(150)
        options.training.learningRate = 1e-2
        options.training.evaluationInterval = 75
        let output = fixture.model("rnn")
        let result = try pretrainRNN(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer(),
            options: options, output: output)
        let loss = try #require(result.summary.metrics[MetricName.loss])
        #expect(loss < 1.2, "\(loss)")
        let report = try evaluate(
            modelFolder: output.folder, workspace: fixture.workspace, corpus: "stories",
            split: .train)
        #expect(try #require(report.metrics[MetricName.perplexity]) < 4)
        let generator = try TextGenerator(modelFolder: output.folder)
        var sampler = Sampler.greedy
        let text = try generator.generate(prompt: "The ca", count: 30, sampler: &sampler)
        #expect(text.hasPrefix("t. The ") || text.hasPrefix("t saw the "), "\(text)")
        #expect(try fixture.workspace.run(id: result.run).kind == "pretrain rnn")
        let info = try ModelInfo(output.folder)
        #expect(info.modelType == "sesame-rnn" && info.headCount == nil && info.layerCount == 1)
        #expect(throws: TrainingError.self) {
            try exportModel(
                from: output.folder, to: fixture.folder.url.appendingPathComponent("exported"))
        }
    }

    @Test func bengiosModelLearnsToWrite() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        var options = NNLMPretrainingOptions()
        options.contextLength = 6
        options.embeddingSize = 8
        options.hiddenSize = 48
        options.directConnections = true
        options.training.limit = .steps(200)
        options.training.learningRate = 1e-2
        let output = fixture.model("nnlm")
        let result = try pretrainNNLM(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer(),
            options: options, output: output)
        let loss = try #require(result.summary.metrics[MetricName.loss])
        #expect(loss < 1.2, "\(loss)")
        let generator = try TextGenerator(modelFolder: output.folder)
        var sampler = Sampler.greedy
        let text = try generator.generate(prompt: "The ca", count: 6, sampler: &sampler)
        #expect(text == "t. The" || text == "t saw ", "\(text)")
    }

    @Test func ngramsFromTextToGeneratedText() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let output = fixture.model("ngram")
        let result = try trainNgram(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer(), output: output)
        #expect(try #require(result.summary.metrics[MetricName.perplexity]) < 2)
        #expect(try fixture.workspace.run(id: result.run).status == .finished)
        let generator = try TextGenerator(modelFolder: output.folder)
        var sampler = Sampler.greedy
        let text = try generator.generate(prompt: "The ca", count: 10, sampler: &sampler)
        #expect(text == "t saw the ")
        #expect(throws: TrainingError.self) {
            try trainNgram(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer(),
                output: output)
        }
    }
}
