import SesameModels
import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model that a suite is run with: which tasks it can learn, and how.
struct SuiteLearner {
    /// What the model is, as far as learning from it goes.
    enum Kind: String {
        case bert = "a BERT"
        case gpt = "a GPT"
        /// It stays as it is, and its words' vectors are what is learnt from.
        case elmo = "an ELMo"
    }

    let folder: TrainedModelFolder
    let options: SuiteOptions
    let kind: Kind

    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model that nothing can be learnt from.
    init(model: URL, options: SuiteOptions) throws {
        folder = try TrainedModelFolder(model)
        self.options = options
        let type = try ModelFolder.summary(of: model).modelType
        switch type {
        case "bert": kind = .bert
        case "gpt2", GPTConfig.ownModelType: kind = .gpt
        case ELMoConfig.modelType: kind = .elmo
        default:
            throw TrainingError(
                .badModelFolder(
                    path: model.path,
                    problem: "a suite needs a GPT, a BERT or an ELMo, but this is '\(type)'",
                    remedy: "choose another folder"))
        }
    }

    /// Why the model cannot be put to a task; nil where it can.
    func reason(against task: EvaluationSet.Task) -> String? {
        func needs(_ what: String, _ kinds: Kind...) -> String? {
            guard !kinds.contains(kind) else { return nil }
            return "\(what) needs \(kinds.map(\.rawValue).joined(separator: " or ")), "
                + "and this is \(kind.rawValue)"
        }
        return switch task {
        case .classification, .pairClassification, .regression: nil
        case .tagging: needs("tagging", .bert, .elmo)
        case .questionAnswering: needs("answering questions", .bert)
        case .multipleChoice: needs("multiple choice", .bert, .gpt)
        }
    }

    /// Trains on a set as the single function would.
    func train(
        _ set: EvaluationSet, seed: UInt64, workspace: Workspace, output: ModelOutput,
        onEvent: (TrainerEvent) throws -> Void, shouldStop: () -> Bool
    ) throws -> RecipeResult {
        func adjusted(_ options: FinetuningOptions) -> FinetuningOptions {
            var result = options
            result.training = set.adjusted(result.training, seed: seed)
            if let length = set.maxLength { result.maxLength = length }
            return result
        }
        switch set.task {
        case .classification:
            return try classify(.classification)
        case .pairClassification:
            return try classify(.pairClassification)
        case .regression:
            return try classify(.regression)
        case .tagging:
            guard kind == .elmo else {
                var tagger = options.encoderTagger
                tagger.finetuning = adjusted(tagger.finetuning)
                return try finetuneTagger(
                    workspace: workspace, corpus: set.name, from: folder.url, options: tagger,
                    output: output, onEvent: onEvent, shouldStop: shouldStop)
            }
            var tagger = options.tagger
            tagger.training = set.adjusted(tagger.training, seed: seed)
            tagger.vectors = .model(folder.url.path)
            return try finetuneTagger(
                workspace: workspace, corpus: set.name, options: tagger, output: output,
                onEvent: onEvent, shouldStop: shouldStop)
        case .questionAnswering:
            var spans = options.spans
            spans.finetuning = adjusted(spans.finetuning)
            if let overlap = set.windowOverlap { spans.windowOverlap = overlap }
            return try finetuneSpans(
                workspace: workspace, corpus: set.name, from: folder.url, options: spans,
                output: output, onEvent: onEvent, shouldStop: shouldStop)
        case .multipleChoice:
            return try finetuneChoice(
                workspace: workspace, corpus: set.name, from: folder.url,
                options: adjusted(options.choice), output: output, onEvent: onEvent,
                shouldStop: shouldStop)
        }

        func classify(_ task: FinetuningTask) throws -> RecipeResult {
            guard kind == .elmo else {
                return try finetune(
                    task, workspace: workspace, corpus: set.name, from: folder.url,
                    options: adjusted(options.finetuning), output: output, onEvent: onEvent,
                    shouldStop: shouldStop)
            }
            var textCNN = options.textCNN
            textCNN.training = set.adjusted(textCNN.training, seed: seed)
            textCNN.vectors = .model(folder.url.path)
            if let length = set.maxLength { textCNN.maxLength = length }
            return try trainTextCNN(
                task, workspace: workspace, corpus: set.name, tokenizer: folder.tokenizer,
                options: textCNN, output: output, onEvent: onEvent, shouldStop: shouldStop)
        }
    }
}

extension EvaluationSet {
    /// The settings with the seed and what the set wants other than the rest.
    fileprivate func adjusted(_ training: TrainingOptions, seed: UInt64) -> TrainingOptions {
        var result = training
        result.seed = seed
        if let epochs { result.limit = .epochs(epochs) }
        if let learningRate { result.learningRate = learningRate }
        if let batchSize { result.batchSize = batchSize }
        return result
    }
}
