import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `training.json` of a model folder: what the model is for and where it comes from.
public struct TrainingRecord: Sendable, Codable, Hashable {
    /// What a model was trained to do.
    public enum Task: String, Sendable, Codable, Hashable, CaseIterable {
        /// Continues text: a GPT, a recurrent or an n-gram language model.
        case nextToken
        /// Fills masked tokens: a BERT.
        case maskedLanguageModel
        /// Names the class of a text or of a pair.
        case classification
        /// Gives a text or a pair a score.
        case regression
        /// Predicts the words before and after each: ELMo's language model, for vectors in context.
        case bidirectionalLanguageModel
        /// Gives each word of a sentence a tag.
        case tagging
        /// Answers questions with parts of a text.
        case questionAnswering
        /// Picks the right one of several endings.
        case multipleChoice
        /// Turns a sentence into one of another language.
        case translation
    }

    /// Version of this file's layout.
    public var formatVersion = 1
    /// What the model does.
    public var task: Task
    /// The classes in the order of the outputs; nil unless it classifies.
    public var labels: [String]?
    /// Longest input in tokens, special tokens included.
    public var maxLength: Int
    /// Name of the corpus it was trained on.
    public var corpus: String
    /// Hash of the tokenizer, as `Tokenizer.fingerprint`.
    public var tokenizerFingerprint: String
    /// Hash of the tokenizer of the sources, where a translation model has another for them.
    public var sourceTokenizerFingerprint: String?
    /// The model it was fine-tuned from; nil if it began with random weights.
    public var baseModel: String?
    /// Whether pairs of sentences were part of the pretraining.
    public var nextSentence: Bool?
    /// Whether the order of sentences was part of the pretraining.
    public var sentenceOrder: Bool?
    /// How it was trained.
    public var options: TrainingOptions
    /// Optimizer steps made.
    public var steps: Int
    /// The step that the weights are from.
    public var modelStep: Int
    /// Checkpoints whose mean the weights are; nil for the weights of a step.
    public var averagedCheckpoints: Int?
    /// Tokens trained on.
    public var tokenCount: Int
    /// Time that took.
    public var seconds: Double
    /// The last evaluation.
    public var metrics: Metrics
    /// Parameters of the model.
    public var parameterCount: Int
    /// The run in the workspace that recorded the training.
    public var run: Int64?
}

extension TrainingRecord.Task {
    /// What such a model does, as in "this model continues text".
    package var purpose: String {
        switch self {
        case .nextToken: "continues text"
        case .maskedLanguageModel: "fills masked tokens"
        case .classification: "names the class of a text"
        case .regression: "gives a text a score"
        case .bidirectionalLanguageModel: "gives words vectors in their context"
        case .tagging: "tags the words of a sentence"
        case .questionAnswering: "answers questions with parts of a text"
        case .multipleChoice: "picks one of several endings"
        case .translation: "translates sentences"
        }
    }
}

extension TrainingRecord {
    /// What `config.json` tells of a model that somebody else has trained.
    /// - Throws: `ModelError` where it cannot be read; ``TrainingError`` with code `.badModelFolder`
    ///   for a kind of model that is not known.
    init(publishedIn folder: URL, tokenizer: Tokenizer) throws {
        let kind = try ModelKind.of(folder)
        guard let use = try kind.publishedUse?(folder) else {
            throw TrainingError(
                .badModelFolder(
                    path: folder.path,
                    problem: "\(TrainedModelFolder.recordName) is missing, which a model of kind "
                        + "\(kind.modelType) needs",
                    remedy: "copy the whole folder, or train the model again"))
        }
        (task, labels, maxLength) = (use.task, use.labels, use.maxLength)
        corpus = ""
        tokenizerFingerprint = tokenizer.fingerprint
        options = TrainingOptions()
        (steps, modelStep, tokenCount, seconds, parameterCount) = (0, 0, 0, 0, 0)
        metrics = [:]
    }
}
