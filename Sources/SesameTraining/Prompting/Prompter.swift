import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A pretrained GPT that is asked questions in its own words, with or without examples, and not trained.
///
///     var prompter = try Prompter(
///         modelFolder: folder, template: PromptTemplate("{text}\nThis was {answer}"),
///         answers: [PromptAnswer(label: "positive", words: "great"), PromptAnswer(label: "negative", words: "bad")])
///     let result = try prompter.answer(LabelledText("A delight from start to end."))
///
/// A prompt is encoded as one text, and an answer's tokens are those that prompt and answer have beyond the
/// prompt's. Where prompt and answer do not fit into the model's context, examples are left out, those
/// farthest from the question first; a question is never cut.
///
/// Source: Radford et al. 2019, Language Models are Unsupervised Multitask Learners; Brown et al. 2020,
/// Language Models are Few-Shot Learners, https://arxiv.org/abs/2005.14165.
public struct Prompter: Sendable {
    /// The model.
    public let model: GPT
    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// How texts become questions.
    public let template: PromptTemplate
    /// The possible answers.
    public let answers: [PromptAnswer]
    /// What stands before a question.
    public let examples: PromptExamples
    /// How questions are put, and answers scored.
    public let options: PromptOptions

    /// The answers' words, by their labels.
    let words: [String: String]
    private var cache: PromptCache
    /// The answers' probabilities after texts without content, by the examples that stand before them.
    private var biases: [[Int]: [Double]] = [:]

    /// Loads the folder of a GPT.
    ///
    /// - Parameters:
    ///   - modelFolder: Ours or a published one.
    ///   - template: How texts become questions.
    ///   - answers: The possible answers, with different labels. Where the model writes its answers there may be none.
    ///   - examples: What to choose examples from.
    ///   - options: How many of them, and how answers are scored.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another kind, `.invalidOption`
    ///   for two answers of one label, an answer without words or more examples than there are, `.badLabel` for an example
    ///   whose label no answer has.
    public init(
        modelFolder: URL, template: PromptTemplate, answers: [PromptAnswer],
        examples: PromptExamples = .none, options: PromptOptions = PromptOptions()
    ) throws {
        try options.validate()
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.nextToken, for: "prompting")
        let kind = try ModelKind.of(modelFolder)
        guard let gpt = try kind.load(modelFolder) as? GPT else {
            throw TrainingError(
                .badModelFolder(
                    path: modelFolder.path,
                    problem: "prompting needs a GPT, but this is '\(kind.modelType)'",
                    remedy: "choose another folder"))
        }
        model = gpt
        tokenizer = folder.tokenizer
        self.template = template
        self.answers = answers
        self.examples = examples
        self.options = options
        words = Dictionary(
            answers.map { ($0.label, $0.words) }, uniquingKeysWith: { first, _ in first })
        cache = gpt.makePromptCache()
        guard words.count == answers.count else {
            throw TrainingError(
                .invalidOption(
                    name: "labels of the answers", expected: "all different",
                    found: answers.map(\.label).joined(separator: ", ")))
        }
        guard options.shotCount <= examples.texts.count else {
            throw TrainingError(
                .invalidOption(
                    name: "number of examples",
                    expected: "at most the \(examples.texts.count) labelled texts to choose from",
                    found: "\(options.shotCount)"))
        }
        for answer in answers {
            try OptionCheck.require(
                !answer.words.isEmpty, "words of the answer '\(answer.label)'", "one or more",
                "none")
        }
        for text in examples.texts where options.shotCount > 0 { _ = try words(for: text) }
    }

    /// Scores every answer to the question about a text.
    ///
    /// - Returns: The likeliest answer, and all figures; a question that is too long for the model has neither.
    /// - Throws: ``TrainingError`` with code `.invalidOption` where there are no answers, or one has no token.
    public mutating func answer(_ text: LabelledText) throws -> PromptResult {
        guard !answers.isEmpty else {
            throw TrainingError(
                .invalidOption(
                    name: "answers", expected: "at least one to score", found: "none"))
        }
        let prompt = try scoringPrompt(text)
        var result = PromptResult(prompt)
        guard !prompt.isTooLong else { return result }
        result.logLikelihoods = try likelihoods(of: prompt)
        result.tokenCounts = prompt.answers.map(\.count)
        result.probabilities = probabilities(result.logLikelihoods, of: prompt)
        if !options.contentFree.isEmpty {
            let bias = try bias(after: prompt.examples, like: text)
            // An answer that nothing calls for has a probability of almost 0, which must not become infinite.
            let ratios = zip(result.probabilities, bias).map { $0 / max($1, 1e-30) }
            let sum = ratios.reduce(0, +)
            result.probabilities = ratios.map { $0 / sum }
        }
        var best = 0
        for index in answers.indices
        where result.probabilities[index] > result.probabilities[best] {
            best = index
        }
        result.label = answers[best].label
        return result
    }

    /// Lets the model write the answer to the question about a text: the likeliest token each time, up to a
    /// line's end.
    ///
    /// - Parameters:
    ///   - text: What is asked about.
    ///   - tokenCount: Most tokens of an answer.
    /// - Returns: What it wrote, without spaces around; its label, where these are the words of an answer.
    public func generate(_ text: LabelledText, tokenCount: Int) throws -> PromptResult {
        try OptionCheck.count(tokenCount, "tokens to write")
        let prompt = try writingPrompt(text, tokenCount: tokenCount)
        var result = PromptResult(prompt)
        guard !prompt.isTooLong else { return result }
        var sampler = Sampler.greedy
        var written = ""
        _ = try TextGenerator(model: model, tokenizer: tokenizer).generate(
            prompt: prompt.text, count: tokenCount, sampler: &sampler,
            precision: options.precision
        ) { piece in
            written += piece
            return !written.drop(while: \.isWhitespace).contains(where: \.isNewline)
        }
        var answer = written.drop(while: \.isWhitespace).prefix { !$0.isNewline }
        while answer.last?.isWhitespace == true { answer.removeLast() }
        result.generated = String(answer)
        result.label =
            answers.isEmpty ? String(answer) : answers.first { $0.words == answer }?.label
        return result
    }

    /// The logarithm of each answer's probability after a prompt.
    private mutating func likelihoods(of prompt: Prompt) throws -> [Double] {
        try model.logLikelihoods(
            of: prompt.answers, after: prompt.ids, cache: &cache, precision: options.precision
        ).map { $0.reduce(0.0) { $0 + Double($1) } }
    }

    /// Probabilities of the answers alone, in proportion to e to the power of their scores.
    private func probabilities(_ likelihoods: [Double], of prompt: Prompt) -> [Double] {
        let scores = zip(likelihoods, prompt.answers).map {
            options.scoring == .sum ? $0 : $0 / Double($1.count)
        }
        let highest = scores.max() ?? 0
        let weights = scores.map { exp($0 - highest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The answers' mean probabilities after texts without content, behind the given examples.
    private mutating func bias(after examples: [Int], like text: LabelledText) throws -> [Double] {
        if let known = biases[examples] { return known }
        var sum = [Double](repeating: 0, count: answers.count)
        for prompt in try contentFreePrompts(examples, like: text) {
            let found = probabilities(try likelihoods(of: prompt), of: prompt)
            for index in answers.indices {
                sum[index] += found[index] / Double(options.contentFree.count)
            }
        }
        biases[examples] = sum
        return sum
    }
}

extension PromptResult {
    fileprivate init(_ prompt: Prompter.Prompt) {
        self.init(
            prompt: prompt.text, promptTokenCount: prompt.ids.count,
            exampleCount: prompt.examples.count, droppedCount: prompt.droppedCount,
            isTooLong: prompt.isTooLong)
    }
}
