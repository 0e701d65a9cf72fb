import Foundation
import SesameModels
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

extension Fixture {
    /// Sentences in which people live in places; both names are capitalised, and the verb tells which is which.
    func importNames() throws {
        let people = ["Ada", "Bob Hill", "Cleo", "Dan", "Eve Stone"]
        let places = ["Rome", "New York", "Oslo", "Lima"]
        var text = ""
        for index in 0..<60 {
            let person = people[index % 5].split(separator: " ")
            let place = places[index / 2 % 4].split(separator: " ")
            for (order, word) in person.enumerated() {
                text += "\(word) \(order == 0 ? "B" : "I")-PER\n"
            }
            text += index % 3 == 0 ? "lives O\nin O\n" : "left O\n"
            for (order, word) in place.enumerated() {
                text += "\(word) \(order == 0 ? "B" : "I")-LOC\n"
            }
            text += ". O\n\n"
        }
        let file = folder.url.appendingPathComponent("names.conll")
        try Data(text.utf8).write(to: file)
        try workspace.importCorpus(
            name: "names",
            from: CorpusSource(.suggested(forPath: file.path), paths: [file.path]))
    }
}

struct TaggerRecipeTests {
    private var options: TaggerOptions {
        var options = TaggerOptions()
        options.embeddingSize = 12
        options.hiddenSize = 16
        options.training.batchSize = 8
        options.training.limit = .epochs(12)
        options.training.learningRate = 1e-2
        return options
    }

    private func train(
        _ fixture: Fixture, _ name: String, _ options: TaggerOptions
    ) throws -> RecipeResult {
        try finetuneTagger(
            workspace: fixture.workspace, corpus: "names", options: options,
            output: fixture.model(name))
    }

    @Test(arguments: [(true, TaggingScheme.bio), (true, .bioes), (false, .bio)])
    func fromSentencesToTags(_ usesCRF: Bool, _ scheme: TaggingScheme) throws {
        let fixture = try Fixture()
        try fixture.importNames()
        var options = options
        options.usesCRF = usesCRF
        options.scheme = scheme
        let result = try train(fixture, "tagger", options)
        #expect(result.summary.metrics[MetricName.entityF1] == 1)
        #expect(result.record.task == .tagging)
        let folder = fixture.model("tagger").folder
        let tagger = try TextTagger(modelFolder: folder)
        let tags = try tagger.tags(of: [
            ["Cleo", "left", "New", "York", "."], [], ["Bob", "Hill", "lives", "in", "Oslo", "."],
        ])
        #expect(
            tags == [
                ["B-PER", "O", "B-LOC", "I-LOC", "O"], [],
                ["B-PER", "I-PER", "O", "O", "B-LOC", "O"],
            ])
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "names", split: .train)
        #expect(report.entities?.total.f1 == 1 && report.task == .tagging)
        #expect(try ModelInfo(folder).modelType == "sesame-tagger")
        #expect(throws: TrainingError.self) { try TextClassifier(modelFolder: folder) }
    }

    @Test func changedSentencesResumeToTheSameBits() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        var options = options
        options.training.limit = .steps(14)
        options.augmentation.swap = 0.2
        options.augmentation.tokenDropout = 0.1
        try fixture.expectTheSameBits(stoppingAfter: 6) { output, onEvent, shouldStop in
            try finetuneTagger(
                workspace: fixture.workspace, corpus: "names", options: options, output: output,
                onEvent: onEvent, shouldStop: shouldStop)
        }
    }

    @Test func vectorsInContextAreMixedAndTravelWithTheModel() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        let bert = BERT(
            BERTConfig(
                vocabularySize: try fixture.wordPiece.vocabulary.count, maxSequenceLength: 6,
                hiddenSize: 8, layerCount: 2, headCount: 2, feedForwardSize: 16),
            key: RandomKey(seed: 3))
        let base = try fixture.save(bert, as: "bert")
        var options = options
        options.vectors = .model(base.path)
        options.embeddingSize = 0
        let result = try train(fixture, "context", options)
        let metrics = result.summary.metrics
        let shares = (0..<3).compactMap { metrics[MetricName.layerShare($0)] }
        #expect(shares.count == 3 && abs(shares.reduce(0, +) - 1) < 1e-5)
        #expect(metrics[MetricName.layerScale] != nil && metrics[MetricName.layerScale] != 1)
        // The model that gives the vectors is part of the folder.
        try FileManager.default.removeItem(at: base)
        let folder = fixture.model("context").folder
        let tagger = try TextTagger(modelFolder: folder)
        #expect(tagger.tagger?.embedding == nil && tagger.tagger?.mix != nil)
        #expect(try tagger.tags(of: [["Ada", "left", "Rome", "."]]).first?.count == 4)
        try FileManager.default.removeItem(at: folder.appendingPathComponent("context"))
        #expect(throws: TrainingError.self) { try TextTagger(modelFolder: folder) }
        // Neither a classifier nor a file of nothing gives vectors.
        options.vectors = .model(fixture.folder.url.path)
        #expect(throws: TrainingError.self) { try train(fixture, "none", options) }
    }

    @Test func wordsOfOtherSplitsHaveVectorsOfAFile() throws {
        let fixture = try Fixture()
        try fixture.importNames()
        try fixture.workspace.split(
            corpus: "names", validation: 0.2, test: 0.2, method: .shuffled(seed: 3))
        let file = fixture.folder.url.appendingPathComponent("vectors.txt")
        try Data("lives 1 2\nleft 2 1\nada 3 3\n".utf8).write(to: file)
        var options = options
        options.vectors = .file(file.path)
        options.training.freezesEmbeddings = true
        options.training.limit = .steps(3)
        _ = try train(fixture, "file", options)
        let tagger = try TextTagger(modelFolder: fixture.model("file").folder)
        let id = try #require(tagger.tokenizer.id(of: "Ada"))
        let row = try #require(tagger.tagger?.embedding).weight
            .sliced(axis: 0, Int(id)..<Int(id) + 1)
        #expect(row.scalars == [3, 3])
    }

    @Test func tagsOfOtherKindsAreTold() throws {
        let fixture = try Fixture()
        let file = fixture.folder.url.appendingPathComponent("words.conll")
        try Data(
            (0..<30).map { $0 % 2 == 0 ? "the DT\ncat NN\nsat VB\n\n" : "a DT\ndog NN\nran VB\n\n" }
                .joined().utf8
        ).write(to: file)
        try fixture.workspace.importCorpus(
            name: "names",
            from: CorpusSource(.conll(TaggedColumns(scheme: nil)), paths: [file.path]))
        let result = try train(fixture, "pos", options)
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
        #expect(result.summary.metrics[MetricName.entityF1] == nil)
        let tagger = try TextTagger(modelFolder: fixture.model("pos").folder)
        #expect(try tagger.tags(of: [["a", "cat", "ran"]]) == [["DT", "NN", "VB"]])
    }

    @Test func untaggedDocumentsAreRefused() throws {
        let fixture = try Fixture()
        try fixture.importReviews()
        let error = #expect(throws: TrainingError.self) {
            try finetuneTagger(
                workspace: fixture.workspace, corpus: "reviews", output: fixture.model("x"))
        }
        #expect(error?.code == .badLabel)
    }
}
