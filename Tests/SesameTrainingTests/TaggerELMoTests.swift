import Foundation
import SesameModels
import SesameStore
import SesameText
import SesameTraining
import Testing

/// A tagger and a classifier on an ELMo's vectors.
struct TaggerELMoTests {
    private func pretrained(_ fixture: Fixture) throws -> URL {
        try fixture.importStories()
        var options = ELMoPretrainingOptions()
        options.hiddenSize = 16
        options.projectionSize = 6
        options.filters = [.init(width: 1, count: 4), .init(width: 3, count: 8)]
        options.sampleCount = 0
        options.training.batchSize = 16
        options.training.limit = .steps(10)
        let tokenizer = try Tokenizer.word(
            vocabulary: Vocabulary(tokens: ["[UNK]", "the", "saw", ".", "cat", "ship", "king"]),
            specialTokens: SpecialTokens(unknown: "[UNK]"))
        let result = try pretrainELMo(
            workspace: fixture.workspace, corpus: "stories", tokenizer: tokenizer,
            options: options, output: fixture.model("elmo"))
        return try #require(result.modelFolder)
    }

    @Test func layersAreMixedAndSentencesKeepTheirPlaces() throws {
        let fixture = try Fixture()
        let elmo = try pretrained(fixture)
        let people = ["Ada", "Bob", "Cleo"]
        let text = (0..<40).map { index in
            "\(people[index % 3]) B-PER\n" + (index % 2 == 0 ? "lives O\nin O\n" : "left O\n")
                + "\(["Rome", "Oslo"][index / 2 % 2]) B-LOC\n\n"
        }.joined()
        let file = fixture.folder.url.appendingPathComponent("names.conll")
        try Data(text.utf8).write(to: file)
        try fixture.workspace.importCorpus(
            name: "names",
            from: CorpusSource(.suggested(forPath: file.path), paths: [file.path]))
        var options = TaggerOptions()
        options.vectors = .model(elmo.path)
        options.embeddingSize = 0
        options.usesCharacters = false
        options.hiddenSize = 16
        options.training.batchSize = 8
        options.training.limit = .epochs(15)
        options.training.learningRate = 1e-2
        let result = try finetuneTagger(
            workspace: fixture.workspace, corpus: "names", options: options,
            output: fixture.model("tagger"))
        #expect(result.summary.metrics[MetricName.entityF1] == 1)
        let shares = (0..<3).compactMap { result.summary.metrics[MetricName.layerShare($0)] }
        #expect(shares.count == 3 && abs(shares.reduce(0, +) - 1) < 1e-5)

        // ELMo's folder is not needed any more, and sentences of any order and length come out as they went in.
        try FileManager.default.removeItem(at: elmo)
        let tagger = try TextTagger(modelFolder: fixture.model("tagger").folder)
        let sentences = [
            ["Bob", "lives", "in", "Oslo"], [], ["Ada"], ["Cleo", "left", "Rome"],
            ["Ada", "left", "Oslo", "Bob", "lives", "in", "Rome"],
        ]
        let together = try tagger.tags(of: sentences)
        #expect(together == (try sentences.map { try tagger.tags(of: [$0])[0] }))
        #expect(together[0] == ["B-PER", "O", "O", "B-LOC"])
    }

    @Test func aClassifierTakesThemToo() throws {
        let fixture = try Fixture()
        let elmo = try pretrained(fixture)
        try fixture.importReviews()
        var options = TextCNNOptions()
        options.vectors = .model(elmo.path)
        options.embeddingSize = 0
        options.filterCount = 8
        options.widths = [1, 2]
        options.training.batchSize = 16
        options.training.limit = .epochs(2)
        let words = try Tokenizer.word(
            vocabulary: Vocabulary(tokens: SpecialTokens.languageModel.all + ["was"]))
        let result = try trainTextCNN(
            workspace: fixture.workspace, corpus: "reviews", tokenizer: words, options: options,
            output: fixture.model("cnn"))
        #expect(result.summary.metrics[MetricName.layerScale] != nil)
        // The vocabulary knows one word; only the vectors tell the others apart.
        try FileManager.default.removeItem(at: elmo)
        let classifier = try TextClassifier(modelFolder: fixture.model("cnn").folder)
        let texts = ["a story was lovely", "this play was dull", ""]
        let together = try classifier.predict(texts)
        #expect(together[0].probability != together[1].probability)
        for (text, prediction) in zip(texts, together) {
            let alone = try classifier.predict([text])[0]
            #expect(abs(alone.probability - prediction.probability) < 1e-5)
        }
    }

    /// The second text's offsets are its own: they once were looked up in the first.
    @Test func aPairsWordsComeFromBothTexts() throws {
        let fixture = try Fixture()
        let elmo = try pretrained(fixture)
        let file = fixture.folder.url.appendingPathComponent("pairs.tsv")
        let lines = (0..<48).map { index in
            "a film\tthe king saw the \(["cat", "ship"][index % 2]) and the king\t\(index % 2)\n"
        }
        try Data(("text\tpair\tlabel\n" + lines.joined()).utf8).write(to: file)
        try fixture.workspace.importCorpus(
            name: "pairs",
            from: CorpusSource(
                .tsv(Columns(pair: "pair", label: "label"), header: true), paths: [file.path]))
        var options = TextCNNOptions()
        options.vectors = .model(elmo.path)
        options.embeddingSize = 0
        options.filterCount = 8
        options.widths = [1]
        options.training.batchSize = 8
        options.training.limit = .epochs(40)
        options.training.learningRate = 1e-2
        let result = try trainTextCNN(
            .pairClassification, workspace: fixture.workspace, corpus: "pairs",
            tokenizer: Tokenizer.word(
                vocabulary: Vocabulary(tokens: SpecialTokens.languageModel.all + ["the"])),
            options: options, output: fixture.model("cnn"))
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
    }
}
