import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What fine-tuning teaches a pretrained model.
public enum FinetuningTask: String, Sendable, Hashable, Codable, CaseIterable {
    /// To name the class of a text, or of a pair where the documents have one.
    case classification
    /// To name the class of a pair of texts; every document must have one.
    case pairClassification
    /// To give a text, or a pair, a score; the labels are numbers.
    case regression

    /// As the run is recorded: the command that does it.
    var kind: String {
        switch self {
        case .classification: "finetune classify"
        case .pairClassification: "finetune pair"
        case .regression: "finetune regress"
        }
    }
}

/// Fine-tunes a pretrained model to name the class of a text or a pair of texts, or to give it a score,
/// and writes a new model folder.
///
/// Classes are the labels of the train split, in byte order; scores are the labels read as numbers. For a BERT a
/// pair is encoded as `[CLS] text [SEP] pair [SEP]` with type ids 0 and 1, for a GPT as
/// ``FinetuningOptions/inputs`` says, and cut longest first.
/// Validation is on the validation split or, where the corpus has none, on some of the training texts,
/// drawn by the seed.
/// - Parameters:
///   - task: What to teach.
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus whose documents have labels.
///   - base: The folder of a pretrained GPT or BERT in Hugging Face's layout, ours or published, or of a
///     fine-tuned model to continue from the same encoder.
///   - options: How to train.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, `StoreError` for a corpus that does not exist, or `ModelError` for
///   a folder that cannot be read.
@discardableResult
public func finetune(
    _ task: FinetuningTask = .classification, workspace: Workspace, corpus: String,
    from base: URL, options: FinetuningOptions = FinetuningOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<FinetuningOptions>.checkOutput(output)
    let folder = try TrainedModelFolder(base)
    let recipe = SequenceRecipe(
        task: task, workspace: workspace, corpus: corpus, tokenizer: folder.tokenizer,
        options: options, training: options.training,
        validationFraction: options.validationFraction, maxLength: options.maxLength,
        keepsBest: options.keepsBest, augmentation: options.augmentation,
        languageModelWeight: options.languageModelWeight, output: output,
        dependencies: ["base": try DurableFiles.checksum(weightsIn: base)],
        baseModel: options.fromScratch ? nil : base.lastPathComponent)
    return try recipe.train(onEvent: onEvent, shouldStop: shouldStop) { head in
        try makeClassifier(folder, head: head, options: options)
    }
}

/// A model with a fresh head on the folder's encoder, or on random weights of the same sizes.
private func makeClassifier(
    _ folder: TrainedModelFolder, head: SequenceHead, options: FinetuningOptions
) throws -> SequenceClassifier {
    let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights).derived(1)
    switch try folder.backbone(options) {
    case .bert(let bert): return SequenceClassifier(bert: bert, head: head, key: key)
    case .gpt(let gpt, let form):
        return SequenceClassifier(
            gpt: gpt, head: head, inputForm: form,
            dropoutProbability: options.dropoutProbability, key: key)
    }
}

/// What fine-tuning begins with, without a head.
enum PretrainedBackbone {
    case bert(BERT)
    /// Nil for texts that stand alone.
    case gpt(GPT, GPTInputForm?)
}

extension TrainedModelFolder {
    /// The folder's GPT or BERT as fine-tuning begins with it, or one of the same sizes with random weights.
    ///
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for another model, `.invalidOption` for a loss of next
    ///   tokens that the model does not have.
    func backbone(_ options: FinetuningOptions) throws -> PretrainedBackbone {
        let summary = try ModelFolder.summary(of: url)
        switch summary.modelType {
        case "bert":
            try OptionCheck.require(
                options.languageModelWeight == 0, "weight of the language model", "0 for a BERT",
                options.languageModelWeight)
            return .bert(try encoder(options))
        case "gpt2", GPTConfig.ownModelType:
            let (gpt, form) = try decoder(summary, options)
            return .gpt(gpt, form)
        default:
            throw TrainingError(
                .badModelFolder(
                    path: url.path,
                    problem: "fine-tuning needs a GPT or BERT, but this is '\(summary.modelType)'",
                    remedy: "choose another folder"))
        }
    }

    /// The folder's GPT with the tokens of an input form, where one is asked for.
    private func decoder(
        _ summary: ModelFolder.Summary, _ options: FinetuningOptions
    ) throws -> (GPT, GPTInputForm?) {
        let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights)
        var (pretrained, form) = try decoder(summary)
        try OptionCheck.require(
            options.languageModelWeight == 0 || pretrained.configuration.tiesEmbeddings,
            "weight of the language model", "0 for a model whose output has weights of its own",
            options.languageModelWeight)
        switch options.inputs {
        case .plain: form = nil
        case .delimited, .bothOrders:
            if form == nil {
                // Behind all that the model has places for.
                form = GPTInputForm(behind: pretrained.configuration.vocabularySize)
                pretrained = pretrained.withMoreTokens(
                    GPTInputForm.tokenCount, key: key.derived(2))
            }
            form?.readsBothOrders = options.inputs == .bothOrders
        }
        var configuration = pretrained.configuration
        if let dropout = options.dropoutProbability {
            configuration.residualDropoutProbability = dropout
            configuration.embeddingDropoutProbability = dropout
            configuration.attentionDropoutProbability = dropout
        }
        var gpt = GPT(configuration, key: key.derived(0))
        if !options.fromScratch { try gpt.copyParameters(of: pretrained) }
        return (gpt, form)
    }

    /// The GPT of a folder, below whatever head it has, and the form of its inputs where it was fine-tuned.
    func decoder(_ summary: ModelFolder.Summary) throws -> (GPT, GPTInputForm?) {
        let classifier: SequenceClassifier
        if summary.isSequenceClassifier {
            classifier = try load(SequenceClassifier.self)
        } else if summary.isChoiceClassifier {
            classifier = try load(ChoiceClassifier.self).scorer
        } else {
            return (try load(GPT.self), nil)
        }
        guard let gpt = classifier.gpt else { preconditionFailure("a classifier without its GPT") }
        return (gpt, classifier.configuration.inputForm)
    }
}

extension TrainedModelFolder {
    /// The folder's BERT as fine-tuning begins with it, or one of the same sizes with random weights.
    ///
    /// The heads of other tasks are left aside.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model that is no BERT.
    func encoder(_ options: FinetuningOptions) throws -> BERT {
        try encoder(
            dropoutProbability: options.dropoutProbability,
            key: RandomKey(seed: options.training.seed, stream: RecipeSite.weights),
            fromScratch: options.fromScratch)
    }

    /// The same with its parts said: a dropout of nil is that of the folder.
    func encoder(
        dropoutProbability: Float?, key: RandomKey, fromScratch: Bool = false
    ) throws -> BERT {
        let type = try ModelFolder.summary(of: url).modelType
        guard type == "bert" else {
            throw TrainingError(
                .badModelFolder(
                    path: url.path,
                    problem: "fine-tuning an encoder needs a BERT, but this is '\(type)'",
                    remedy: "choose another folder"))
        }
        let pretrained = try load(BERT.self)
        var configuration = pretrained.configuration
        if let dropoutProbability {
            configuration.hiddenDropoutProbability = dropoutProbability
            configuration.attentionDropoutProbability = dropoutProbability
        }
        var bert = BERT(configuration, key: key.derived(0))
        if pretrained.pooler == nil { bert.pooler = nil }
        if !fromScratch { try bert.copyParameters(of: pretrained) }
        return bert
    }
}

extension Module {
    /// Takes over every parameter of a module with the same paths and shapes.
    fileprivate mutating func copyParameters(of other: some Module) throws {
        try load(Dictionary(uniqueKeysWithValues: other.parameters.map { ($0.path, $0.tensor) }))
    }
}
