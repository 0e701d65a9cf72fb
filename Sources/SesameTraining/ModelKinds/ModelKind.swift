import SesameModels
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A kind of model, and all that the rest of the program asks of one: how it is read, measured and used.
///
/// A new kind plugs in here: one value in a file of its own, listed in ``all``.
struct ModelKind: Sendable {
    /// `model_type` in `config.json`. Kinds of our own begin with `sesame-`.
    let modelType: String
    /// How `architectures` ends for an encoder with a head, whose `model_type` is the encoder's; nil for all others.
    var headSuffix: String?
    /// The layout that other programs know it by, for messages; nil for a kind of our own, which cannot be exported.
    var publishedLayout: String?
    /// The file of what training has found; nil for `model.safetensors` or its shards.
    var weightsName: String?
    /// Its sizes, from `config.json` alone.
    let sizes: @Sendable (URL) throws -> ModelSizes
    /// What it costs in memory and arithmetic, from `config.json` alone; nil where no formula is known.
    var cost: @Sendable (URL) throws -> (any TrainingCost)? = { _ in nil }
    /// How fast this machine trains the model of a folder; nil for a Transformer, whose cost tells how to find out, and
    /// where no formula is known.
    var speed: (@Sendable (URL, SpeedProbe) throws -> MachineSpeed)?
    /// Reads the model of a folder.
    let load: @Sendable (URL) throws -> any StoredModel
    /// Writes the model of a folder in another layout that other programs read: a file, or a folder.
    var export: (@Sendable (TrainedModelFolder, URL) throws -> Void)?
    /// What `config.json` tells of a model that somebody else has trained; nil for a kind that only training
    /// here makes.
    var publishedUse: (@Sendable (URL) throws -> PublishedUse)?
    /// Measures the model of a folder on a split of a corpus; nil where there is no measure.
    var evaluate: (@Sendable (EvaluationInput) throws -> EvaluationReport)?
    /// Reads the model of a folder to continue texts with; nil for what cannot.
    var languageModel: (@Sendable (URL) throws -> any TextContinuing)?
    /// Reads the model of a folder for vectors of words in their sentence; nil for what gives none.
    var contextVectors: (@Sendable (TrainedModelFolder) throws -> any ContextVectors)?

    /// Every kind that a folder may hold.
    static let all: [ModelKind] = [
        .gpt, .bandedGPT, .bert, .sequenceClassifier, .textCNN, .ngram, .rnn, .nnlm, .seq2seq,
        .transformer,
        .elmo, .tagger, .tokenClassifier, .spanPredictor, .choiceClassifier,
    ]
}

/// The sizes of a model, where it has them.
struct ModelSizes: Sendable {
    /// Token ids that the model knows: at least as many as its tokenizer's.
    var vocabularySize: Int
    /// Layers.
    var layerCount = 0
    /// The width of the states.
    var hiddenSize = 0
    /// Attention heads of a layer; nil for a model without attention.
    var headCount: Int?
    /// The longest input; nil where there is no limit.
    var maxSequenceLength: Int?
}

/// What a published model is for.
struct PublishedUse {
    var task: TrainingRecord.Task
    var labels: [String]?
    var maxLength: Int
}

extension ModelKind {
    /// The kind of a folder's model, by what its `config.json` says.
    ///
    /// - Throws: `ModelError` where `config.json` cannot be read; ``TrainingError`` with code
    ///   `.badModelFolder` for a kind of model that is not known.
    static func of(_ folder: URL) throws -> ModelKind {
        let summary = try ModelFolder.summary(of: folder)
        // Kinds of our own are known by their type alone, but for GPTs, which may have a head over texts.
        if !summary.modelType.hasPrefix("sesame-") || summary.modelType == GPTConfig.ownModelType {
            let headed = all.first { kind in
                guard let suffix = kind.headSuffix else { return false }
                return summary.architectures.contains { $0.hasSuffix(suffix) }
            }
            if let headed { return headed }
        }
        guard let kind = all.first(where: { $0.modelType == summary.modelType }) else {
            throw mismatch(summary.modelType, in: folder)
        }
        return kind
    }

    /// The error for a folder whose model is of none of the kinds that would do.
    static func mismatch(
        _ modelType: String, in folder: URL,
        expected isExpected: (ModelKind) -> Bool = { _ in true },
        for use: String = ""
    ) -> TrainingError {
        let known = Set(all.filter(isExpected).map(\.modelType)).sorted()
        return TrainingError(
            .badModelFolder(
                path: folder.path,
                problem: "model_type is '\(modelType)', expected "
                    + (known.count < 2
                        ? known.joined()
                        : known.dropLast().joined(separator: ", ") + " or " + known[known.count - 1])
                    + (use.isEmpty ? "" : " for \(use)"),
                remedy: "choose another folder"))
    }

    /// Reads a folder's model, whichever it is.
    static func load(_ folder: URL) throws -> any StoredModel {
        try of(folder).load(folder)
    }
}
