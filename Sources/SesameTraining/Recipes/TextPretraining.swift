import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The options of a language model that is pretrained on one stream of tokens.
protocol TextPretrainingOptions: Codable, Sendable {
    /// Tokens the model looks at.
    var contextLength: Int { get }
    /// Tokens a row of a batch.
    var rowLength: Int { get }
    /// Share at the end of the text held out, where the corpus has no validation split.
    var validationFraction: Double { get }
    /// A file of word vectors that the model begins with.
    var vectors: String? { get }
    /// How to train.
    var training: TrainingOptions { get }
    /// Checks every value.
    func validate() throws
}

extension TextPretrainingOptions {
    var rowLength: Int { contextLength }
    var vectors: String? { nil }

    /// The vectors of the file, if there is one.
    func readVectors(
        for tokenizer: Tokenizer, _ onEvent: (TrainerEvent) throws -> Void
    ) throws -> WordVectorTable? {
        guard let vectors else { return nil }
        try onEvent(.preparing("reading word vectors"))
        return try WordVectorTable(URL(fileURLWithPath: vectors), for: tokenizer.vocabulary)
    }
}

extension GPTPretrainingOptions: TextPretrainingOptions {}
extension RNNPretrainingOptions: TextPretrainingOptions {}
extension NNLMPretrainingOptions: TextPretrainingOptions {
    var rowLength: Int { Self.windowLength }
}

/// A task over a training text and a held-out one, which lets the model write before it is judged.
protocol TextTask: TrainingTask where Model: PretrainedModel & TextContinuing {
    var beforeEvaluation: (@Sendable (Model) -> Void)? { get set }
}

extension NextTokenTask: TextTask {}
extension RNNTask: TextTask {}
extension NNLMTask: TextTask {}

/// Pretrains a language model on the stream of tokens that a corpus's train split is.
///
/// Validation is on the whole validation split or, where the corpus has none, on the last part of the stream.
/// - Parameters:
///   - kind: The recipe, as runs name it.
///   - body: Makes the model, with random weights of the given key, and what it is trained by, from the training
///     text and the held-out one, which is nil where there are no two tokens of it, and the word vectors to begin with.
func pretrainOnText<Options: TextPretrainingOptions, Task: TextTask>(
    _ kind: String, workspace: Workspace, corpus: String, tokenizer: Tokenizer, options: Options,
    output: ModelOutput, onEvent: (TrainerEvent) throws -> Void, shouldStop: () -> Bool,
    body: (
        _ train: PackedTokens, _ validation: PackedTokens?, _ vectors: WordVectorTable?,
        _ key: RandomKey
    ) throws -> (model: Task.Model, task: Task)
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<Options>.checkOutput(output)
    let vectors = try options.readVectors(for: tokenizer, onEvent)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
        let (train, validation) = try reader.textStreams(
            validationFraction: options.validationFraction)
        let heldOut = validation.count > 1 ? validation : nil
        var (model, task) = try body(
            train, heldOut, vectors,
            RandomKey(seed: options.training.seed, stream: RecipeSite.weights))
        let recorder = try SampleRecorder<Task.Model>(
            tokenizer: tokenizer, stream: heldOut ?? train, training: options.training,
            contextLength: options.rowLength)
        task.beforeEvaluation = recorder.see
        var dependencies = [
            "corpus": corpus, "training tokens": train.contentHash,
            "validation tokens": validation.contentHash,
        ]
        if let vectors = options.vectors {
            dependencies["word vectors"] = try WordVectorSource.file(vectors).dependency()
        }
        let runner = RecipeRunner(
            kind: kind, workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: options.training, dependencies: dependencies,
            sizes: ["trainTokens": train.count, "validationTokens": validation.count])
        return try runner.train(
            model: model, task: task, keepsBest: false,
            record: .draft(
                .nextToken, maxLength: options.contextLength, corpus: corpus,
                tokenizer: tokenizer, options: options.training),
            recorder: recorder, onEvent: onEvent, shouldStop: shouldStop)
    }
}
