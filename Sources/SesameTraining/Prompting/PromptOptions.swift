import SesameTensor

/// A possible answer to a question, and the words that say it.
public struct PromptAnswer: Sendable, Hashable, Codable {
    /// The label that a document with this answer has.
    public var label: String
    /// What the model is to say.
    public var words: String

    /// An answer; the words are the label unless told otherwise.
    public init(label: String, words: String? = nil) {
        self.label = label
        self.words = words ?? label
    }
}

/// How the words of an answer are scored.
public enum PromptScoring: String, Sendable, Hashable, Codable, CaseIterable {
    /// The sum of its tokens' log-probabilities: the probability of the words as they are.
    case sum
    /// The mean of them, so that an answer of many tokens is not at a disadvantage (Brown et al. 2020,
    /// section 2.4).
    case mean
}

/// How questions are put to a language model, and its answers scored.
///
/// Source: Brown et al. 2020, Language Models are Few-Shot Learners, https://arxiv.org/abs/2005.14165, section 2.
public struct PromptOptions: Sendable, Hashable, Codable {
    /// Examples before each question: 0 for zero-shot, 1 for one-shot.
    public var shotCount = 0
    /// What the task is, in words, before the examples; empty for nothing.
    public var instruction = ""
    /// Between instruction, examples and question.
    public var separator = "\n\n"
    /// How answers are scored.
    public var scoring = PromptScoring.sum
    /// Texts without content, which a fair model would answer with each answer alike; empty for no calibration.
    ///
    /// The answers' probabilities, together 1, are divided by those that the answers have after these
    /// texts, on average, and brought to a sum of 1 again.
    ///
    /// Source: Zhao et al. 2021, Calibrate Before Use, https://arxiv.org/abs/2102.09690, section 5; they take
    /// ``usualContentFree``.
    public var contentFree: [String] = []
    /// The precision of matrix products.
    public var precision = Precision.float32

    /// The texts that Zhao et al. calibrate with.
    public static let usualContentFree = ["N/A", "", "[MASK]"]

    /// Zero-shot, scored by the sum, without calibration.
    public init() {}

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        guard shotCount >= 0 else {
            throw TrainingError(
                .invalidOption(
                    name: "number of examples", expected: "0 or more", found: "\(shotCount)"))
        }
    }
}

/// What a model says to one question.
public struct PromptResult: Sendable, Hashable {
    /// The likeliest answer's label, or of a generated answer the one whose words it is; nil where there is
    /// none: the question alone is too long for the model, or a generated answer is something else.
    public var label: String?
    /// The answers' probabilities, together 1; empty where answers were not scored.
    public var probabilities: [Double] = []
    /// The natural logarithm of each answer's probability after the prompt, summed over its tokens.
    public var logLikelihoods: [Double] = []
    /// How many tokens each answer has.
    public var tokenCounts: [Int] = []
    /// What the model wrote, where it was to write.
    public var generated: String?
    /// The prompt as the model read it.
    public var prompt: String
    /// How many tokens it has.
    public var promptTokenCount: Int
    /// How many examples stand in it.
    public var exampleCount: Int
    /// How many examples there was no room for: those farthest from the question.
    public var droppedCount: Int
    /// Whether even the question alone is too long for the model; then nothing was asked.
    public var isTooLong = false
}
