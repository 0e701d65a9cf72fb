import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameText
import SesameTraining
import SesameVectors
import Testing

/// Models whose token vectors begin with those of a file.
@Suite struct InitialVectorTests {
    enum Kind: String, CaseIterable { case gpt, bert, rnn, nnlm }

    private static let words = ["the", "cat", "mouse", "saw", "##s", "[MASK]", "nothing"]
    private static let size = 8

    /// A file of vectors drawn from a seed, one a word.
    private static func file(
        in folder: TemporaryFolder, words: [String] = words, size: Int = size,
        name: String = "vectors"
    ) throws -> (path: String, table: VectorTable) {
        var generator = RandomGenerator(seed: 4)
        let table = try VectorTable(
            words: words,
            vectors: words.map { _ in
                (0..<size).map { _ in Float(generator.next(below: 2000)) / 1000 - 1 }
            })
        let url = folder.url.appendingPathComponent(name)
        try table.save(to: url, as: .word2vecBinary)
        return (url.path, table)
    }

    private static func training(_ base: TrainingOptions) -> TrainingOptions {
        var training = base
        training.batchSize = 4
        training.limit = .steps(6)
        training.weightDecay = 0.1
        return training
    }

    /// Trains a model that begins with vectors, and gives its table.
    private static func train(
        _ kind: Kind, in fixture: Fixture, vectors: InitialVectors?, output: ModelOutput,
        size: Int = size, stopAfter: Int = .max, notes: (String) -> Void = { _ in }
    ) throws -> Tensor? {
        let tokenizer = try fixture.wordPiece
        var steps = 0
        let onEvent: (TrainerEvent) throws -> Void = { event in
            if case .step = event { steps += 1 }
            if case .note(let line) = event { notes(line) }
        }
        let shouldStop = { steps >= stopAfter }
        switch kind {
        case .gpt:
            var options = GPTPretrainingOptions()
            (options.hiddenSize, options.layerCount, options.headCount) = (size, 1, 2)
            options.contextLength = 8
            options.vectors = vectors
            options.training = training(options.training)
            let result = try pretrainGPT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
                options: options, output: output, onEvent: onEvent, shouldStop: shouldStop)
            guard let folder = result.modelFolder else { return nil }
            return try TrainedModelFolder(folder).load(GPT.self).tokenEmbedding.weight
        case .bert:
            var options = BERTPretrainingOptions()
            (options.hiddenSize, options.layerCount, options.headCount) = (size, 1, 2)
            options.maxLength = 24
            options.vectors = vectors
            options.training = training(options.training)
            let result = try pretrainBERT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
                options: options, output: output, onEvent: onEvent, shouldStop: shouldStop)
            guard let folder = result.modelFolder else { return nil }
            let model = try TrainedModelFolder(folder).load(BERTForPretraining.self)
            // All else learns, positions among it.
            #expect(model.outputBias.scalars.contains { $0 != 0 })
            return model.bert.tokenEmbedding.weight
        case .rnn:
            var options = RNNPretrainingOptions()
            (options.hiddenSize, options.tiesEmbeddings) = (size, true)
            options.vectors = vectors
            options.training = training(options.training)
            let result = try pretrainRNN(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
                options: options, output: output, onEvent: onEvent, shouldStop: shouldStop)
            guard let folder = result.modelFolder else { return nil }
            return try TrainedModelFolder(folder).load(RNNLanguageModel.self).tokenEmbedding.weight
        case .nnlm:
            var options = NNLMPretrainingOptions()
            options.vectors = vectors
            options.training = training(options.training)
            let result = try pretrainNNLM(
                workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
                options: options, output: output, onEvent: onEvent, shouldStop: shouldStop)
            guard let folder = result.modelFolder else { return nil }
            let model = try TrainedModelFolder(folder).load(NNLM.self)
            // The row behind the tokens stands for "nothing".
            let count = tokenizer.vocabulary.count
            #expect(model.tokenEmbedding.count == count + 1)
            return model.tokenEmbedding.weight.sliced(axis: 0, 0..<count)
        }
    }

    private static func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

    /// Also after a stop and a resume.
    @Test(arguments: Kind.allCases)
    func frozenVectorsStayBitForBit(_ kind: Kind) throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let tokenizer = try fixture.wordPiece
        let (path, table) = try Self.file(in: fixture.folder)
        let vectors = InitialVectors(path, isFrozen: true)
        let expected = try WordVectorTable(URL(fileURLWithPath: path), for: tokenizer)
        var notes: [String] = []
        var output = fixture.model("frozen")
        let stopped = try Self.train(
            kind, in: fixture, vectors: vectors, output: output, stopAfter: 3
        ) { notes.append($0) }
        #expect(stopped == nil)
        let count = tokenizer.vocabulary.count
        #expect(
            notes == ["Word vectors: 5 of \(count) tokens have one of 8 values in \(path)."])
        output.resuming = true
        // Other vectors, or the same to be trained further, are another run's.
        #expect(throws: TrainingError.self) {
            try Self.train(kind, in: fixture, vectors: InitialVectors(path), output: output)
        }
        let found = try #require(
            try Self.train(kind, in: fixture, vectors: vectors, output: output))
        for word in ["the", "cat", "mouse", "saw", "[MASK]"] {
            let id = Int(try #require(tokenizer.vocabulary.id(of: word)))
            let row = try #require(table.vector(of: word))
            let range = id * Self.size..<(id + 1) * Self.size
            #expect(Self.bits(Array(found.scalars[range])) == Self.bits(row), "\(word)")
        }
        // Tokens without a vector begin at random, and stay so too: a whole run gives the same table.
        let whole = try #require(
            try Self.train(kind, in: fixture, vectors: vectors, output: fixture.model("whole")))
        #expect(Self.bits(whole.scalars) == Self.bits(found.scalars))
        #expect(expected.foundCount == 5)
        let piece = Int(try #require(tokenizer.vocabulary.id(of: "##s")))
        #expect(!expected.isFound[piece])
    }

    @Test(arguments: Kind.allCases)
    func otherVectorsLearn(_ kind: Kind) throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let tokenizer = try fixture.wordPiece
        let (path, table) = try Self.file(in: fixture.folder)
        let found = try #require(
            try Self.train(
                kind, in: fixture, vectors: InitialVectors(path), output: fixture.model("free")))
        let id = Int(try #require(tokenizer.vocabulary.id(of: "saw")))
        let row = Array(found.scalars[id * Self.size..<(id + 1) * Self.size])
        let begin = try #require(table.vector(of: "saw"))
        #expect(row != begin)
        #expect(zip(row, begin).allSatisfy { abs($0 - $1) < 0.1 })
    }

    @Test(arguments: [Kind.gpt, .bert, .rnn])
    func vectorsOfAnotherWidthAreRefused(_ kind: Kind) throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let (path, _) = try Self.file(in: fixture.folder, size: 6)
        let error = #expect(throws: TrainingError.self) {
            try Self.train(
                kind, in: fixture, vectors: InitialVectors(path), output: fixture.model("wide"))
        }
        #expect(error?.code == .file)
        #expect(
            error?.description
                == "\(path): expected vectors of 8 values, as wide as the model's tokens, found 6; make "
                + "the model 6 wide, or use vectors of 8")
    }

    @Test func aModelThatIsTrainedFurtherHasVectorsAlready() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let (path, _) = try Self.file(in: fixture.folder)
        let output = fixture.model("first")
        _ = try Self.train(.bert, in: fixture, vectors: nil, output: output)
        var options = BERTPretrainingOptions()
        options.vectors = InitialVectors(path)
        let error = #expect(throws: TrainingError.self) {
            try pretrainBERT(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                from: output.folder, options: options, output: fixture.model("second"))
        }
        #expect(error?.code == .invalidOption)
    }

    @Test func unknownParametersCannotBeFrozen() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        var options = RNNPretrainingOptions()
        options.training.frozenParameters = ["output.bias", "no.such"]
        let error = #expect(throws: TrainingError.self) {
            try pretrainRNN(
                workspace: fixture.workspace, corpus: "stories", tokenizer: fixture.wordPiece,
                options: options, output: fixture.model("rnn"))
        }
        #expect(error?.description.contains("no.such") == true)
    }

    /// Pieces that begin a word in byte-level BPE have a space in front, and those that go on with one nothing.
    @Test func byteLevelTokensAreWordsWithTheirSpace() throws {
        let folder = try TemporaryFolder()
        let words = ["Ġthe", "the", "Ġna", "ĠnaÃ¯ve", "!", "Ġ", "Ã", "Ġ7", "<end>"]
        let tokenizer = try Tokenizer.byteLevelBPE(
            vocabulary: Vocabulary(tokens: words), merges: [],
            specialTokens: SpecialTokens(end: "<end>"))
        let (path, _) = try Self.file(
            in: folder, words: ["the", "na", "naïve", "!", "7", "<end>", "Ġ"])
        let table = try WordVectorTable(URL(fileURLWithPath: path), for: tokenizer)
        #expect(table.isFound == [true, false, true, true, true, false, false, true, true])
    }
}
