import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// Windows over long sequences, by hand.
struct WindowTests {
    struct Case: Sendable {
        let sizes: [Int]
        let room: Int
        let overlap: Int
        let windows: [Range<Int>]
    }

    static let cases = [
        Case(sizes: [], room: 4, overlap: 1, windows: []),
        Case(sizes: [2, 1, 1], room: 4, overlap: 1, windows: [0..<3]),
        Case(sizes: [1, 1, 1, 1, 1, 1], room: 4, overlap: 2, windows: [0..<4, 2..<6]),
        Case(sizes: [1, 1, 1, 1, 1, 1], room: 4, overlap: 0, windows: [0..<4, 4..<6]),
        // After 0..<2 the three pieces of the third word leave room for two, of which one word fits the overlap.
        Case(
            sizes: [2, 1, 3, 1, 2, 2], room: 5, overlap: 2, windows: [0..<2, 1..<4, 3..<6]),
        // A word that fills a window stands alone.
        Case(sizes: [1, 4, 1, 1], room: 4, overlap: 2, windows: [0..<1, 1..<2, 2..<4]),
        Case(sizes: [4, 4, 4], room: 4, overlap: 3, windows: [0..<1, 1..<2, 2..<3]),
    ]

    @Test(arguments: cases)
    func windowsOfWords(_ test: Case) {
        #expect(
            Windows.ofWords(sizes: test.sizes, room: test.room, overlap: test.overlap)
                == test.windows)
    }

    @Test func everyWordIsInAWindow() {
        var generator = RandomGenerator(seed: 4)
        for _ in 0..<300 {
            let room = 1 + generator.next(below: 12)
            let sizes = (0..<generator.next(below: 40)).map { _ in
                1 + generator.next(below: room)
            }
            let windows = Windows.ofWords(
                sizes: sizes, room: room, overlap: generator.next(below: room))
            #expect(Set(windows.joined()) == Set(sizes.indices))
            #expect(windows.allSatisfy { sizes[$0].reduce(0, +) <= room })
            for (first, second) in zip(windows, windows.dropFirst()) {
                #expect(first.lowerBound < second.lowerBound)
                #expect(first.upperBound < second.upperBound)
                #expect(second.lowerBound <= first.upperBound)
            }
        }
    }

    @Test(arguments: [(5, 0), (6, 0), (7, 0), (8, 1), (12, 1), (0, 0), (14, 1)])
    func theWindowThatSeesMost(_ place: Int, _ window: Int) {
        // At 7 both see two places on the poorer side: the first one it is.
        #expect(Windows.best(of: [0..<10, 5..<15], at: place) == window)
    }

    @Test func aLongerWindowIsALittleBetter() {
        #expect(Windows.best(of: [0..<4, 2..<12], at: 3) == 1)
        #expect(Windows.best(of: [0..<4, 3..<12], at: 3) == 1, "nothing on either's poorer side")
    }
}

struct EncoderTaggerTests {
    private static let words = [
        "ada", "bob", "hill", "cl", "##eo", "dan", "eve", "stone", "rome", "new", "york", "os",
        "##l", "##o", "lima", "lives", "in", "left", ".",
    ]

    private var tokenizer: Tokenizer {
        get throws {
            try .wordPiece(
                vocabulary: Vocabulary(tokens: SpecialTokens.bert.all + Self.words),
                lowercase: true)
        }
    }

    /// A BERT of six positions, of which special tokens take two: longer sentences are read in windows.
    private func makeBase(_ fixture: Fixture, positions: Int = 6) throws -> URL {
        try fixture.save(
            BERTForPretraining(
                BERTConfig(
                    vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: positions,
                    hiddenSize: 16, layerCount: 1, headCount: 2, feedForwardSize: 32,
                    initializerDeviation: 0.1), key: RandomKey(seed: 3)),
            as: "base", tokenizer: tokenizer)
    }

    private var options: EncoderTaggerOptions {
        var options = EncoderTaggerOptions()
        options.finetuning.dropoutProbability = 0
        options.finetuning.keepsBest = false
        options.finetuning.training.batchSize = 8
        options.finetuning.training.limit = .epochs(12)
        options.finetuning.training.learningRate = 1e-2
        options.finetuning.training.precision = .float32
        return options
    }

    @Test func piecesAndPlacesByHand() throws {
        let tokenizer = try tokenizer
        func ids(_ tokens: String...) -> [Int32] { tokens.map { tokenizer.id(of: $0) ?? -1 } }
        let encoder = try PieceEncoder(
            tokenizer: tokenizer, tags: ["B-LOC", "B-PER", "O"], maxLength: 6)
        let examples = try encoder.encode([
            TaggedSentence(["Cleo", "left"], tags: ["B-PER", "O"]),
            // Pieces: 2 1 1 3 1; windows of four pieces that share one.
            TaggedSentence(
                ["Cleo", "lives", "in", "Oslo", "."], tags: ["B-PER", "O", "O", "B-LOC", "O"]),
            TaggedSentence([]),
            TaggedSentence(["\u{200B}", "Zürich"]),
        ])
        #expect(examples[0].windows == [ids("[CLS]", "cl", "##eo", "left", "[SEP]")])
        #expect(examples[0].places.map { [$0.window, $0.position] } == [[0, 1], [0, 3]])
        #expect(examples[0].tags == [1, 2])
        #expect(
            examples[1].windows == [
                ids("[CLS]", "cl", "##eo", "lives", "in", "[SEP]"),
                ids("[CLS]", "in", "os", "##l", "##o", "[SEP]"),
                ids("[CLS]", ".", "[SEP]"),
            ])
        // "in" has nothing behind it in the first window and nothing before it in the second.
        #expect(
            examples[1].places.map { [$0.window, $0.position] }
                == [[0, 1], [0, 3], [0, 4], [1, 2], [2, 1]])
        #expect(examples[2].windows == [ids("[CLS]", "[SEP]")] && examples[2].places.isEmpty)
        // What has no piece, and what the vocabulary lacks, is unknown, but has a place.
        #expect(examples[3].windows == [ids("[CLS]", "[UNK]", "[UNK]", "[SEP]")])
        #expect(examples[3].tags == [-1, -1])

        let input = PieceExample.input(of: examples)
        #expect(input.ids.shape == [6, 6] && input.lengths == [2, 5, 0, 2])
        #expect(input.places.shape == [4, 5])
        // Window · 6 + position; the first sentence has window 0, the second 1 to 3, the empty one 4.
        let places: [Int32] = [
            1, 3, 0, 0, 0,
            7, 9, 10, 14, 19,
            0, 0, 0, 0, 0,
            31, 32, 0, 0, 0,
        ]
        #expect(input.places.scalars == places)
        let error = #expect(throws: TrainingError.self) {
            try encoder.encode([TaggedSentence(["Ada"], tags: ["B-ORG"])])
        }
        #expect(error?.code == .badLabel)
    }

    @Test(
        arguments: [(false, TaggingScheme.bio), (false, .io), (true, .bioes)])
    func fromSentencesToTags(_ usesCRF: Bool, _ scheme: TaggingScheme) throws {
        let fixture = try Fixture()
        try fixture.importNames()
        var options = options
        options.usesCRF = usesCRF
        options.scheme = scheme
        let folder = fixture.model("tagger").folder
        let result = try finetuneTagger(
            workspace: fixture.workspace, corpus: "names", from: makeBase(fixture),
            options: options, output: fixture.model("tagger"))
        #expect(result.summary.metrics[MetricName.entityF1] == 1)
        #expect(result.record.task == .tagging && result.record.baseModel == "base")
        let tagger = try TextTagger(modelFolder: folder)
        #expect(tagger.encoder?.configuration.usesCRF == usesCRF && tagger.tagger == nil)
        let tags = try tagger.tags(of: [
            ["Cleo", "left", "New", "York", "."], [],
            ["Bob", "Hill", "lives", "in", "Oslo", ".", "Dan", "left", "Rome", "."],
        ])
        #expect(
            tags == [
                ["B-PER", "O", "B-LOC", "I-LOC", "O"], [],
                ["B-PER", "I-PER", "O", "O", "B-LOC", "O", "B-PER", "O", "B-LOC", "O"],
            ])
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "names", split: .train)
        #expect(report.entities?.total.f1 == 1 && report.task == .tagging)
        let info = try ModelInfo(folder)
        #expect(info.modelType == "bert" && info.architecture == "BertForTokenClassification")
        #expect(throws: TrainingError.self) { try TextClassifier(modelFolder: folder) }

        // Exported and read as somebody else's model, without the record of its training.
        let exported = fixture.folder.url.appendingPathComponent("exported")
        try exportModel(from: folder, to: exported)
        #expect(
            try TextTagger(modelFolder: exported).tags(of: [["Ada", "lives", "in", "Rome", "."]])
                == [["B-PER", "O", "O", "B-LOC", "O"]])
        // The encoder of a tagger serves as one, and learns other things.
        #expect(try BERT.load(from: folder).pooler == nil)
    }

    @Test func anEncoderAlone() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        expectInvalid(options, [{ $0.finetuning.augmentation.swap = 0.5 }]) { try $0.validate() }
        let gpt = try fixture.save(
            GPT(
                GPTConfig(
                    vocabularySize: tokenizer.vocabulary.count, maxSequenceLength: 8,
                    hiddenSize: 8, layerCount: 1, headCount: 1), key: RandomKey(seed: 1)),
            as: "gpt", tokenizer: tokenizer)
        let other = #expect(throws: TrainingError.self) {
            try finetuneTagger(
                workspace: fixture.workspace, corpus: "names", from: gpt,
                options: options, output: fixture.model("x"))
        }
        #expect(other?.code == .badModelFolder)
    }

    /// A model that has learned nearly nothing begins entities inside others; how such words count is one definition.
    @Test func theFiguresOfTrainingAreThoseOfEvaluation() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        try fixture.workspace.split(
            corpus: "names", validation: 0.4, method: .contiguous(cutting: false))
        var options = options
        options.finetuning.training.limit = .steps(2)
        let result = try finetuneTagger(
            workspace: fixture.workspace, corpus: "names", from: makeBase(fixture),
            options: options, output: fixture.model("tagger"))
        let report = try evaluate(
            modelFolder: fixture.model("tagger").folder, workspace: fixture.workspace,
            corpus: "names")
        let name = MetricName.accuracy
        #expect(report.metrics[name] == result.summary.metrics[name])
        #expect(report.metrics[name].map { $0 < 1 } == true)
    }

    @Test func resumesToTheSameBits() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        let base = try makeBase(fixture)
        var options = options
        options.finetuning.dropoutProbability = 0.1
        options.finetuning.training.limit = .steps(10)
        try fixture.expectTheSameBits(stoppingAfter: 4) { output, onEvent, shouldStop in
            try finetuneTagger(
                workspace: fixture.workspace, corpus: "names", from: base, options: options,
                output: output, onEvent: onEvent, shouldStop: shouldStop)
        }
    }
}
