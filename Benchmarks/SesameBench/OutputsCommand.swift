import ArgumentParser
import Foundation
import Sesame

/// A model's outputs in a file, for a comparison with other programs.
struct OutputsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs",
        abstract:
            "Writes a model's outputs for given ids; Benchmarks/peers/checkpoint_roundtrip.py reads them.",
        discussion:
            "Example: sesame-bench outputs --model models/text-gpt --ids ids.safetensors --output out.safetensors"
    )

    @Option(help: "The model's folder.")
    var model: String

    @Option(help: "A safetensors file with ids, [batch, time].")
    var ids: String

    @Option(
        help:
            "The safetensors file to write: logits, next_sentence or states, as the model has them."
    )
    var output: String

    func run() throws {
        let folder = URL(fileURLWithPath: model)
        let ids = try SafeTensorsFile(URL(fileURLWithPath: ids)).ids(named: "ids")
        let summary = try ModelFolder.summary(of: folder)
        let context = ForwardContext.evaluation()
        var outputs: [(name: String, tensor: Tensor)] = []
        if summary.isSequenceClassifier {
            let model = try SequenceClassifier.load(from: folder)
            outputs = [("logits", model.logits(ids, context: context))]
        } else if summary.modelType == "gpt2" {
            outputs = [("logits", try GPT.load(from: folder).logits(ids, context: context))]
        } else if summary.architectures == ["BertModel"] {
            outputs = [("states", try BERT.load(from: folder).hidden(ids, context: context))]
        } else {
            let model = try BERTForPretraining.load(from: folder)
            let states = model.bert.hidden(ids, context: context)
            let rows = (0..<Int32(ids.elementCount)).map { $0 }
            let logits = model.tokenLogits(states, rows: rows, context: context)
            outputs.append(
                ("logits", logits.reshaped([ids.shape[0], ids.shape[1], logits.shape.last])))
            if let head = model.nextSentence {
                outputs.append(
                    (
                        "next_sentence",
                        head(model.bert.pool(states, context: context), context: context)
                    ))
            }
        }
        try SafeTensors.write(outputs, to: URL(fileURLWithPath: output))
    }
}
