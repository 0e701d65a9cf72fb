import Foundation
import SesameModels
import SesameTensor

extension FuzzTarget {
    /// A `config.json`, read as that of each kind of model; then as a model folder whose weights are
    /// those of no model.
    static let configuration = FuzzTarget(name: "configuration") { input in
        let data = Data(input)
        decode(GPTConfig.self, data) { try $0.validate() }
        decode(BERTConfig.self, data) { try $0.validate() }
        decode(SequenceClassifierConfig.self, data) { try $0.validate() }
        decode(TransformerConfig.self, data) { try $0.validate() }
        decode(TokenClassifierConfig.self, data) { try $0.validate() }
        decode(SpanPredictorConfig.self, data) { try $0.validate() }
        decode(ChoiceClassifierConfig.self, data) { try $0.validate() }

        _ = Scratch.write(input, to: "config.json")
        _ = Scratch.write(emptyWeights, to: "model.safetensors")
        let folder = Scratch.folder
        refusing(with: ModelError.self) { try ModelFolder.summary(of: folder) }
        refusing(with: ModelError.self) { try GPT.load(from: folder) }
        refusing(with: ModelError.self) { try BERTForPretraining.load(from: folder) }
        refusing(with: ModelError.self) { try SequenceClassifier.load(from: folder) }
        refusing(with: ModelError.self) { try Transformer.load(from: folder) }
        refusing(with: ModelError.self) { try TokenClassifier.load(from: folder) }
        refusing(with: ModelError.self) { try SpanPredictor.load(from: folder) }
        refusing(with: ModelError.self) { try ChoiceClassifier.load(from: folder) }
    }

    /// A safetensors file without tensors.
    private static let emptyWeights: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)

    private static func decode<T: Codable & Equatable>(
        _: T.Type, _ data: Data, _ validate: (T) throws -> Void
    ) {
        // Decoding alone may also throw Foundation's error, which ModelFolder puts into words.
        guard let value = try? JSONDecoder().decode(T.self, from: data) else { return }
        guard refusing(with: ModelError.self, { try validate(value) }) != nil else { return }
        do {
            let again = try JSONDecoder().decode(T.self, from: JSONEncoder().encode(value))
            precondition(again == value, "\(value) became \(again)")
        } catch {
            preconditionFailure("\(value) does not survive its own JSON: \(error)")
        }
    }
}
