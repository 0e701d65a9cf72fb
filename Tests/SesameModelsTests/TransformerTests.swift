import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import SesameTestSupport
import Testing

/// The Transformer against PyTorch's layers, made by Goldens/make_transformer_goldens.py.
@Suite struct TransformerTests {
    /// The models that the goldens hold.
    static let names = ["postShared", "preShared", "postSeparate", "preSeparate"]

    static func golden(
        _ name: String, dropout: Float = 0
    ) throws -> Seq2SeqGolden<Transformer> {
        let isShared = name.hasSuffix("Shared")
        var configuration = TransformerConfig(
            vocabularies: Seq2SeqVocabularies(
                sourceSize: isShared ? 9 : 11, targetSize: 9, isShared: isShared, beginningID: 1,
                endID: 2),
            sizes: TransformerSizes(
                hiddenSize: 8, layerCount: 2, headCount: 2, feedForwardSize: 12),
            norm: name.hasPrefix("pre") ? .pre : .post,
            activation: isShared ? .relu : .gelu,
            tiesEmbeddings: ["postShared", "preSeparate"].contains(name))
        configuration.dropoutProbability = dropout
        configuration.attentionDropoutProbability = dropout
        configuration.activationDropoutProbability = dropout
        return try Seq2SeqGolden(
            name, of: "transformer",
            Transformer(configuration: configuration, key: RandomKey(seed: 1)), epsilon: 1e-3)
    }

    @Test(arguments: InstructionSet.available)
    func matchesPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            for model in TransformerTests.names {
                let golden = try TransformerTests.golden(model)
                try golden.checkEncoder(on: name)
                try golden.checkLogits(on: name)
                try golden.checkGradients(on: name)
                try golden.checkSteps(on: name)
                try golden.checkDecoding(on: name)
            }
        }
    }

    @Test(arguments: names)
    func isTheSameForEachThreadCount(name: String) async {
        await #expect(processExitsWith: .success) { [name = name as String] in
            try TransformerTests.golden(name, dropout: 0.2).checkThreads()
        }
    }

    @Test(arguments: names)
    func paddingChangesNothing(name: String) throws { try Self.golden(name).checkPadding() }

    @Test(arguments: names)
    func greedySearchSaysTheLikeliestTokens(name: String) throws {
        try Self.golden(name).checkGreedySearch()
    }

    /// One sentence at a time gives what a batch gives.
    @Test(arguments: names)
    func neighboursChangeNothing(name: String) throws {
        let golden = try Self.golden(name)
        let source = try golden.golden.ids("source")
        let (states, sequences) = golden.model.encode(
            source, lengths: golden.lengths, context: .evaluation())
        for (row, range) in sequences.ranges.enumerated() {
            let ids = IDTensor(
                Array(source.scalars[row * 4..<row * 4 + range.count]), shape: [1, range.count])
            let alone = golden.model.encode(ids, lengths: [range.count], context: .evaluation())
            expectClose(
                alone.states, states.sliced(axis: 1, range), "\(name), row \(row)", tolerance: 1e-6)
        }
    }

    /// Sentences longer than the table of positions and than the first cache.
    @Test func sentencesOfAnyLength() throws {
        let model = try Self.golden("preSeparate").model
        let count = 530
        let source = IDTensor((0..<count).map { Int32(3 + $0 % 6) }, shape: [1, count])
        let decoder = model.decoder()
        var state = model.encoded(source, lengths: [count])
        var input: [Int32] = [1]
        for place in 1..<count {
            let square: Int = place * place
            input.append(Int32(3 + square % 6))
        }
        let (states, _) = model.states(
            source, sourceLengths: [count], input: IDTensor([input]), targetLengths: [count],
            context: .evaluation())
        let whole = model.logProbabilities(states)
        for (time, token) in input.enumerated() {
            let step = decoder.next([token], state: &state)
            guard time % 31 == 0 || time >= 510 else { continue }
            expectClose(
                step.logProbabilities, whole.sliced(axis: 0, time..<time + 1), "token \(time)",
                tolerance: 2e-5)
        }
    }

    /// Dropout of every kind against central differences of the loss, in a random direction.
    @Test(arguments: names)
    func gradientsWithDropoutMatchDifferences(name: String) throws {
        let golden = try Self.golden(name, dropout: 0.3)
        let context = ForwardContext.training(seed: 4, step: 9)
        let (_, gradients) = try golden.model.valueWithGradients {
            try golden.loss($0, smoothing: 0.2, context: context).loss
        }
        var slope = 0.0
        let directions = golden.model.parameters.enumerated().map { index, parameter in
            Tensor.uniform(
                parameter.tensor.shape, in: -1.0..<1.0,
                key: RandomKey(seed: 5, stream: UInt64(index)))
        }
        for (index, direction) in directions.enumerated() {
            let gradient = try #require(gradients[index])
            slope += zip(gradient.scalars, direction.scalars)
                .reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let step: Float = 1e-3
        func moved(_ factor: Float) throws -> Double {
            var model = golden.model
            var index = 0
            model.updateParameters {
                _ = $0
                $1.add(scaled: factor, directions[index])
                index += 1
            }
            return Double(
                try golden.loss(model, smoothing: 0.2, context: context).loss.scalar)
        }
        let measured = try (moved(step) - moved(-step)) / (2 * Double(step))
        #expect(abs(measured - slope) < 1e-2 * (1 + abs(slope)), "\(measured) and \(slope)")
    }

    @Test(arguments: names)
    func isKeptInAFolder(name: String) throws {
        let model = try Self.golden(name).model
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("transformer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        let read = try Transformer.load(from: folder)
        #expect(read.configuration == model.configuration)
        #expect(read.parameters.map(\.path) == model.parameters.map(\.path))
        for (a, b) in zip(read.parameters, model.parameters) {
            #expect(a.tensor.scalars == b.tensor.scalars, "\(a.path)")
        }
        let summary = try ModelFolder.summary(of: folder)
        #expect(summary.modelType == "sesame-transformer")
        #expect(summary.architectures == ["Transformer"])
        #expect(throws: ModelError.self) { try RecurrentSeq2Seq.load(from: folder) }
    }

    /// About the parameter counts that the paper gives (65 and 213 million) for a shared vocabulary of 37,000.
    @Test(arguments: [
        (TransformerSizes.base, 63), (.big, 214), (.small, 15), (.tiny, 6),
    ])
    func presetsHaveTheirPapersSizes(sizes: TransformerSizes, millions: Int) throws {
        let configuration = TransformerConfig(
            vocabularies: Seq2SeqVocabularies(
                sourceSize: 37_000, targetSize: 37_000, isShared: true, beginningID: 1, endID: 2),
            sizes: sizes)
        try configuration.validate()
        #expect(Int((configuration.approximateParameterCount / 1e6).rounded()) == millions)
    }

    @Test func configurationsAreChecked() throws {
        let changes: [(String, (inout TransformerConfig) -> Void)] = [
            ("encoder_layers is 0, expected at least 1", { $0.sizes.encoderLayerCount = 0 }),
            ("decoder_layers is 0, expected at least 1", { $0.sizes.decoderLayerCount = 0 }),
            (
                "hidden_size is 512, expected a multiple of num_attention_heads, 7",
                { $0.sizes.headCount = 7 }
            ),
            (
                "attention_dropout is 1.0, expected from 0 up to but not 1",
                { $0.attentionDropoutProbability = 1 }
            ),
            (
                "hidden_act is identity, expected one of gelu_new, gelu_pytorch_tanh, gelu_fast, "
                    + "gelu_accurate, gelu, gelu_python, relu, tanh, sigmoid",
                { $0.activation = .identity }
            ),
            ("eos_token_id is 9, expected below vocab_size, 9", { $0.vocabularies.endID = 9 }),
            (
                "source_vocab_size is 11, expected vocab_size, 9, where the vocabulary is shared",
                { $0.vocabularies.isShared = true }
            ),
        ]
        let start = TransformerConfig(
            vocabularies: Seq2SeqVocabularies(
                sourceSize: 11, targetSize: 9, beginningID: 1, endID: 2))
        for (message, change) in changes {
            var configuration = start
            change(&configuration)
            #expect {
                try configuration.validate()
            } throws: { "\($0)" == message }
        }
        let text = String(decoding: try JSONEncoder().encode(start), as: UTF8.self)
        for (found, replaced, message) in [
            (#""norm":"post""#, #""norm":"side""#, "norm is side, expected one of pre, post"),
            (
                #""position_embedding_type":"sinusoidal""#, #""position_embedding_type":"rotary""#,
                "position_embedding_type is rotary, which is not supported, expected sinusoidal"
            ),
        ] {
            let changed = text.replacingOccurrences(of: found, with: replaced)
            #expect(changed != text)
            #expect {
                try JSONDecoder().decode(TransformerConfig.self, from: Data(changed.utf8))
            } throws: { "\($0)" == message }
        }
    }
}

extension Seq2SeqGolden<Transformer> {
    fileprivate func checkEncoder(on set: String) throws {
        let (states, _) = model.encode(
            try golden.ids("source"), lengths: lengths, context: .evaluation())
        let expected = try golden("\(name)/memory")
        expectClose(states.reshaped(expected.shape), expected, "\(set), \(name): encoder")
    }

    fileprivate func checkLogits(on set: String) throws {
        let (states, sequences) = model.states(
            try golden.ids("source"), sourceLengths: lengths, input: try golden.ids("input"),
            targetLengths: targetLengths, context: .evaluation())
        let found = model.logProbabilities(states)
        let expected = try golden("\(name)/logProbabilities")
        for (row, range) in sequences.ranges.enumerated() {
            expectClose(
                found.sliced(axis: 0, range),
                expected.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<range.count)
                    .reshaped([range.count, expected.shape.last]), "\(set), \(name): target \(row)")
        }
    }
}
