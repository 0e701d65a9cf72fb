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
    /// Word vectors that the token vectors begin with.
    var vectors: InitialVectors? { get }
    /// Values that these must have; nil for any number.
    var vectorSize: Int? { get }
    /// How to train.
    var training: TrainingOptions { get }
    /// Checks every value.
    func validate() throws
}

extension TextPretrainingOptions {
    var rowLength: Int { contextLength }
}

extension GPTPretrainingOptions: TextPretrainingOptions {
    var vectorSize: Int? { hiddenSize }
}
extension RNNPretrainingOptions: TextPretrainingOptions {
    var vectorSize: Int? {
        embeddingSize ?? (tiesEmbeddings ? projectionSize ?? hiddenSize : nil)
    }
}
extension NNLMPretrainingOptions: TextPretrainingOptions {
    var rowLength: Int { Self.windowLength }
    var vectorSize: Int? { nil }
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
    let vectors = try options.vectors?.read(for: tokenizer, size: options.vectorSize, onEvent)
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
            dependencies["word vectors"] = try vectors.dependency()
        }
        let runner = RecipeRunner(
            kind: kind, workspace: workspace, tokenizer: tokenizer, output: output,
            options: options,
            // All three models name their table so.
            training: options.training.freezing([(options.vectors, "tokenEmbedding.weight")]),
            dependencies: dependencies,
            sizes: ["trainTokens": train.count, "validationTokens": validation.count])
        return try runner.train(
            model: model, task: task, keepsBest: false,
            record: .draft(
                .nextToken, maxLength: options.contextLength, corpus: corpus,
                tokenizer: tokenizer, options: options.training),
            recorder: recorder, onEvent: onEvent, shouldStop: shouldStop)
    }
}
