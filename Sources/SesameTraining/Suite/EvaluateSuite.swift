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
    /// For classes and scores with a pretrained GPT or BERT.
    public var finetuning = FinetuningOptions()
    /// For tags with a pretrained BERT.
    public var encoderTagger = EncoderTaggerOptions()
    /// For answers to questions.
    public var spans = SpanOptions()
    /// For multiple choice.
    public var choice = FinetuningOptions.choice
    /// For classifiers over the vectors of a model that is not trained further itself, as ELMo.
    public var textCNN = TextCNNOptions()
    /// For taggers over such vectors.
    public var tagger = TaggerOptions()
    /// Whether the fine-tuned models stay; the figures do in any case.
    public var keepsModels = false

    /// The defaults of each kind of fine-tuning, with three seeds.
    public init() {}

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try OptionCheck.require(
            !seeds.isEmpty && Set(seeds).count == seeds.count, "seeds of the suite",
            "one or more, all different", seeds)
        try finetuning.validate()
        try encoderTagger.validate()
        try spans.validate()
        try choice.validateWithoutAugmentation()
        try textCNN.validate()
        try tagger.validate()
    }
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
/// ``finetuneTagger(workspace:corpus:from:options:output:onEvent:shouldStop:)``, ``finetuneSpans(workspace:corpus:from:options:output:onEvent:shouldStop:)``,
/// ``finetuneChoice(workspace:corpus:from:options:output:onEvent:shouldStop:)``, for an ELMo
/// ``trainTextCNN(_:workspace:corpus:tokenizer:options:output:onEvent:shouldStop:)`` and
/// ``finetuneTagger(workspace:corpus:options:output:onEvent:shouldStop:)``, and
/// ``evaluate(modelFolder:workspace:corpus:split:precision:beamSize:onEvent:)``). A set that the model cannot be put to is left
/// out, and the report says why. A suite that was stopped, or whose process was killed, goes on where it was when it is
/// called again with `resuming`.
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
/// - Throws: ``TrainingError``, also for a model that none of the sets can be learnt with; `StoreError` for a set that
///   cannot be read.
public func evaluateSuite(
    _ suite: EvaluationSuite, data: URL, model: URL, options: SuiteOptions = SuiteOptions(),
    folder: URL, resuming: Bool = false,
    onEvent: (SuiteEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> SuiteReport {
    try suite.validate()
    try options.validate()
    let runner = try SuiteRunner(
        suite: suite, data: data, model: model, options: options, folder: folder)
    var (report, workspace) = try runner.begin(resuming: resuming)
    let count = report.trainingCount
    for set in runner.learnableSets {
        for seed in options.seeds {
            defer { runner.removeModel(set, seed, of: report) }
            guard report.result(set, seed) == nil else { continue }
            if shouldStop() { return report }
            try onEvent(
                .began(set: set.name, seed: seed, index: report.results.count, count: count))
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
    let learner: SuiteLearner

    private var resultsFile: URL { SuiteReport.file(in: folder) }

    init(
        suite: EvaluationSuite, data: URL, model: URL, options: SuiteOptions, folder: URL
    ) throws {
        self.suite = suite
        self.data = data
        self.model = model
        self.options = options
        self.folder = folder
        learner = try SuiteLearner(model: model, options: options)
        let omissions = omissions
        if omissions.count == suite.sets.count, let first = omissions.first {
            throw TrainingError(
                .badModelFolder(
                    path: model.path, problem: first.reason,
                    remedy: "choose another model or other sets"))
        }
    }

    private var omissions: [SuiteOmission] {
        suite.sets.compactMap { set in
            learner.reason(against: set.task).map { SuiteOmission(set: set.name, reason: $0) }
        }
    }

    /// What the figures depend on.
    private struct Fingerprint: Encodable {
        var weights: String
        var tokenizer: String
        var finetuning: FinetuningOptions
        var encoderTagger: EncoderTaggerOptions
        var spans: SpanOptions
        var choice: FinetuningOptions
        var textCNN: TextCNNOptions
        var tagger: TaggerOptions
    }

    private func fingerprint() throws -> String {
        let encoded = try DurableFiles.encodeJSON(
            Fingerprint(
                weights: DurableFiles.checksum(weightsIn: model),
                tokenizer: learner.folder.tokenizer.fingerprint, finetuning: options.finetuning,
                encoderTagger: options.encoderTagger, spans: options.spans, choice: options.choice,
                textCNN: options.textCNN, tagger: options.tagger))
        return encoded.withUnsafeBytes { ContentHash.text(ContentHash.of($0)) }
    }

    /// The sets that the model can be put to.
    var learnableSets: [EvaluationSet] {
        suite.sets.filter { learner.reason(against: $0.task) == nil }
    }

    /// The results so far, and the sets' documents.
    ///
    /// All sets are read before the first training, and the file of results is made after that: a wrong path is found
    /// at once, and when it has been mended the suite begins anew.
    func begin(resuming: Bool) throws -> (SuiteReport, Workspace) {
        let fresh = SuiteReport(
            model: model.lastPathComponent, fingerprint: try fingerprint(), suite: suite,
            seeds: options.seeds, omissions: omissions, results: [])
        guard FileManager.default.fileExists(atPath: resultsFile.path) else {
            do {
                try FileManager.default.createDirectory(
                    at: folder, withIntermediateDirectories: true)
            } catch {
                throw TrainingError(
                    .file(
                        path: folder.path,
                        problem: "cannot make a folder for the results: \(fileReason(error))"))
            }
            let workspace = try readSets(replacing: true)
            try save(fresh)
            return (fresh, workspace)
        }
        guard resuming else { throw TrainingError(.exists(path: resultsFile.path)) }
        let report = try SuiteReport(folder: folder)
        guard report.fingerprint == fresh.fingerprint, report.suite == suite,
            report.seeds == options.seeds
        else {
            throw TrainingError(
                .file(
                    path: resultsFile.path,
                    problem: "it holds results of another model, other sets, seeds or settings; "
                        + "name these again, or choose another folder"))
        }
        return (report, try readSets(replacing: false))
    }

    func save(_ report: SuiteReport) throws {
        do {
            try DurableFiles.encodeJSON(report).write(to: resultsFile, options: .atomic)
        } catch {
            throw TrainingError(
                .file(
                    path: resultsFile.path, problem: "could not be written (\(fileReason(error)))"))
        }
    }

    /// The workspace, with the documents of all sets; those that are there already are read again or kept.
    private func readSets(replacing: Bool) throws -> Workspace {
        let workspace = try Workspace(url: folder.appendingPathComponent("suite.sqlite"))
        let known = Set(try workspace.corpora().map(\.name))
        for set in learnableSets {
            if known.contains(set.name) {
                guard replacing else { continue }
                try workspace.deleteCorpus(set.name)
            }
            try importSet(set, into: workspace)
        }
        return workspace
    }

    private func importSet(_ set: EvaluationSet, into workspace: Workspace) throws {
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
            test: set.heldOut?.test ?? 0, method: set.heldOut?.method ?? .shuffled(seed: 1))
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
        let trained = try learner.train(
            set, seed: seed, workspace: workspace, output: destination(set, seed),
            onEvent: onEvent, shouldStop: shouldStop)
        guard let modelFolder = trained.modelFolder else { return nil }
        let report = try evaluate(
            modelFolder: modelFolder, workspace: workspace, corpus: set.name, split: set.scored)
        return SuiteResult(
            set: set.name, seed: seed, metrics: report.metrics, seconds: trained.summary.seconds,
            steps: trained.summary.steps, run: trained.run)
    }

    /// Removes a model whose figures are kept.
    func removeModel(_ set: EvaluationSet, _ seed: UInt64, of report: SuiteReport) {
        guard report.result(set, seed) != nil else { return }
        let output = destination(set, seed)
        try? FileManager.default.removeItem(at: output.checkpointFolder)
        if !options.keepsModels { try? DurableFiles.removeFolder(output.folder) }
    }
}
