import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How the sets of a suite are trained on.
public struct SuiteOptions: Sendable {
    /// A training for each; the mean over them is what counts.
    public var seeds: [UInt64] = [1, 2, 3]
    /// For pretrained encoders.
    public var finetuning = FinetuningOptions()
    /// For classifiers over the vectors of a model that is not trained further itself, as ELMo.
    public var textCNN = TextCNNOptions()
    /// For taggers over such vectors.
    public var tagger = TaggerOptions()
    /// Whether the fine-tuned models stay; the figures do in any case.
    public var keepsModels = false

    /// The defaults of each kind of fine-tuning, with three seeds.
    public init() {}
}

/// What a suite does, told while it runs.
public enum SuiteEvent: Sendable {
    /// A set's training with a seed begins.
    case began(set: String, seed: UInt64, index: Int, count: Int)
    /// What that training tells.
    case training(TrainerEvent)
    /// It has been scored.
    case scored(SuiteResult)
}

/// Fine-tunes a model on each set of a suite, with each seed, and scores it.
///
/// Every training and every figure is that of the single functions (``finetune(_:workspace:corpus:from:options:output:onEvent:shouldStop:)``,
/// ``trainTextCNN(_:workspace:corpus:tokenizer:options:output:onEvent:shouldStop:)``, ``finetuneTagger(workspace:corpus:options:output:onEvent:shouldStop:)``
/// and ``evaluate(modelFolder:workspace:corpus:split:precision:beamSize:onEvent:)``). A suite that was stopped, or whose process was
/// killed, goes on where it was when it is called again with `resuming`.
/// - Parameters:
///   - suite: The sets.
///   - data: The folder that their paths are relative to.
///   - model: The folder of a pretrained GPT or BERT, or of a model of vectors in context (ELMo), which stays as it is
///     below a convolutional classifier or a BiLSTM-CRF tagger.
///   - options: Seeds and settings.
///   - folder: Gets `results.json`, the workspace `suite.sqlite` and, where they are kept, the models.
///   - resuming: Whether results in `folder` are added to; otherwise there must be none.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, the suite ends with what it has.
/// - Returns: What has been done; ``SuiteReport/isComplete`` is false after a stop.
/// - Throws: ``TrainingError``, `StoreError` for a set that cannot be read.
public func evaluateSuite(
    _ suite: EvaluationSuite, data: URL, model: URL, options: SuiteOptions = SuiteOptions(),
    folder: URL, resuming: Bool = false,
    onEvent: (SuiteEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> SuiteReport {
    try suite.validate()
    try SuiteRunner.check(options)
    let runner = try SuiteRunner(
        suite: suite, data: data, model: model, options: options, folder: folder)
    var report = try runner.report(resuming: resuming)
    let workspace = try runner.openWorkspace()
    let count = suite.sets.count * options.seeds.count
    for set in suite.sets {
        for seed in options.seeds {
            defer { runner.removeModel(set, seed, of: report) }
            guard report.result(set, seed) == nil else { continue }
            if shouldStop() { return report }
            try onEvent(
                .began(set: set.name, seed: seed, index: report.results.count, count: count))
            try runner.importSet(set, into: workspace)
            let result = try withoutActuallyEscaping(onEvent) { onEvent in
                try runner.run(
                    set, seed: seed, workspace: workspace, onEvent: { try onEvent(.training($0)) },
                    shouldStop: shouldStop)
            }
            guard let result else { return report }
            report.results.append(result)
            try runner.save(report)
            try onEvent(.scored(result))
        }
    }
    return report
}

/// The pieces of ``evaluateSuite(_:data:model:options:folder:resuming:onEvent:shouldStop:)``.
private struct SuiteRunner {
    let suite: EvaluationSuite
    let data: URL
    let model: URL
    let options: SuiteOptions
    let folder: URL
    let modelFolder: TrainedModelFolder
    /// Whether the model stays as it is, and its words' vectors are what is learnt from.
    let givesVectors: Bool

    private var resultsFile: URL { folder.appendingPathComponent("results.json") }

    static func check(_ options: SuiteOptions) throws {
        guard !options.seeds.isEmpty, Set(options.seeds).count == options.seeds.count else {
            throw TrainingError(
                .invalidOption(
                    name: "seeds of the suite", expected: "one or more, all different",
                    found: "\(options.seeds)"))
        }
    }

    init(
        suite: EvaluationSuite, data: URL, model: URL, options: SuiteOptions, folder: URL
    ) throws {
        self.suite = suite
        self.data = data
        self.model = model
        self.options = options
        self.folder = folder
        modelFolder = try TrainedModelFolder(model)
        givesVectors = try ModelKind.of(model).modelType == ELMoConfig.modelType
    }

    /// What the figures depend on.
    private struct Fingerprint: Encodable {
        var weights: String
        var tokenizer: String
        var finetuning: FinetuningOptions
        var textCNN: TextCNNOptions
        var tagger: TaggerOptions
    }

    private func fingerprint() throws -> String {
        let encoded = try DurableFiles.encodeJSON(
            Fingerprint(
                weights: DurableFiles.checksum(weightsIn: model),
                tokenizer: modelFolder.tokenizer.fingerprint, finetuning: options.finetuning,
                textCNN: options.textCNN, tagger: options.tagger))
        return encoded.withUnsafeBytes { ContentHash.text(ContentHash.of($0)) }
    }

    /// The results so far, or none yet.
    func report(resuming: Bool) throws -> SuiteReport {
        let fresh = SuiteReport(
            model: model.lastPathComponent, fingerprint: try fingerprint(), suite: suite,
            seeds: options.seeds, results: [])
        guard FileManager.default.fileExists(atPath: resultsFile.path) else {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try save(fresh)
            return fresh
        }
        guard resuming else { throw TrainingError(.exists(path: resultsFile.path)) }
        let report: SuiteReport
        do {
            report = try DurableFiles.decodeJSON(
                SuiteReport.self, from: DurableFiles.read(resultsFile))
        } catch let error as DecodingError {
            throw TrainingError(
                .file(
                    path: resultsFile.path,
                    problem: "expected results of a suite (\(error)); choose another folder"))
        }
        guard report.fingerprint == fresh.fingerprint, report.suite == suite,
            report.seeds == options.seeds
        else {
            throw TrainingError(
                .file(
                    path: resultsFile.path,
                    problem: "it holds results of another model, other sets, seeds or settings; "
                        + "name these again, or choose another folder"))
        }
        return report
    }

    func save(_ report: SuiteReport) throws {
        do {
            try DurableFiles.encodeJSON(report).write(to: resultsFile, options: .atomic)
        } catch {
            throw TrainingError(
                .file(path: resultsFile.path, problem: "could not be written (\(error))"))
        }
    }

    func openWorkspace() throws -> Workspace {
        try Workspace(url: folder.appendingPathComponent("suite.sqlite"))
    }

    /// Imports a set that an earlier call has not.
    func importSet(_ set: EvaluationSet, into workspace: Workspace) throws {
        guard try !workspace.corpora().contains(where: { $0.name == set.name }) else { return }
        // Under its own name it stands only once it is divided.
        let staged = "\(set.name) (being divided)"
        if set.heldOut == nil {
            try workspace.importCorpus(name: set.name, from: set.source(in: data))
            return
        }
        try workspace.importCorpus(
            name: staged, from: set.source(in: data), options: ImportOptions(existing: .replace))
        try workspace.split(
            corpus: staged, validation: set.heldOut?.validation ?? 0,
            test: set.heldOut?.test ?? 0, method: .shuffled(seed: set.heldOut?.seed ?? 1))
        try workspace.renameCorpus(staged, to: set.name)
    }

    private func destination(_ set: EvaluationSet, _ seed: UInt64) -> ModelOutput {
        ModelOutput(
            folder: folder.appendingPathComponent("models/\(set.name)-\(seed)"), resuming: true)
    }

    /// Trains and scores; nil after a stop.
    func run(
        _ set: EvaluationSet, seed: UInt64, workspace: Workspace,
        onEvent: (TrainerEvent) throws -> Void, shouldStop: () -> Bool
    ) throws -> SuiteResult? {
        let output = destination(set, seed)
        let trained = try train(
            set, seed: seed, workspace: workspace, output: output, onEvent: onEvent,
            shouldStop: shouldStop)
        guard let modelFolder = trained.modelFolder else { return nil }
        let report = try evaluate(
            modelFolder: modelFolder, workspace: workspace, corpus: set.name, split: set.scored)
        return SuiteResult(
            set: set.name, seed: seed, metrics: report.metrics, seconds: trained.summary.seconds,
            steps: trained.summary.steps, run: trained.run)
    }

    private func train(
        _ set: EvaluationSet, seed: UInt64, workspace: Workspace, output: ModelOutput,
        onEvent: (TrainerEvent) throws -> Void, shouldStop: () -> Bool
    ) throws -> RecipeResult {
        func adjusted(_ training: TrainingOptions) -> TrainingOptions {
            var result = training
            result.seed = seed
            if let epochs = set.epochs { result.limit = .epochs(epochs) }
            if let rate = set.learningRate { result.learningRate = rate }
            if let size = set.batchSize { result.batchSize = size }
            return result
        }
        guard set.task != .tagging else {
            var tagger = options.tagger
            tagger.training = adjusted(tagger.training)
            guard givesVectors else {
                throw TrainingError(
                    .badModelFolder(
                        path: model.path,
                        problem: "a tagger needs a model that gives words vectors, as ELMo does",
                        remedy: "leave the set \(set.name) out"))
            }
            tagger.vectors = .model(model.path)
            return try finetuneTagger(
                workspace: workspace, corpus: set.name, options: tagger, output: output,
                onEvent: onEvent, shouldStop: shouldStop)
        }
        let task: FinetuningTask =
            switch set.task {
            case .regression: .regression
            case .pairClassification: .pairClassification
            case .classification, .tagging: .classification
            }
        if givesVectors {
            var textCNN = options.textCNN
            textCNN.training = adjusted(textCNN.training)
            textCNN.vectors = .model(model.path)
            if let length = set.maxLength { textCNN.maxLength = length }
            return try trainTextCNN(
                task, workspace: workspace, corpus: set.name, tokenizer: modelFolder.tokenizer,
                options: textCNN, output: output, onEvent: onEvent, shouldStop: shouldStop)
        }
        var finetuning = options.finetuning
        finetuning.training = adjusted(finetuning.training)
        if let length = set.maxLength { finetuning.maxLength = length }
        return try finetune(
            task, workspace: workspace, corpus: set.name, from: model, options: finetuning,
            output: output, onEvent: onEvent, shouldStop: shouldStop)
    }

    /// Removes a model whose figures are kept.
    func removeModel(_ set: EvaluationSet, _ seed: UInt64, of report: SuiteReport) {
        guard report.result(set, seed) != nil else { return }
        let output = destination(set, seed)
        try? FileManager.default.removeItem(at: output.checkpointFolder)
        if !options.keepsModels { try? DurableFiles.removeFolder(output.folder) }
    }
}
