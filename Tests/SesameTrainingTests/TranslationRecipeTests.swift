import Foundation
import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import SesameVectors
import Testing

/// Translation of a made-up language, whose words are others and whose adjectives stand behind their nouns.
private struct Toy {
    let fixture: Fixture
    let source: Tokenizer
    let target: Tokenizer

    static let nouns = [("hund", "dog"), ("mann", "man"), ("ball", "ball"), ("baum", "tree")]
    static let adjectives = [("rot", "red"), ("alt", "old"), ("gut", "good")]
    static let verbs = [("sieht", "sees"), ("hat", "has")]

    init(pairs: Int = 300, seed: UInt64 = 2) throws {
        fixture = try Fixture()
        var generator = RandomGenerator(seed: seed)
        var documents: [NewDocument] = []
        func phrase() -> (String, String) {
            let noun = Self.nouns[generator.next(below: 4)]
            guard generator.next(below: 2) == 0 else { return ("das " + noun.0, "the " + noun.1) }
            let adjective = Self.adjectives[generator.next(below: 3)]
            return ("das \(noun.0) \(adjective.0)", "the \(adjective.1) \(noun.1)")
        }
        for index in 0..<pairs {
            let (subject, object) = (phrase(), phrase())
            let verb = Self.verbs[generator.next(below: 2)]
            documents.append(
                NewDocument(
                    "\(subject.0) \(verb.0) \(object.0) .",
                    pair: "\(subject.1) \(verb.1) \(object.1) .",
                    split: index % 10 == 0 ? .test : .train))
        }
        try fixture.workspace.importCorpus(name: "toy", documents: documents)
        var trainers = [try WordTrainer(preTokenized: true), try WordTrainer(preTokenized: true)]
        for document in documents {
            trainers[0].add(document.text)
            trainers[1].add(document.pair ?? "")
        }
        (source, target) = (try trainers[0].makeTokenizer(), try trainers[1].makeTokenizer())
    }

    func options(attention: StateAttention.Kind? = .bilinear, epochs: Int = 20)
        -> TranslationOptions
    {
        var options = TranslationOptions()
        var sizes = TranslationOptions.RecurrentSizes()
        sizes.attention = attention
        sizes.hiddenSize = 32
        sizes.embeddingSize = 24
        options.architecture = .recurrent(sizes)
        options.dropoutProbability = 0
        options.training.batchSize = 200
        options.training.learningRate = 1e-2
        options.training.limit = .epochs(epochs)
        return options
    }

    func transformer(norm: NormPlacement = .post, epochs: Int = 40) -> TranslationOptions {
        var choices = TranslationOptions.TransformerChoices(
            TransformerSizes(hiddenSize: 32, layerCount: 1, headCount: 2, feedForwardSize: 64))
        choices.norm = norm
        var options = TranslationOptions.transformer(choices)
        options.dropoutProbability = 0
        options.training.batchSize = 200
        options.training.learningRate = 5e-3
        options.training.limit = .epochs(epochs)
        return options
    }

    func options(_ architecture: Architecture, epochs: Int? = nil) -> TranslationOptions {
        switch architecture {
        case .recurrent: options(epochs: epochs ?? 20)
        case .transformer: transformer(epochs: epochs ?? 40)
        }
    }
}

private enum Architecture: String, CaseIterable { case recurrent, transformer }

@Suite struct TranslationRecipeTests {
    @Test(arguments: Architecture.allCases)
    fileprivate func learnsTranslatesAndIsMeasured(_ architecture: Architecture) throws {
        let toy = try Toy()
        let output = toy.fixture.model("toy")
        let result = try trainTranslation(
            workspace: toy.fixture.workspace, corpus: "toy", source: toy.source, target: toy.target,
            options: toy.options(architecture), output: output)
        #expect(try #require(result.summary.metrics[MetricName.bleu]) > 90)
        #expect(result.record.task == .translation)
        #expect(result.record.sourceTokenizerFingerprint == toy.source.fingerprint)

        let translator = try Translator(modelFolder: output.folder)
        #expect(translator.hasAttention)
        var search = TranslationSearch()
        search.count = 3
        search.keepsAttention = true
        let texts = ["das hund rot sieht das baum .", "das mann hat das ball alt .", ""]
        let found = try translator.translate(texts, options: search)
        #expect(found[0][0].text == "the red dog sees the tree .")
        #expect(found[1][0].text == "the man has the old ball .")
        #expect(found.count == 3)
        // Nothing stays nothing.
        #expect(found[2].map(\.text) == [""])
        #expect(found[2].allSatisfy { $0.tokens.isEmpty && $0.attention.isEmpty && $0.score == 0 })
        for translations in found.prefix(2) {
            #expect(translations.count == 3)
            #expect(translations.map(\.score) == translations.map(\.score).sorted(by: >))
            for translation in translations {
                #expect(translation.attention.count == translation.tokens.count)
                #expect(translation.tokens.last == "<eos>")
                #expect(translation.sourceTokens.last == "<eos>")
                for weights in translation.attention {
                    #expect(weights.count == translation.sourceTokens.count)
                    #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
                }
            }
        }
        // One at a time as together.
        for (text, translations) in zip(texts, found) {
            #expect(
                try translator.translate([text], options: search)[0].map(\.text)
                    == translations.map(\.text))
        }
        let workspace = toy.fixture.workspace
        let greedy = try evaluate(
            modelFolder: output.folder, workspace: workspace, corpus: "toy", split: .test,
            beamSize: 1)
        let beam = try evaluate(
            modelFolder: output.folder, workspace: workspace, corpus: "toy", split: .test)
        #expect(greedy.task == .translation)
        #expect(try #require(greedy.metrics[MetricName.bleu]) > 90)
        #expect(try #require(beam.metrics[MetricName.bleu]) > 90)
        #expect(beam.metrics[MetricName.count] == 30)
        #expect {
            try evaluate(
                modelFolder: output.folder, workspace: workspace, corpus: "toy", split: .test,
                beamSize: 0)
        } throws: { ($0 as? TrainingError)?.code == .invalidOption }
        let info = try ModelInfo(output.folder)
        #expect(
            info.modelType
                == (architecture == .recurrent ? "sesame-seq2seq" : "sesame-transformer"))
        #expect(info.headCount == (architecture == .recurrent ? nil : 2))
        #expect(info.parameterCount == result.record.parameterCount)
        // Training left samples for the run's report.
        let samples = try workspace.samples(run: result.run)
        #expect(samples.count == 5)
    }

    @Test func withoutAttentionThereIsNoneToAskFor() throws {
        let toy = try Toy(pairs: 60)
        let output = toy.fixture.model("plain")
        try trainTranslation(
            workspace: toy.fixture.workspace, corpus: "toy", source: toy.source, target: toy.target,
            options: toy.options(attention: nil, epochs: 1), output: output)
        let translator = try Translator(modelFolder: output.folder)
        #expect(!translator.hasAttention)
        var search = TranslationSearch()
        search.coveragePenalty = 0.2
        #expect {
            try translator.translate(["das hund"], options: search)
        } throws: {
            "\($0)"
                == "coverage penalty must be left out, since the model has no attention, but is "
                + "asked for"
        }
        #expect(try translator.translate(["das hund"])[0].count == 1)
    }

    @Test func oneTokenizerForBothSidesSharesItsVectors() throws {
        let toy = try Toy(pairs: 60)
        let output = toy.fixture.model("shared")
        let result = try trainTranslation(
            workspace: toy.fixture.workspace, corpus: "toy", source: toy.target, target: toy.target,
            options: toy.options(epochs: 1), output: output)
        #expect(result.record.sourceTokenizerFingerprint == nil)
        let folder = try TrainedModelFolder(output.folder)
        #expect(folder.sourceTokenizer == nil)
        #expect(try folder.load(RecurrentSeq2Seq.self).sourceEmbedding == nil)
    }

    /// Each side begins with a file of its own; frozen ones stay, and a side without a file learns.
    @Test(arguments: Architecture.allCases)
    fileprivate func sidesBeginWithWordVectors(_ architecture: Architecture) throws {
        let toy = try Toy(pairs: 40)
        func file(_ words: [String], size: Int) throws -> String {
            let url = toy.fixture.folder.url.appendingPathComponent("\(words[0])-\(size)")
            try VectorTable(
                words: words,
                vectors: words.indices.map { row in (0..<size).map { Float($0 - row) / 16 } }
            ).save(to: url, as: .gloveText)
            return url.path
        }
        let german = try file(["hund", "rot"], size: 32)
        let english = try file(["dog", "red"], size: 32)
        typealias Tables = (source: Embedding?, target: Embedding)
        func train(
            _ name: String, source: String?, target: String?, shared: Bool = false,
            isFrozen: Bool = true
        ) throws -> Tables {
            var options = toy.options(architecture, epochs: 1)
            options.sourceVectors = source.map { InitialVectors($0, isFrozen: isFrozen) }
            options.targetVectors = target.map { InitialVectors($0, isFrozen: isFrozen) }
            let output = toy.fixture.model(name)
            try trainTranslation(
                workspace: toy.fixture.workspace, corpus: "toy",
                source: shared ? toy.target : toy.source, target: toy.target, options: options,
                output: output)
            let folder = try TrainedModelFolder(output.folder)
            switch architecture {
            case .recurrent:
                let model = try folder.load(RecurrentSeq2Seq.self)
                return (model.sourceEmbedding, model.targetEmbedding)
            case .transformer:
                let model = try folder.load(Transformer.self)
                return (model.sourceEmbedding, model.targetEmbedding)
            }
        }
        func row(_ word: String, _ tokenizer: Tokenizer, _ table: Embedding?) throws -> [Float] {
            let (table, id) = (try #require(table), Int(try #require(tokenizer.id(of: word))))
            return Array(table.weight.scalars[id * table.size..<(id + 1) * table.size])
        }
        let begin = (0..<32).map { Float($0) / 16 }
        let both = try train("both", source: german, target: english)
        #expect(try row("hund", toy.source, both.source) == begin)
        #expect(try row("dog", toy.target, both.target) == begin)
        let one = try train("one", source: german, target: nil)
        #expect(try row("hund", toy.source, one.source) == begin)
        #expect(one.target.size == 32)
        let free = try train("free", source: german, target: english, isFrozen: false)
        #expect(try row("hund", toy.source, free.source) != begin)
        #expect(try row("dog", toy.target, free.target) != begin)
        let shared = try train("shared", source: nil, target: english, shared: true)
        #expect(shared.source == nil)
        #expect(try row("dog", toy.target, shared.target) == begin)

        #expect {
            try train("none", source: german, target: nil, shared: true)
        } throws: { ($0 as? TrainingError)?.code == .invalidOption }
        let narrow = try file(["dog"], size: 20)
        #expect {
            try train("narrow", source: german, target: narrow)
        } throws: {
            "\($0)".contains(
                architecture == .transformer
                    ? "expected vectors of 32 values" : "expected vectors of 20 values")
        }
    }

    /// The Transformer ends with the mean of its checkpoints, whatever the evaluations say.
    @Test(arguments: Architecture.allCases)
    fileprivate func aRunThatWasInterruptedEndsAsOneThatWasNot(
        _ architecture: Architecture
    ) throws {
        let toy = try Toy(pairs: 60)
        func train(_ name: String, stopAfter steps: Int?, resuming: Bool = false) throws
            -> RecipeResult
        {
            var output = toy.fixture.model(name)
            output.resuming = resuming
            var count = 0
            var options = toy.options(architecture, epochs: 3)
            options.keepsBest = architecture == .recurrent
            return try trainTranslation(
                workspace: toy.fixture.workspace, corpus: "toy", source: toy.source,
                target: toy.target, options: options, output: output,
                onEvent: { if case .step = $0 { count += 1 } },
                shouldStop: { steps.map { count >= $0 } ?? false })
        }
        let whole = try train("whole", stopAfter: nil)
        let part = try train("part", stopAfter: 4)
        #expect(part.modelFolder == nil)
        let rest = try train("part", stopAfter: nil, resuming: true)
        #expect(rest.summary.steps == whole.summary.steps)
        #expect(rest.record.averagedCheckpoints == (architecture == .recurrent ? nil : 3))
        // The mean has an evaluation of its own.
        let average = try toy.fixture.workspace.metrics(
            run: rest.run, name: MetricName.bleu, split: Metric.averageSplit)
        #expect(
            average.map(\.value)
                == (architecture == .recurrent ? [] : [rest.summary.metrics[MetricName.bleu]]))
        func weights(_ result: RecipeResult) throws -> Data {
            try Data(
                contentsOf: try #require(result.modelFolder)
                    .appendingPathComponent("model.safetensors"))
        }
        #expect(try weights(rest) == weights(whole))
    }

    @Test func normsFirstLearnToo() throws {
        let toy = try Toy()
        let result = try trainTranslation(
            workspace: toy.fixture.workspace, corpus: "toy", source: toy.source, target: toy.target,
            options: toy.transformer(norm: .pre), output: toy.fixture.model("pre"))
        #expect(try #require(result.summary.metrics[MetricName.bleu]) > 90)
    }

    @Test func whatCannotBeTrainedOn() throws {
        let toy = try Toy(pairs: 20)
        let workspace = toy.fixture.workspace
        try toy.fixture.importStories()
        func code(_ body: () throws -> Void) -> TrainingError.Code? {
            do {
                try body()
                return nil
            } catch {
                return (error as? TrainingError)?.code
            }
        }
        #expect(
            code {
                try trainTranslation(
                    workspace: workspace, corpus: "stories", source: toy.source, target: toy.target,
                    output: toy.fixture.model("x"))
            } == .notEnoughData)
        let bare = try Tokenizer.word(vocabulary: Vocabulary(tokens: ["a", "b"]))
        #expect(
            code {
                try trainTranslation(
                    workspace: workspace, corpus: "toy", source: toy.source, target: bare,
                    output: toy.fixture.model("x"))
            } == .badTokenizer)
        // A source tokenizer that was exchanged is found.
        let output = toy.fixture.model("damaged")
        try trainTranslation(
            workspace: workspace, corpus: "toy", source: toy.source, target: toy.target,
            options: toy.options(epochs: 1), output: output)
        try FileManager.default.removeItem(
            at: output.folder.appendingPathComponent("source_tokenizer.json"))
        try toy.target.save(to: output.folder.appendingPathComponent("source_tokenizer.json"))
        #expect(code { _ = try Translator(modelFolder: output.folder) } == .badModelFolder)
    }
}
