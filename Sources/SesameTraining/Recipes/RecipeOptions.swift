import SesameModels
import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Sizes and schedule of a GPT's pretraining.
///
/// The defaults are nanoGPT's quick start for a CPU: 4 layers, 4 heads, 128 wide, context 64,
/// batch 12, 2000 steps at 1e-3 falling to 1e-4, no dropout.
///
/// Source: Karpathy, nanoGPT, https://github.com/karpathy/nanoGPT#quick-start
public struct GPTPretrainingOptions: Sendable, Hashable, Codable {
    /// Transformer blocks.
    public var layerCount = 4
    /// Attention heads; divides the hidden size.
    public var headCount = 4
    /// Width of the hidden states.
    public var hiddenSize = 128
    /// Tokens the model looks at.
    public var contextLength = 64
    /// Dropout in embeddings, attention and residuals.
    public var dropoutProbability: Float = 0
    /// Which layers look back only so far; nil where all see the whole context.
    public var band: AttentionBand?
    /// Word vectors that the token vectors begin with, as wide as the model; nil for random ones. The output shares them,
    /// frozen or not.
    public var vectors: InitialVectors?
    /// Standard deviation of the initial weights; nil for 0.02 · √(768 / width).
    ///
    /// 0.02 is GPT-2's and BERT's value at a width of 768. A narrow model that begins with it takes long
    /// to get going: on Tiny Shakespeare, 2000 steps at a width of 128 reach a validation loss of 1.89
    /// from 0.02 and 1.74 from 0.05.
    public var initializerDeviation: Float?
    /// Share at the end of the text held out, where the corpus has no validation split.
    public var validationFraction = 0.1
    /// How to train.
    public var training: TrainingOptions

    /// The defaults above.
    public init() {
        training = TrainingOptions()
        training.batchSize = 12
        training.limit = .steps(2000)
        training.learningRate = 1e-3
        training.minimumLearningRate = 1e-4
        training.warmUp = .steps(100)
        training.beta2 = 0.99
        training.weightDecay = 0.1
        // 16,384 tokens are enough to follow a run by.
        training.evaluationBatchLimit = 4
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try checkSizes(
            layerCount: layerCount, headCount: headCount, hiddenSize: hiddenSize,
            dropoutProbability: dropoutProbability, validationFraction: validationFraction,
            initializerDeviation: initializerDeviation)
        try OptionCheck.require(contextLength >= 2, "context length", "2 or more", contextLength)
        if let band {
            try OptionCheck.require(
                band.width >= 1 && !band.layers.isEmpty, "band",
                "1 or more tokens in 1 or more layers", "\(band.width) in \(band.layers.count)")
        }
    }
}

/// What a BERT is taught about pairs of segments, beside masked tokens.
public enum SentenceObjective: String, Sendable, Hashable, Codable, CaseIterable {
    /// Whether the second segment follows the first or is from another document (Devlin et al. 2019).
    case nextSentence = "next"
    /// Whether two segments that follow each other are in their order or swapped: harder, since the topic tells nothing.
    ///
    /// Source: Lan et al. 2020, ALBERT, https://arxiv.org/abs/1909.11942, section 3.1.
    case sentenceOrder = "order"
    /// Nothing: sequences are filled with whole sentences of one document.
    ///
    /// Source: Liu et al. 2019, RoBERTa, https://arxiv.org/abs/1907.11692, section 4.2, DOC-SENTENCES.
    case single = "none"

    /// Whether sequences are pairs.
    var hasPairs: Bool { self != .single }
}

/// Named ways to pretrain a BERT, each a set of options.
///
/// Masks are drawn anew each epoch in all of them, as RoBERTa has it.
public enum BERTVariant: String, Sendable, Hashable, Codable, CaseIterable {
    /// Masked tokens and next sentences.
    ///
    /// Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805.
    case bert
    /// The same with all pieces of a word hidden together.
    ///
    /// Source: Cui et al. 2019, Pre-Training with Whole Word Masking for Chinese BERT, https://arxiv.org/abs/1906.08101.
    case wholeWord = "whole-word"
    /// Masked tokens alone, in sequences that are filled.
    ///
    /// Source: Liu et al. 2019, RoBERTa, https://arxiv.org/abs/1907.11692, sections 4.1 and 4.2.
    case roberta
    /// Masked tokens and the order of sentences, with one layer's weights for all. (Its factorized embeddings and masked
    /// n-grams are left out.)
    ///
    /// Source: Lan et al. 2020, ALBERT, https://arxiv.org/abs/1909.11942.
    case albert
}

/// Sizes and schedule of a BERT's pretraining.
///
/// The defaults suit a small model on a CPU for minutes to hours: 4 layers, 4 heads, 256 wide,
/// sequences of 128, a peak of 1e-3, which small models like, and bfloat16 products. The batch is
/// small, 16: where time is short, more steps are worth more than smoother ones.
public struct BERTPretrainingOptions: Sendable, Hashable, Codable {
    /// Transformer blocks.
    public var layerCount = 4
    /// Attention heads; divides the hidden size.
    public var headCount = 4
    /// Width of the hidden states.
    public var hiddenSize = 256
    /// Longest sequence, special tokens included.
    public var maxLength = 128
    /// Dropout in embeddings, attention and residuals.
    ///
    /// 0 by default: a small model that sees its text for a few epochs underfits.
    public var dropoutProbability: Float = 0
    /// Word vectors that the token vectors of a new model begin with, as wide as it is; nil for random ones. The output of
    /// masked tokens shares them, frozen or not.
    public var vectors: InitialVectors?
    /// Standard deviation of the initial weights; nil for 0.02 · √(768 / width).
    public var initializerDeviation: Float?
    /// How tokens are hidden.
    public var masking = MaskingOptions()
    /// What to teach about pairs of segments.
    public var sentences = SentenceObjective.nextSentence
    /// Whether all layers share one layer's weights.
    public var sharesLayers = false
    /// Share of the sequences packed to a random shorter length.
    public var shortFraction = 0.1
    /// Share of the documents held out, where the corpus has no validation split.
    public var validationFraction = 0.05
    /// How to train.
    public var training: TrainingOptions

    /// The defaults above, changed as a variant asks for.
    public init(_ variant: BERTVariant = .bert) {
        switch variant {
        case .bert: break
        case .wholeWord: masking.wholeWords = true
        case .roberta:
            sentences = .single
            shortFraction = 0
        case .albert:
            sentences = .sentenceOrder
            sharesLayers = true
        }
        training = TrainingOptions()
        training.batchSize = 16
        training.limit = .epochs(4)
        training.learningRate = 1e-3
        training.warmUp = .fraction(0.06)
        training.shape = .linear
        training.beta2 = 0.98
        training.epsilon = 1e-6
        training.precision = .bfloat16
        training.evaluationBatchLimit = 40
    }

    /// Tokens that leave room for two segments and special tokens.
    static let shortestLength = 8

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try checkSizes(
            layerCount: layerCount, headCount: headCount, hiddenSize: hiddenSize,
            dropoutProbability: dropoutProbability, validationFraction: validationFraction,
            initializerDeviation: initializerDeviation)
        try OptionCheck.require(
            maxLength >= Self.shortestLength, "length", "\(Self.shortestLength) or more", maxLength)
        try OptionCheck.share(shortFraction, "share of short sequences")
        try OptionCheck.share(masking.selectedFraction, "share of tokens to predict")
        try OptionCheck.require(
            masking.maskedFraction >= 0 && masking.randomFraction >= 0
                && masking.maskedFraction + masking.randomFraction <= 1,
            "shares of masked and random tokens", "0 or more and at most 1 together",
            "\(masking.maskedFraction) and \(masking.randomFraction)")
    }
}

/// How a GPT that is fine-tuned reads texts and pairs.
///
/// Source: Radford et al. 2018, Improving Language Understanding by Generative Pre-Training, section 3.3.
public enum FinetuningInputs: String, Sendable, Hashable, Codable, CaseIterable {
    /// As they are, as Hugging Face's models do; the texts of a pair one behind the other.
    case plain
    /// Between start, delimiter and extract tokens, whose vectors are learned.
    case delimited
    /// The same for pairs in both orders, whose states are added: for similarity.
    case bothOrders = "both-orders"
}

/// How to fine-tune a pretrained model to name the class of a text, or to give it a score.
public struct FinetuningOptions: Sendable, Hashable, Codable {
    /// Longest text in tokens, special tokens included; nil for the model's limit.
    public var maxLength: Int?
    /// Dropout in the model while fine-tuning; nil for what the model was pretrained with.
    public var dropoutProbability: Float? = 0.1
    /// How a GPT reads texts and pairs; a BERT has its own way.
    public var inputs = FinetuningInputs.delimited
    /// λ of the loss of a GPT's next tokens beside the task's; GPT-1 was fine-tuned with 0.5, 0 is the task alone.
    public var languageModelWeight: Float = 0
    /// Begins with random weights of the same sizes, to show what pretraining is worth.
    public var fromScratch = false
    /// Ends with the weights of the best evaluation: by accuracy, or by Spearman's correlation.
    public var keepsBest = true
    /// Share of the texts held out, where the corpus has no validation split.
    public var validationFraction = 0.1
    /// Small changes to the training texts.
    public var augmentation = TextAugmentation()
    /// How to train.
    public var training: TrainingOptions

    /// Three epochs at a peak of 3e-4, falling linearly, batch 32.
    public init() {
        training = TrainingOptions()
        training.batchSize = 32
        training.limit = .epochs(3)
        training.learningRate = 3e-4
        training.shape = .linear
        training.warmUp = .fraction(0.1)
        training.beta2 = 0.98
        training.epsilon = 1e-6
        training.precision = .bfloat16
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try training.validate()
        try augmentation.validate()
        try checkSizes(
            layerCount: 1, headCount: 1, hiddenSize: 1,
            dropoutProbability: dropoutProbability ?? 0, validationFraction: validationFraction)
        try OptionCheck.require(
            languageModelWeight >= 0 && languageModelWeight.isFinite,
            "weight of the language model", "0 or more", languageModelWeight)
        if let maxLength {
            try OptionCheck.require(maxLength >= 3, "length", "3 or more", maxLength)
        }
    }

    /// The same for tasks over single tokens, whose places a change of the text would move.
    func validateWithoutAugmentation() throws {
        try validate()
        try OptionCheck.require(
            augmentation.isNone, "augmentation", "none, for tasks over single tokens", "some")
    }
}

/// Where a recipe leaves its model.
public struct ModelOutput: Sendable, Hashable {
    /// The model folder, written when training is complete.
    public var folder: URL
    /// Whether an existing folder may be replaced.
    public var replacing: Bool
    /// Continues from the latest checkpoint beside the folder, where there is one.
    public var resuming: Bool
    /// The command line that asks for the model, one word an element, for the run's record; nil where
    /// there is none.
    public var command: [String]?

    /// A destination that must not exist, unless told otherwise.
    public init(
        folder: URL, replacing: Bool = false, resuming: Bool = false, command: [String]? = nil
    ) {
        self.folder = folder
        self.replacing = replacing
        self.resuming = resuming
        self.command = command
    }

    /// Where the checkpoints go: beside the model folder, with `.checkpoints` appended.
    public var checkpointFolder: URL {
        folder.deletingLastPathComponent()
            .appendingPathComponent(folder.lastPathComponent + ".checkpoints")
    }
}

/// What a recipe returns.
public struct RecipeResult: Sendable {
    /// How training ended.
    public var summary: TrainingSummary
    /// The model folder; nil after an interruption, which leaves a checkpoint.
    public var modelFolder: URL?
    /// The record that the folder holds.
    public var record: TrainingRecord
    /// The run's number in the workspace.
    public var run: Int64
}

/// The deviation of initial weights that a recipe uses where it is given none.
func defaultDeviation(hiddenSize: Int) -> Float {
    0.02 * (768 / Float(hiddenSize)).squareRoot()
}

func checkSizes(
    layerCount: Int, headCount: Int, hiddenSize: Int, dropoutProbability: Float,
    validationFraction: Double, initializerDeviation: Float? = nil
) throws {
    try OptionCheck.sizes([("layers", layerCount), ("heads", headCount)])
    try OptionCheck.require(
        hiddenSize >= 1 && hiddenSize % headCount == 0, "width",
        "a multiple of the \(headCount) heads", hiddenSize)
    try OptionCheck.sizes([("width", hiddenSize)])
    if let initializerDeviation {
        try OptionCheck.require(
            initializerDeviation > 0 && initializerDeviation.isFinite,
            "deviation of initial weights", "above 0", initializerDeviation)
    }
    try OptionCheck.common(
        dropoutProbability: dropoutProbability, validationFraction: validationFraction)
}
