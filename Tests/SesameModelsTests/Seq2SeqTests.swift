import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import SesameTestSupport
import Testing

/// The recurrent encoder and decoder against PyTorch's, made by Goldens/make_seq2seq_goldens.py.
@Suite struct Seq2SeqTests {
    /// The models that the goldens hold.
    static let names = ["plain", "bilinear", "dot", "additive", "feeding"]

    static func model(_ name: String, _ golden: Golden) throws -> RecurrentSeq2Seq {
        var configuration = RecurrentSeq2SeqConfig(
            sourceVocabularySize: 11, vocabularySize: 9, embeddingSize: 5, encoderSize: 4,
            hiddenSize: 8, layerCount: name == "bilinear" ? 2 : 1,
            cell: ["plain", "dot"].contains(name) ? .gru : .lstm,
            attention: StateAttention.Kind(rawValue: name == "feeding" ? "bilinear" : name),
            inputFeeding: name == "feeding",
            tiesEmbeddings: ["plain", "bilinear", "feeding"].contains(name), beginningTokenID: 1,
            endTokenID: 2)
        configuration.dropoutProbability = 0
        var model = try RecurrentSeq2Seq(configuration: configuration, key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group("\(name)/weight/"), from: "the goldens")
        return model
    }

    static let lengths = [4, 2, 3]
    static let targetLengths = [3, 5, 1]

    static func loss(
        _ model: RecurrentSeq2Seq, _ golden: Golden, smoothing: Float,
        context: ForwardContext = .evaluation()
    ) throws -> ProjectedLoss {
        model.loss(
            try golden.ids("source"), sourceLengths: lengths, input: try golden.ids("input"),
            output: try golden.ids("output"), targetLengths: targetLengths,
            labelSmoothing: smoothing, context: context)
    }

    @Test(arguments: InstructionSet.available)
    func matchesPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            for model in Seq2SeqTests.names {
                try Seq2SeqTests.gradientsMatch(model, on: name)
                try Seq2SeqTests.stepsMatch(model, on: name)
                try Seq2SeqTests.decodingMatches(model, on: name)
            }
        }
    }

    static func gradientsMatch(_ name: String, on set: String) throws {
        let golden = try Golden("seq2seq")
        let model = try Self.model(name, golden)
        let (value, gradients) = try model.valueWithGradients {
            try loss($0, golden, smoothing: 0.1).loss
        }
        let expected = try golden("\(name)/loss").scalar
        #expect(abs(value - expected) < 1e-5 * expected, "\(set), \(name): \(value)")
        let plain = try loss(model, golden, smoothing: 0)
        #expect(plain.scoredCount == 9)
        let plainExpected = try golden("\(name)/plainLoss").scalar
        #expect(abs(plain.loss.scalar - plainExpected) < 1e-5 * plainExpected, "\(set), \(name)")
        let all = golden.group("\(name)/gradient/")
        #expect(all.count == gradients.paths.count)
        for index in gradients.paths.indices {
            let path = gradients.paths[index].description
            expectClose(
                try #require(gradients[index]), try #require(all[path]),
                "\(set), \(name): d\(path)")
        }
    }

    static func stepsMatch(_ name: String, on set: String) throws {
        let golden = try Golden("seq2seq")
        var model = try Self.model(name, golden)
        var optimizer = AdamW(beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1)
        for (step, expected) in try golden("\(name)/losses").scalars.enumerated() {
            let (value, gradients) = try model.valueWithGradients {
                try loss($0, golden, smoothing: 0.1).loss
            }
            #expect(abs(value - expected) < 1e-5 * expected, "\(set), \(name), step \(step)")
            optimizer.update(&model, with: gradients, learningRate: 1e-2)
        }
        let trained = golden.group("\(name)/trained/")
        for (path, tensor) in model.parameters {
            expectClose(
                tensor, try #require(trained[path]), "\(set), \(name): \(path) after ten steps",
                tolerance: 1e-4)
        }
    }

    /// Step by step, with the rows in another order and repeated, a decoder gives what training gives.
    static func decodingMatches(_ name: String, on set: String) throws {
        let golden = try Golden("seq2seq")
        let model = try Self.model(name, golden)
        let decoder = model.decoder()
        let input = try golden.ids("input")
        let (logits, weights) = (
            try golden("\(name)/logProbabilities"), try? golden("\(name)/attention")
        )
        var state = model.encoded(try golden.ids("source"), lengths: lengths)
        var rows = [0, 1, 2]
        for time in 0..<5 {
            let step = decoder.next(rows.map { input.scalars[$0 * 5 + time] }, state: &state)
            for (place, row) in rows.enumerated() where time < targetLengths[row] {
                func at(_ tensor: Tensor) -> Tensor {
                    tensor.sliced(axis: 0, row..<row + 1).sliced(axis: 1, time..<time + 1)
                        .reshaped([tensor.shape.last])
                }
                func found(_ tensor: Tensor) -> Tensor {
                    tensor.sliced(axis: 0, place..<place + 1).reshaped([tensor.shape.last])
                }
                expectClose(
                    found(step.logProbabilities), at(logits), "\(set), \(name), time \(time)")
                #expect((step.attention == nil) == (weights == nil))
                if let weights, let attention = step.attention {
                    expectClose(found(attention), at(weights), "\(set), \(name), time \(time)")
                }
            }
            let order: [Int32] = time == 0 ? [2, 1, 1, 0, 1] : time == 1 ? [4, 3, 1] : [0, 1, 2]
            decoder.select(order, in: &state)
            rows = order.map { rows[Int($0)] }
        }
    }

    @Test(arguments: names)
    func isTheSameForEachThreadCount(name: String) async {
        await #expect(processExitsWith: .success) { [name = name as String] in
            let golden = try Golden("seq2seq")
            let model = try Seq2SeqTests.model(name, golden)
            try expectSameForEachThreadCount(name) {
                let context = ForwardContext.training(seed: 3, step: 2)
                let (value, gradients) = try model.valueWithGradients {
                    try Seq2SeqTests.loss($0, golden, smoothing: 0.1, context: context).loss
                }
                return [[value]] + gradients.paths.indices.map { gradients[$0]?.scalars ?? [] }
            }
        }
    }

    @Test(arguments: names)
    func paddingChangesNothing(name: String) throws {
        let golden = try Golden("seq2seq")
        let model = try Self.model(name, golden)
        func widened(_ ids: IDTensor, by count: Int, with filler: Int32) -> IDTensor {
            let width = ids.shape[1]
            return IDTensor(
                (0..<ids.shape[0]).map { row in
                    Array(ids.scalars[row * width..<(row + 1) * width])
                        + [Int32](repeating: filler, count: count)
                })
        }
        let expected = try Self.loss(model, golden, smoothing: 0.1).loss.scalar
        let found = model.loss(
            widened(try golden.ids("source"), by: 3, with: 7), sourceLengths: Self.lengths,
            input: widened(try golden.ids("input"), by: 2, with: 5),
            output: widened(try golden.ids("output"), by: 2, with: -100),
            targetLengths: Self.targetLengths, labelSmoothing: 0.1, context: .evaluation())
        #expect(abs(found.loss.scalar - expected) < 1e-6)
    }

    @Test(arguments: names)
    func greedySearchSaysTheLikeliestTokens(name: String) throws {
        let golden = try Golden("seq2seq")
        let model = try Self.model(name, golden)
        let source = try golden.ids("source")
        let found = beamSearch(
            with: model.decoder(), state: model.encoded(source, lengths: Self.lengths), startID: 1,
            maximumLengths: [6, 6, 6], options: .greedy(endID: 2), sourceLengths: Self.lengths,
            keepsAttention: true)
        for (row, hypotheses) in found.enumerated() {
            let tokens = hypotheses[0].tokens
            #expect(hypotheses[0].attention.isEmpty == !model.hasAttention)
            // Its probability is the one that teacher forcing gives it.
            let output = tokens + (hypotheses[0].isFinished ? [2] : [])
            guard !output.isEmpty else { continue }
            let input = [1] + output.dropLast()
            let width = source.shape[1]
            let loss = model.loss(
                IDTensor(
                    Array(source.scalars[row * width..<(row + 1) * width]), shape: [1, width]),
                sourceLengths: [Self.lengths[row]], input: IDTensor([input]),
                output: IDTensor([output]), targetLengths: [output.count], labelSmoothing: 0,
                context: .evaluation())
            let sum = -Double(loss.loss.scalar) * Double(output.count)
            #expect(abs(sum - hypotheses[0].logProbability) < 1e-4)
        }
    }

    @Test(arguments: names, [nil, "shared"])
    func isKeptInAFolder(name: String, vocabulary: String?) throws {
        var configuration = try Self.model(name, Golden("seq2seq")).configuration
        if vocabulary != nil {
            configuration.sourceVocabularySize = configuration.vocabularySize
            configuration.sharesVocabulary = true
        }
        let model = try RecurrentSeq2Seq(configuration: configuration, key: RandomKey(seed: 4))
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("seq2seq-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        let read = try RecurrentSeq2Seq.load(from: folder)
        #expect(read.configuration == configuration)
        #expect(read.parameters.map(\.path) == model.parameters.map(\.path))
        for (a, b) in zip(read.parameters, model.parameters) {
            #expect(a.tensor.scalars == b.tensor.scalars, "\(a.path)")
        }
        let summary = try ModelFolder.summary(of: folder)
        #expect(summary.modelType == "sesame-seq2seq")
        #expect(summary.architectures == ["RecurrentSeq2Seq"])
    }

    @Test func configurationsAreChecked() {
        let changes: [(String, (inout RecurrentSeq2SeqConfig) -> Void)] = [
            ("num_layers is 0, expected at least 1", { $0.layerCount = 0 }),
            ("dropout is 1.0, expected from 0 up to but not 1", { $0.dropoutProbability = 1 }),
            ("eos_token_id is 9, expected below vocab_size, 9", { $0.endTokenID = 9 }),
            (
                "hidden_size is 512, expected twice encoder_size, 6, for dot attention",
                {
                    $0.encoderSize = 3
                    $0.attention = .dot
                }
            ),
            (
                "source_vocab_size is 11, expected vocab_size, 9, where the vocabulary is shared",
                { $0.sharesVocabulary = true }
            ),
        ]
        for (message, change) in changes {
            var configuration = RecurrentSeq2SeqConfig(
                sourceVocabularySize: 11, vocabularySize: 9, beginningTokenID: 1, endTokenID: 2)
            change(&configuration)
            #expect {
                try configuration.validate()
            } throws: { "\($0)" == message }
        }
    }
}
