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

    static func golden(_ name: String) throws -> Seq2SeqGolden<RecurrentSeq2Seq> {
        let configuration = RecurrentSeq2SeqConfig(
            vocabularies: Seq2SeqVocabularies(
                sourceSize: 11, targetSize: 9, beginningID: 1, endID: 2),
            embeddingSize: 5, encoderSize: 4,
            hiddenSize: 8, layerCount: name == "bilinear" ? 2 : 1,
            cell: ["plain", "dot"].contains(name) ? .gru : .lstm,
            attention: StateAttention.Kind(rawValue: name == "feeding" ? "bilinear" : name),
            inputFeeding: name == "feeding",
            tiesEmbeddings: ["plain", "bilinear", "feeding"].contains(name), dropoutProbability: 0)
        return try Seq2SeqGolden(
            name, of: "seq2seq",
            RecurrentSeq2Seq(configuration: configuration, key: RandomKey(seed: 1)))
    }

    @Test(arguments: InstructionSet.available)
    func matchesPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            for model in Seq2SeqTests.names {
                let golden = try Seq2SeqTests.golden(model)
                try golden.checkGradients(on: name)
                try golden.checkSteps(on: name)
                try golden.checkDecoding(on: name)
            }
        }
    }

    @Test(arguments: names)
    func isTheSameForEachThreadCount(name: String) async {
        await #expect(processExitsWith: .success) { [name = name as String] in
            try Seq2SeqTests.golden(name).checkThreads()
        }
    }

    @Test(arguments: names)
    func paddingChangesNothing(name: String) throws { try Self.golden(name).checkPadding() }

    @Test(arguments: names)
    func greedySearchSaysTheLikeliestTokens(name: String) throws {
        try Self.golden(name).checkGreedySearch()
    }

    @Test(arguments: names, [nil, "shared"])
    func isKeptInAFolder(name: String, vocabulary: String?) throws {
        var configuration = try Self.golden(name).model.configuration
        if vocabulary != nil {
            configuration.vocabularies.sourceSize = configuration.vocabularies.targetSize
            configuration.vocabularies.isShared = true
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
            ("eos_token_id is 9, expected below vocab_size, 9", { $0.vocabularies.endID = 9 }),
            (
                "hidden_size is 512, expected twice encoder_size, 6, for dot attention",
                {
                    $0.encoderSize = 3
                    $0.attention = .dot
                }
            ),
            (
                "source_vocab_size is 11, expected vocab_size, 9, where the vocabulary is shared",
                { $0.vocabularies.isShared = true }
            ),
        ]
        for (message, change) in changes {
            var configuration = RecurrentSeq2SeqConfig(
                vocabularies: Seq2SeqVocabularies(
                    sourceSize: 11, targetSize: 9, beginningID: 1, endID: 2))
            change(&configuration)
            #expect {
                try configuration.validate()
            } throws: { "\($0)" == message }
        }
    }
}
