import SesameModels
import SesameStore
import SesameText

/// How an n-gram model is counted.
public struct NgramOptions: Sendable, Hashable, Codable {
    /// The longest n-gram.
    public var order = 5
    /// How counts become probabilities.
    public var smoothing = NgramSmoothing.modified
    /// Taken from every count instead of discounts that are estimated; nil estimates.
    public var discount: Double?
    /// Share at the end of the text held out, where the corpus has no validation split.
    public var validationFraction = 0.1

    /// The defaults above.
    public init() {}

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try OptionCheck.require(
            (1...NgramConfig.largestOrder).contains(order), "order",
            "from 1 to \(NgramConfig.largestOrder)", order)
        if let discount, !(discount > 0 && discount <= 1) {
            throw TrainingError(
                .invalidOption(
                    name: "discount", expected: "above 0 and at most 1", found: "\(discount)"))
        }
        try OptionCheck.require(
            (0..<0.9).contains(validationFraction), "validation share", "0 or more and below 0.9",
            validationFraction)
    }
}

/// Counts the n-grams of a corpus, smooths them after Kneser and Ney, and writes the model's folder.
///
/// The train split is counted; validation is on the validation split or, where the corpus has none, on
/// the last part of the text.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name.
///   - tokenizer: Makes the tokens.
///   - options: Order and smoothing.
///   - output: Where to write the model; there are no checkpoints to resume from.
///   - onEvent: Told of progress, on this thread.
/// - Throws: ``TrainingError``, or `StoreError` for a corpus that does not exist.
@discardableResult
public func trainNgram(
    workspace: Workspace, corpus: String, tokenizer: Tokenizer,
    options: NgramOptions = NgramOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }
) throws -> RecipeResult {
    try options.validate()
    var output = output
    output.resuming = false
    try RecipeRunner<NgramOptions>.checkOutput(output)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
        let (train, validation) = try reader.textStreams(
            validationFraction: options.validationFraction)
        guard train.count > 0 else {
            throw TrainingError(
                .notEnoughData(
                    what: "counting n-grams", needed: "a token or more",
                    found: "none in the train split of \(corpus)", remedy: "import more text"))
        }
        let runner = RecipeRunner(
            kind: "pretrain ngram", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: TrainingOptions(),
            dependencies: [
                "corpus": corpus, "training tokens": train.contentHash,
                "validation tokens": validation.contentHash,
            ], sizes: ["trainTokens": train.count, "validationTokens": validation.count])
        var configuration = NgramConfig(
            vocabularySize: tokenizer.vocabulary.count, order: options.order,
            smoothing: options.smoothing, endTokenID: tokenizer.endID.map(Int.init))
        if let discount = options.discount {
            configuration.discounts = [[Double]](
                repeating: [discount, discount, discount], count: options.order)
        }
        let record = TrainingRecord.draft(
            .nextToken, maxLength: options.order, corpus: corpus, tokenizer: tokenizer,
            options: TrainingOptions())
        return try runner.make(record: record, onEvent: onEvent) {
            try onEvent(.preparing("counting \(train.count) tokens"))
            let model = try NgramModel(
                counting: train[0..<train.count], configuration: configuration)
            try onEvent(.preparing("measuring on \(validation.count) tokens"))
            let metrics = NgramEvaluation.metrics(of: model, on: validation)
            return (model, train.count, metrics)
        }
    }
}
