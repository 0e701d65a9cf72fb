// Pretrains a small GPT on some text, and lets it write.
//
//     swift run -c release PretrainGPT                                     # a few sentences of its own, seconds
//     swift run -c release PretrainGPT models/novels novel1.txt novel2.txt # your files, minutes
//
// The model folder has Hugging Face's layout; `sesame generate --model models/novels` reads it too.

import Foundation
import SesameModels
import SesameStore
import SesameText
import SesameTraining

@main
struct PretrainGPT {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            if arguments.isEmpty {
                try runInTemporaryFolder()
            } else {
                try run(
                    model: URL(fileURLWithPath: arguments[0]), files: Array(arguments.dropFirst()))
            }
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Without arguments: a model that is gone afterwards, and text that the program makes.
    static func runInTemporaryFolder() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let workspace = try Workspace(path: folder.appendingPathComponent("demo.sqlite").path)
        let animals = ["cat", "dog", "hen", "fox"]
        let verbs = ["sat", "ran", "slept", "sang"]
        let documents = (0..<200).map { index in
            let (animal, verb) = (animals[index % 4], verbs[index / 4 % 4])
            return NewDocument("The \(animal) \(verb), and then the \(animal) \(verb) again.")
        }
        try workspace.importCorpus(name: "demo", documents: documents)

        var options = GPTPretrainingOptions()
        options.layerCount = 2
        options.hiddenSize = 64
        options.training.limit = .steps(200)
        options.training.learningRate = 3e-3
        try train(
            in: workspace, options: options, model: folder.appendingPathComponent("gpt"),
            prompt: "The fox ")
    }

    static func run(model: URL, files: [String]) throws {
        try FileManager.default.createDirectory(
            at: model.deletingLastPathComponent(), withIntermediateDirectories: true)
        let workspace = try Workspace(path: model.path + ".sqlite")
        try workspace.importCorpus(
            name: "demo", from: CorpusSource(.text(unit: .file), paths: files),
            options: ImportOptions(existing: .replace))
        try train(in: workspace, options: GPTPretrainingOptions(), model: model, prompt: "The ")
    }

    static func train(
        in workspace: Workspace, options: GPTPretrainingOptions, model: URL, prompt: String
    ) throws {
        // Characters make the smallest vocabulary; WordPieceTrainer makes one of pieces of words.
        var vocabulary = try CharacterTrainer()
        try workspace.documents(corpus: "demo").forEach { vocabulary.add($0.text) }

        let result = try pretrainGPT(
            workspace: workspace, corpus: "demo", tokenizer: vocabulary.makeTokenizer(),
            options: options, output: ModelOutput(folder: model, replacing: true)
        ) { event in
            if case .evaluation(let step, let metrics) = event, let loss = metrics[MetricName.loss]
            {
                print(
                    "step \(step): validation loss \(loss.formatted(.number.precision(.fractionLength(3))))"
                )
            }
        }
        print("\(result.record.parameterCount) parameters after \(result.summary.steps) steps")

        let generator = try TextGenerator(modelFolder: model)
        var sampler = try Sampler(temperature: 0.5, seed: 1)
        print(prompt + (try generator.generate(prompt: prompt, count: 60, sampler: &sampler)))
    }
}
