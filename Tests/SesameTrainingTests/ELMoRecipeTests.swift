import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// An ELMo from a corpus to a folder, further training, and what is done with it.
struct ELMoRecipeTests {
    private static func options(_ steps: Int, samples: Int) -> ELMoPretrainingOptions {
        var options = ELMoPretrainingOptions()
        options.hiddenSize = 24
        options.projectionSize = 12
        options.filters = [.init(width: 1, count: 8), .init(width: 3, count: 16)]
        options.sampleCount = samples
        options.dropoutProbability = 0
        options.training.batchSize = 16
        options.training.limit = .steps(steps)
        options.training.learningRate = 0.02
        options.training.precision = .float32
        return options
    }

    private static func words(_ fixture: Fixture) throws -> Tokenizer {
        let words = ["[UNK]", "the", "saw", ".", "cat", "mouse", "milk", "ship", "wind", "sea"]
        return try .word(
            vocabulary: Vocabulary(
                tokens: words + ["king", "crown", "gold", "tree", "leaf", "bird"]),
            normalizer: CaseNormalizer(.lower),
            specialTokens: SpecialTokens(unknown: "[UNK]"))
    }

    @Test(
        "Both directions learn the made-up language, with sampled words or all", arguments: [0, 6])
    func pretraining(_ samples: Int) throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let tokenizer = try Self.words(fixture)
        let result = try pretrainELMo(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
            options: Self.options(120, samples: samples), output: fixture.model("elmo"))
        let metrics = result.summary.metrics
        // "The A saw the B." is a choice of 12 words and one of 3; all else is certain.
        let best = (log(12.0) + log(3.0)) / 7
        #expect(try #require(metrics[MetricName.loss]) < best + 0.3)
        for name in [MetricName.forwardPerplexity, MetricName.backwardPerplexity] {
            #expect(try #require(metrics[name]) < exp(best + 0.3))
        }
        let folder = try #require(result.modelFolder)
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "stories", split: .train)
        #expect(report.task == .bidirectionalLanguageModel)
        #expect(try #require(report.metrics[MetricName.perplexity]) < exp(best + 0.3))
        #expect(try ModelInfo(folder).modelType == "sesame-elmo")

        let encoder = try WordEncoder(modelFolder: folder)
        #expect(encoder.words(of: "The cat, unseen!") == ["The", "cat", ",", "unseen", "!"])
        let sentences = [["the", "cat"], [], ["the", "mouse", "saw"]]
        let vectors = encoder.vectors(for: sentences)
        #expect(vectors.map { Array($0.shape) } == [[2, 24], [0, 24], [3, 24]])
        let layers = encoder.layers(for: sentences)
        #expect(layers.map(\.count) == [3, 3, 3])
        let lengths = encoder.textVectors(for: ["The cat saw.", ""]).map { vector in
            vector.reduce(0) { $0 + $1 * $1 }
        }
        #expect(abs(lengths[0] - 1) < 1e-5 && lengths[1] == 0)
    }

    @Test("A loaded model is trained further, with its own tokenizer only")
    func furtherTraining() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let tokenizer = try Self.words(fixture)
        let first = try pretrainELMo(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
            options: Self.options(20, samples: 0), output: fixture.model("first"))
        let folder = try #require(first.modelFolder)
        var options = Self.options(20, samples: 0)
        options.hiddenSize = 7  // the folder's sizes count
        let second = try pretrainELMo(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer, from: folder,
            options: options, output: fixture.model("second"))
        #expect(second.record.baseModel == "first")
        #expect(second.record.parameterCount == first.record.parameterCount)
        let (a, b) = (
            try #require(first.summary.metrics[MetricName.loss]),
            try #require(second.summary.metrics[MetricName.loss])
        )
        #expect(b < a)
        #expect(throws: TrainingError.self) {
            try pretrainELMo(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                from: folder, options: options, output: fixture.model("third"))
        }
    }

    @Test(
        "Vectors are computed once, kept in the workspace, and those of the words in their sentences"
    )
    func precomputedVectors() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let trained = try pretrainELMo(
            workspace: fixture.workspace, corpus: "stories", tokenizer: Self.words(fixture),
            options: Self.options(2, samples: 0), output: fixture.model("elmo"))
        let folder = try #require(trained.modelFolder)
        try fixture.workspace.importCorpus(
            name: "two", documents: [NewDocument("the cat saw ."), NewDocument("a bird!")])
        let store = try PrecomputedVectors(workspace: fixture.workspace, modelFolder: folder)
        #expect(try store.compute(corpus: "two") == 2)
        #expect(try store.compute(corpus: "two") == 0)
        #expect(try store.count(corpus: "two") == 2)
        let cursor = try fixture.workspace.documents(corpus: "two")
        let documents = try cursor.nextBatch()
        let layers = try store.layers(of: documents)
        #expect(
            layers.map { $0.map { Array($0.shape) } } == [
                [[4, 24], [4, 24], [4, 24]], [[3, 24], [3, 24], [3, 24]],
            ])
        let direct = store.encoder.layers(for: [["the", "cat", "saw", "."], ["a", "bird", "!"]])
        #expect(layers.map { $0.map(\.scalars) } == direct.map { $0.map(\.scalars) })
        let spaces = try PrecomputedVectors(
            workspace: fixture.workspace, modelFolder: folder, words: .spaces)
        #expect(try spaces.count(corpus: "two") == 0)
        #expect(try spaces.layers(of: documents)[1][0].shape == [2, 24])
        try fixture.workspace.deleteVectors(corpus: "two")
        #expect(try store.count(corpus: "two") == 0)
    }

    @Test("The same seed gives the same model at any number of batches asked for before")
    func batchesAreAddressable() throws {
        var sentences = WordSentences()
        let fixture = try Fixture()
        let tokenizer = try Self.words(fixture)
        for text in ["The cat saw the mouse.", "", "A bird!", "the the the the the"] {
            sentences.append(
                text, tokenizer.encode(text, addSpecialTokens: false), maxLength: 3)
        }
        #expect(sentences.lengths == [3, 3, 3, 3, 2])
        #expect(sentences.spellings.contains(Array("The".utf8)))
        #expect(sentences[0].map { sentences.ids[$0] } == [1, 4, 2])
        var data = try BidirectionalDataset(
            sentences: sentences, batchSize: 2, maxWordBytes: 50, seed: 3)
        #expect(data.batchCount(inEpoch: 0) == 3)
        let late = data.batch(at: DataCursor(epoch: 1, batch: 2))
        _ = data.batch(at: DataCursor(epoch: 0, batch: 0))
        let again = data.batch(at: DataCursor(epoch: 1, batch: 2))
        #expect(late.words.words == again.words.words && late.classes == again.classes)
    }
}
