// Fine-tunes a BERT-type encoder to tell classes of texts apart, and predicts.
//
//     swift run -c release FinetuneEncoder                          # an encoder and texts of its own, seconds
//     swift run -c release FinetuneEncoder MiniLM train.tsv         # a published encoder and your texts
//
// The first argument is a folder in Hugging Face's layout (config.json, model.safetensors, and vocab.txt or
// tokenizer.json), the second a table with the columns `text` and `label`.

import Foundation
import SesameModels
import SesameStore
import SesameText
import SesameTraining

@main
struct FinetuneEncoder {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("sesame-example-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let workspace = try Workspace(path: folder.appendingPathComponent("demo.sqlite").path)
            if arguments.count == 2 {
                try workspace.importCorpus(
                    name: "texts",
                    from: CorpusSource(
                        .suggested(
                            forPath: arguments[1],
                            columns: Columns(text: "text", label: "label")),
                        paths: [arguments[1]]))
                // A published encoder has learnt much, and is moved with care.
                try finetune(
                    URL(fileURLWithPath: arguments[0]), in: workspace, learningRate: 5e-5,
                    output: URL(fileURLWithPath: "finetuned"))
            } else {
                try importTexts(into: workspace)
                let encoder = folder.appendingPathComponent("encoder")
                try pretrain(in: workspace, output: encoder)
                try finetune(
                    encoder, in: workspace, learningRate: 2e-3,
                    output: folder.appendingPathComponent("classifier"))
            }
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Sentences about weather and about food.
    static func importTexts(into workspace: Workspace) throws {
        let weather = ["rain", "wind", "snow", "fog"]
        let food = ["bread", "soup", "rice", "cake"]
        let documents = (0..<160).flatMap { index -> [NewDocument] in
            let day = ["Monday", "Tuesday", "Friday", "Sunday"][index / 4 % 4]
            return [
                NewDocument(
                    "On \(day) the \(weather[index % 4]) came over the hill.", label: "weather"),
                NewDocument(
                    "On \(day) the \(food[index % 4]) came out of the oven.", label: "food"),
            ]
        }
        try workspace.importCorpus(name: "texts", documents: documents)
    }

    /// A small encoder, where there is no published one at hand.
    static func pretrain(in workspace: Workspace, output: URL) throws {
        var vocabulary = WordPieceTrainer(maximumSize: 120, lowercase: true)
        try workspace.documents(corpus: "texts").forEach { vocabulary.add($0.text) }
        var options = BERTPretrainingOptions()
        options.layerCount = 2
        options.headCount = 2
        options.hiddenSize = 32
        options.maxLength = 32
        options.sentences = .single
        options.training.limit = .steps(60)
        let result = try pretrainBERT(
            workspace: workspace, corpus: "texts", tokenizer: vocabulary.makeTokenizer(),
            options: options, output: ModelOutput(folder: output))
        print("encoder: \(result.record.parameterCount) parameters")
    }

    static func finetune(
        _ encoder: URL, in workspace: Workspace, learningRate: Float, output: URL
    ) throws {
        var options = FinetuningOptions()
        options.training.batchSize = 16
        options.training.limit = .epochs(6)
        options.training.learningRate = learningRate
        let result = try SesameTraining.finetune(
            .classification, workspace: workspace, corpus: "texts", from: encoder,
            options: options, output: ModelOutput(folder: output, replacing: true))
        let accuracy = result.summary.metrics[MetricName.accuracy] ?? 0
        print("validation accuracy \(accuracy.formatted(.number.precision(.fractionLength(3))))")

        let classifier = try TextClassifier(modelFolder: output)
        let texts = ["The snow came on Monday.", "The soup came out of the oven."]
        for (text, prediction) in zip(texts, try classifier.predict(texts)) {
            print("\(prediction.label): \(text)")
        }
    }
}
