import Foundation
import SesameModels
import SesameStore
import SesameTensor
import SesameText
import SesameTraining
import Testing

/// A workspace with a small made-up language: adjectives agree with nouns, topics keep together.
struct Fixture {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try Workspace(path: folder.url.appendingPathComponent("w.sqlite").path)
    }

    func model(_ name: String) -> ModelOutput {
        ModelOutput(folder: folder.url.appendingPathComponent("models/\(name)"))
    }

    /// The bytes of a model's weights.
    func weights(_ name: String) throws -> Data {
        try Data(contentsOf: model(name).folder.appendingPathComponent("model.safetensors"))
    }

    /// Writes a model's folder as a published one lies, with the fixture's words unless told otherwise.
    func save(
        _ model: some PretrainedModel, as name: String, tokenizer: Tokenizer? = nil
    ) throws -> URL {
        let folder = self.model(name).folder
        try model.save(to: folder)
        try (tokenizer ?? wordPiece).save(to: folder.appendingPathComponent("tokenizer.json"))
        return folder
    }

    /// Runs a recipe twice, once in two parts, and compares the bytes of what it leaves.
    func expectTheSameBits(
        stoppingAfter steps: Int,
        _ train: (ModelOutput, _ onEvent: (TrainerEvent) -> Void, _ shouldStop: () -> Bool) throws
            -> RecipeResult
    ) throws {
        func run(_ name: String, resuming: Bool = false, stopAfter: Int = .max) throws
            -> TrainingSummary
        {
            var output = model(name)
            output.resuming = resuming
            var done = 0
            return try train(
                output, { if case .step = $0 { done += 1 } }, { done >= stopAfter }
            ).summary
        }
        #expect(try run("whole").reason == .completed)
        #expect(try run("parts", stopAfter: steps).reason == .interrupted)
        #expect(try run("parts", resuming: true).reason == .completed)
        #expect(try weights("whole") == weights("parts"))
    }

    func importStories() throws {
        let topics = [
            ["cat", "mouse", "milk"], ["ship", "wind", "sea"], ["king", "crown", "gold"],
            ["tree", "leaf", "bird"],
        ]
        let file = folder.url.appendingPathComponent("stories.txt")
        var text = ""
        var generator = RandomGenerator(seed: 1)
        for story in 0..<60 {
            let topic = topics[story % 4]
            for _ in 0..<6 {
                let (a, b) = (topic[generator.next(below: 3)], topic[generator.next(below: 3)])
                text += "The \(a) saw the \(b). "
            }
            text += "\n\n"
        }
        try Data(text.utf8).write(to: file)
        try workspace.importCorpus(name: "stories", from: CorpusSource(paths: [file.path]))
    }

    func importReviews() throws {
        let file = folder.url.appendingPathComponent("reviews.tsv")
        var text = "text\tlabel\n"
        for index in 0..<120 {
            let good = index % 2 == 0
            let filler = ["the film", "a story", "this play", "the cast"][index / 2 % 4]
            let words = good ? ["fine", "great", "lovely"] : ["dull", "weak", "awful"]
            text += "\(filler) was \(words[index / 3 % 3])\t\(good ? "good" : "bad")\n"
        }
        try Data(text.utf8).write(to: file)
        try workspace.importCorpus(
            name: "reviews",
            from: CorpusSource(
                .tsv(Columns(text: "text", label: "label"), header: true), paths: [file.path]))
    }

    var wordPiece: Tokenizer {
        get throws {
            let words = [
                "the", "cat", "mouse", "milk", "ship", "wind", "sea", "king", "crown", "gold",
                "tree", "leaf", "bird", "saw", ".", "film", "a", "story", "this", "play", "cast",
                "was", "fine", "great", "lovely", "dull", "weak", "awful", "##s",
            ]
            return try Tokenizer.wordPiece(
                vocabulary: Vocabulary(tokens: SpecialTokens.bert.all + words), lowercase: true)
        }
    }
}

/// Each change makes options that are refused as such.
func expectInvalid<Options>(
    _ start: Options, _ changes: [(inout Options) -> Void], _ validate: (Options) throws -> Void
) {
    for (index, change) in changes.enumerated() {
        var options = start
        change(&options)
        let error = #expect(throws: TrainingError.self, "change \(index)") {
            try validate(options)
        }
        #expect(error?.code == .invalidOption, "change \(index)")
    }
}
