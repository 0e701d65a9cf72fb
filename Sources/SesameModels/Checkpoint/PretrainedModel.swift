import SesameNN
import SesameTensor

/// A model that is kept in a folder as Hugging Face lays it out: `config.json` and `model.safetensors`.
public protocol PretrainedModel: Module, StoredModel {
    /// What `config.json` holds.
    associatedtype Configuration: Codable, Sendable

    /// The model's sizes and choices.
    var configuration: Configuration { get }

    /// A model with fresh weights.
    ///
    /// - Throws: ``ModelError`` if the configuration is out of range.
    init(configuration: Configuration, key: RandomKey) throws

    /// The tensors of `model.safetensors`, with Hugging Face's names and layouts.
    func checkpointTensors() -> [(name: String, tensor: Tensor)]

    /// Takes the weights of a `model.safetensors`.
    ///
    /// - Parameters:
    ///   - tensors: By Hugging Face's names.
    ///   - place: Where they come from, for the error.
    /// - Throws: ``ModelError`` that lists every missing, unexpected and mis-shaped name.
    mutating func loadCheckpoint(_ tensors: [String: Tensor], from place: String) throws
}

extension BERT {
    /// `BertModel`.
    public var architecture: String { "BertModel" }
}

extension BERTForPretraining {
    /// `BertForPreTraining`, or `BertForMaskedLM` where there is no next-sentence head.
    public var architecture: String {
        nextSentence == nil ? "BertForMaskedLM" : "BertForPreTraining"
    }
}

extension GPT {
    /// `GPT2LMHeadModel`, or a name of our own where layers have a band.
    public var architecture: String {
        configuration.band == nil ? "GPT2LMHeadModel" : "BandedGPTLMHeadModel"
    }
}

extension SequenceClassifier {
    /// `BertForSequenceClassification`, `GPT2ForSequenceClassification`, or a name of our own for what other
    /// programs do not know.
    public var architecture: String {
        switch configuration.backbone {
        case .bert: "BertForSequenceClassification"
        case .gpt:
            configuration.isPublishedLayout
                ? "GPT2ForSequenceClassification" : "GPTForSequenceClassification"
        case .textCNN: "TextCNNForSequenceClassification"
        }
    }
}
