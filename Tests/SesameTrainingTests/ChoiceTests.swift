import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

struct ChoiceTests {
    /// Texts whose right ending is of the sea or of milk, among two to four.
    private func importChoices(_ fixture: Fixture, format: String) throws {
        let (good, bad) = (["the sea", "the milk"], ["a crown", "a tree", "a leaf"])
        var lines: [String] = format == "csv" ? ["label,stem,e0,e1,e2,text"] : []
        for index in 0..<60 {
            let isShip = index % 2 == 0
            let text = isShip ? "the ship saw" : "the cat saw"
            let right = good[isShip ? 0 : 1]
            let count = format == "csv" ? 3 : 2 + index % 3
            var shown = Array(bad.prefix(count - 1))
            let answer = index / 2 % count
            shown.insert(right, at: answer)
            if format == "csv" {
                lines.append("\(answer),this,\(shown.joined(separator: ",")),\(text)")
            } else {
                let list = shown.map { "\"\($0)\"" }.joined(separator: ", ")
                let letter = ["A", "B", "C", "D"][answer]
                lines.append(
                    "{\"text\": \"\(text)\", \"label\": \"\(letter)\", \"endings\": [\(list)]}")
            }
        }
        let file = fixture.folder.url.appendingPathComponent("choices.\(format)")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        let columns =
            format == "csv"
            ? Columns(text: "text", label: "label", endings: ["e0", "e1", "e2"], stem: "stem")
            : Columns(text: "text", label: "label", endings: ["endings"])
        try fixture.workspace.importCorpus(
            name: "choices",
            from: CorpusSource(
                .suggested(forPath: file.path, columns: columns), paths: [file.path]))
    }

    private func makeBase(_ fixture: Fixture, isGPT: Bool = false) throws -> URL {
        let (count, key) = (try fixture.wordPiece.vocabulary.count, RandomKey(seed: 3))
        guard !isGPT else {
            return try fixture.save(
                GPT(
                    GPTConfig(
                        vocabularySize: count, maxSequenceLength: 12, hiddenSize: 32,
                        layerCount: 2, headCount: 2, dropoutProbability: 0,
                        initializerDeviation: 0.1), key: key), as: "base")
        }
        return try fixture.save(
            BERT(
                BERTConfig(
                    vocabularySize: count, maxSequenceLength: 12, hiddenSize: 16, layerCount: 1,
                    headCount: 2, feedForwardSize: 32, initializerDeviation: 0.2), key: key),
            as: "base")
    }

    private var options: FinetuningOptions {
        var options = FinetuningOptions.choice
        options.dropoutProbability = 0
        options.keepsBest = false
        options.training.batchSize = 8
        options.training.limit = .epochs(12)
        options.training.learningRate = 1e-2
        options.training.precision = .float32
        return options
    }

    @Test(arguments: ["csv", "jsonl"])
    func fromChoicesToPredictions(_ format: String) throws {
        let fixture = try Fixture()
        try importChoices(fixture, format: format)
        let folder = fixture.model("choice").folder
        let result = try finetuneChoice(
            workspace: fixture.workspace, corpus: "choices", from: makeBase(fixture),
            options: options, output: fixture.model("choice"))
        #expect(result.record.task == .multipleChoice)
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
        let report = try evaluate(
            modelFolder: folder, workspace: fixture.workspace, corpus: "choices", split: .train)
        #expect(report.metrics[MetricName.accuracy] == 1)
        #expect(report.metrics[MetricName.count] == 60)
        let stem = format == "csv" ? "this " : ""
        let predictor = try ChoicePredictor(modelFolder: folder)
        let picked = try predictor.predict([
            MultipleChoice(
                "the ship saw", endings: ["a crown", "a tree", "the sea"].map { stem + $0 }),
            MultipleChoice("the cat saw", endings: ["the milk", "a tree"].map { stem + $0 }),
        ])
        #expect(picked.map(\.answer) == [2, 0])
        #expect(picked.map(\.probabilities.count) == [3, 2])
        #expect(picked.allSatisfy { abs($0.probabilities.reduce(0, +) - 1) < 1e-5 })
        #expect(try ModelInfo(folder).architecture == "BertForMultipleChoice")
        let exported = fixture.folder.url.appendingPathComponent("exported")
        try exportModel(from: folder, to: exported)
        #expect(try ChoicePredictor(modelFolder: exported).predict([]) == [])
    }

    /// GPT-1's fourth form of inputs.
    @Test func aGPTPicksEndingsBetweenTokensThatItLearns() throws {
        let fixture = try Fixture()
        try importChoices(fixture, format: "csv")
        let base = try makeBase(fixture, isGPT: true)
        var options = options
        options.languageModelWeight = 0.5
        options.training.learningRate = 5e-3
        let output = fixture.model("choice")
        let result = try finetuneChoice(
            workspace: fixture.workspace, corpus: "choices", from: base, options: options,
            output: output)
        #expect(result.summary.metrics[MetricName.accuracy] == 1)
        let predictor = try ChoicePredictor(modelFolder: output.folder)
        let size = try fixture.wordPiece.vocabulary.count
        let form = GPTInputForm(behind: size)
        #expect(predictor.model.configuration.scorer.inputForm == form)
        let choice = MultipleChoice(
            "the ship saw", endings: ["this a crown", "this a tree", "this the sea"])
        #expect(try predictor.predict([choice]).map(\.answer) == [2])
        let example = try ChoiceExample.encode(
            [choice], tokenizer: predictor.tokenizer, inputForm: form, maxLength: 12)[0]
        #expect(example.rows[2].ids.first == Int32(size))
        #expect(example.rows[2].ids.suffix(5).first == Int32(size + 1))
        #expect(example.rows[2].ids.last == Int32(size + 2))
        let report = try evaluate(
            modelFolder: output.folder, workspace: fixture.workspace, corpus: "choices",
            split: .train)
        #expect(report.metrics[MetricName.accuracy] == 1)
        let info = try ModelInfo(output.folder)
        #expect(info.architecture == "GPTForMultipleChoice")
        // Its heads can be looked at, and from there it learns another task with the same tokens.
        #expect(
            try TextExplainer(modelFolder: output.folder).explain(LabelledText("the ship"))
                .attention.count == 2)
        try fixture.importReviews()
        options.training.limit = .steps(2)
        let again = try finetune(
            workspace: fixture.workspace, corpus: "reviews", from: output.folder,
            options: options, output: fixture.model("again"))
        let next = try TextClassifier(modelFolder: try #require(again.modelFolder))
        #expect(next.model.configuration.inputForm == form)
        #expect(throws: TrainingError.self) {
            try exportModel(
                from: output.folder, to: fixture.folder.url.appendingPathComponent("exported"))
        }
        options.inputs = .bothOrders
        let error = #expect(throws: TrainingError.self) {
            try finetuneChoice(
                workspace: fixture.workspace, corpus: "choices", from: base, options: options,
                output: fixture.model("orders"))
        }
        #expect(error?.code == .invalidOption)
    }

    @Test func documentsOfChoices() throws {
        let fixture = try Fixture()
        try importChoices(fixture, format: "csv")
        let document = try #require(try fixture.workspace.documents(corpus: "choices").next())
        #expect(document.pair == "[\"this the sea\",\"this a crown\",\"this a tree\"]")
        let choice = try MultipleChoice(document)
        #expect(choice.text == "the ship saw" && choice.answer == 0)
        #expect(choice.endings == ["this the sea", "this a crown", "this a tree"])
    }

    @Test(arguments: [
        ("[\"a\", \"b\"]", "2"), ("[\"a\", \"b\"]", "x"), ("[\"a\"]", "0"), ("a", "0"),
        ("[\"a\", \"b\"]", "C"), ("[\"a\", \"b\"]", "-1"),
    ])
    func badDocumentsAreRefused(_ pair: String, _ label: String) throws {
        let fixture = try Fixture()
        try fixture.workspace.importCorpus(
            name: "bad", documents: [NewDocument("t", pair: pair, label: label)])
        let document = try #require(try fixture.workspace.documents(corpus: "bad").next())
        let error = #expect(throws: TrainingError.self) { try MultipleChoice(document) }
        #expect(error?.code == .badLabel)
    }

    @Test func rowsByHand() throws {
        let fixture = try Fixture()
        let tokenizer = try fixture.wordPiece
        let examples = try ChoiceExample.encode(
            [
                MultipleChoice("the cat", endings: ["saw", "was fine"], answer: 1),
                MultipleChoice("the king saw the mouse", endings: ["a ship", "a tree", "a bird"]),
            ], tokenizer: tokenizer, maxLength: 7)
        func ids(_ text: String) -> [Int32] {
            text.split(separator: " ").map { tokenizer.id(of: String($0)) ?? -1 }
        }
        #expect(
            examples[0].rows.map(\.ids) == [
                ids("[CLS] the cat [SEP] saw [SEP]"), ids("[CLS] the cat [SEP] was fine [SEP]"),
            ])
        #expect(examples[0].rows[1].typeIDs == [0, 0, 0, 0, 1, 1, 1])
        #expect(examples.map(\.answer) == [1, -1])
        // The longer one gives way.
        #expect(examples[1].rows[2].ids == ids("[CLS] the king [SEP] a bird [SEP]"))
    }
}
