import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Fine-tunes a pretrained model to name the class of a text, and writes a new model folder.
///
/// The classes are the labels of the train split, in byte order. Validation is on the validation
/// split or, where the corpus has none, on some of the training texts, drawn by the seed.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The name of a corpus whose documents have labels.
///   - base: The folder of a pretrained GPT or BERT, or of a classifier to continue from the same
///     encoder.
///   - options: How to train.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, ``StoreError`` for a corpus that does not exist, or `ModelError` for
///   a folder that cannot be read.
@discardableResult
public func finetuneClassifier(
    workspace: Workspace, corpus: String, from base: URL,
    options: ClassifierOptions = ClassifierOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<ClassifierOptions>.checkOutput(output)
    let folder = try TrainedModelFolder(base)
    let tokenizer = folder.tokenizer
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: tokenizer, onEvent: onEvent)
        var train = try reader.labelled(.train)
        var validation = try reader.labelled(.validation)
        let labels = ClassificationDataset.discoverLabels(train.compactMap(\.label))
        guard labels.count >= 2 else {
            throw TrainingError(
                .badLabel(
                    problem: "the train split of \(corpus) has \(labels.count) different labels, "
                        + "expected two or more",
                    remedy: "import with the column that holds the labels"))
        }
        let seed = options.training.seed
        if validation.isEmpty, options.validationFraction > 0 {
            var order = Array(train.indices)
            var generator = DataSite.generator(seed: seed, site: RecipeSite.holdOut, epoch: 0)
            generator.shuffle(&order)
            let cut = Int((1 - options.validationFraction) * Double(train.count))
            validation = order[cut...].map { train[$0] }
            train = order[..<cut].map { train[$0] }
        }
        let model = try makeClassifier(folder, labels: labels, options: options)
        let maxLength = min(options.maxLength ?? .max, model.maxSequenceLength)
        let encoder = ExampleEncoder(tokenizer: tokenizer, labels: labels, maxLength: maxLength)
        let paddingID = tokenizer.paddingID ?? 0
        try onEvent(.preparing("tokenising \(train.count + validation.count) texts"))
        let task = ClassificationTask(
            data: try ClassificationDataset(
                examples: encoder.encode(train), batchSize: options.training.batchSize,
                paddingID: paddingID, seed: seed),
            validation: try encoder.encode(validation))
        var training = options.training
        if training.evaluationInterval == nil, case .epochs = training.limit {
            // Once an epoch, which is what fine-tuning is usually judged by.
            let batches = task.data.batchCount(inEpoch: 0)
            training.evaluationInterval = max(1, batches / training.accumulationSteps)
        }
        let runner = RecipeRunner(
            kind: "finetune classify", workspace: workspace, tokenizer: tokenizer, output: output,
            options: options, training: training,
            dependencies: [
                "corpus": corpus,
                "base": try DurableFiles.checksum(
                    base.appendingPathComponent(ModelFolder.weights)),
                "trainTexts": "\(train.count)", "validationTexts": "\(validation.count)",
            ])
        return try runner.train(
            model: model, task: task, keepsBest: options.keepsBest,
            record: .draft(
                .classification, labels: labels, maxLength: maxLength, corpus: corpus,
                tokenizer: tokenizer, options: training,
                baseModel: options.fromScratch ? nil : base.lastPathComponent),
            onEvent: onEvent, shouldStop: shouldStop)
    }
}

/// A classifier with a fresh head on the folder's model, or on random weights of the same sizes.
private func makeClassifier(
    _ folder: TrainedModelFolder, labels: [String], options: ClassifierOptions
) throws -> SequenceClassifier {
    let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights)
    let summary = try ModelFolder.summary(of: folder.url)
    switch summary.modelType {
    case "bert":
        let pretrained =
            if summary.isSequenceClassifier {
                try folder.load(SequenceClassifier.self).bert
            } else {
                try folder.load(BERTForPretraining.self).bert as BERT?
            }
        guard let pretrained else { break }
        var configuration = pretrained.configuration
        if let dropout = options.dropoutProbability {
            configuration.hiddenDropoutProbability = dropout
            configuration.attentionDropoutProbability = dropout
        }
        var bert = BERT(configuration, key: key.derived(0))
        if !options.fromScratch { try bert.copyParameters(of: pretrained) }
        return SequenceClassifier(bert: bert, labels: labels, key: key.derived(1))
    case "gpt2":
        let pretrained =
            if summary.isSequenceClassifier {
                try folder.load(SequenceClassifier.self).gpt
            } else {
                try folder.load(GPT.self) as GPT?
            }
        guard let pretrained else { break }
        var configuration = pretrained.configuration
        if let dropout = options.dropoutProbability {
            configuration.residualDropoutProbability = dropout
            configuration.embeddingDropoutProbability = dropout
            configuration.attentionDropoutProbability = dropout
        }
        var gpt = GPT(configuration, key: key.derived(0))
        if !options.fromScratch { try gpt.copyParameters(of: pretrained) }
        return SequenceClassifier(
            gpt: gpt, labels: labels, dropoutProbability: options.dropoutProbability,
            key: key.derived(1))
    default: break
    }
    throw TrainingError(
        .badModelFolder(
            path: folder.url.path,
            problem: "a classifier needs a GPT or BERT, but this is '\(summary.modelType)'",
            remedy: "choose another folder"))
}

extension Module {
    /// Takes over every parameter of a module with the same paths and shapes.
    fileprivate mutating func copyParameters(of other: some Module) throws {
        try load(Dictionary(uniqueKeysWithValues: other.parameters.map { ($0.path, $0.tensor) }))
    }
}
