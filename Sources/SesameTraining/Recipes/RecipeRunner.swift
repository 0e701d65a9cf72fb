import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the recipes share: checkpoints, the record in the workspace, and the model folder at the end.
struct RecipeRunner<Options: Codable & Sendable> {
    let kind: String
    let workspace: Workspace
    let tokenizer: Tokenizer
    let output: ModelOutput
    let options: Options
    let training: TrainingOptions
    /// What else the result depends on, for refusing to resume with other data.
    let dependencies: [String: String]
    /// Sizes of the data, as `trainTokens`, for reports.
    let sizes: [String: Int]
    /// Of the sources, where a translation model has another tokenizer for them.
    var sourceTokenizer: Tokenizer?

    /// All that a resumed run must share with the one it continues.
    private struct Configuration: Encodable {
        var kind: String
        var tokenizer: String
        var vocabulary: String
        var options: Options
        var dependencies: [String: String]
    }

    /// Refuses a destination that exists before any work is done.
    ///
    /// A resumed run may find its model written, where it was killed just after that.
    static func checkOutput(_ output: ModelOutput) throws {
        DurableFiles.removeLeftovers(of: output.folder)
        guard
            output.replacing || output.resuming
                || !FileManager.default.fileExists(atPath: output.folder.path)
        else { throw TrainingError(.exists(path: output.folder.path)) }
    }

    func train<Task: TrainingTask>(
        model: Task.Model, task: Task, keepsBest: Bool, record draft: TrainingRecord,
        recorder: (any RunRecorder<Task.Model>)? = nil,
        alongside: (URL) throws -> Void = { _ in },
        onEvent: (TrainerEvent) throws -> Void, shouldStop: () -> Bool
    ) throws -> RecipeResult where Task.Model: PretrainedModel {
        let configuration = try configuration()
        let checkpoints = CheckpointFolder(
            url: output.checkpointFolder, keptCount: training.keptCheckpoints,
            configuration: configuration)
        let lock = try FolderLock(checkpoints.url)
        defer { withExtendedLifetime(lock) {} }
        checkpoints.removeLeftovers()
        if !output.resuming, !checkpoints.steps().isEmpty {
            guard output.replacing else {
                throw TrainingError(
                    .badCheckpoint(
                        path: checkpoints.url.path,
                        problem: "it holds checkpoints of an earlier run",
                        remedy: "resume that run, allow it to be replaced, or choose another name"))
            }
            try checkpoints.removeAll()
        }
        var trainer = try Trainer(
            model: model, task: task, options: training, checkpoints: checkpoints)
        trainer.keepsBest = keepsBest
        let isResumed = output.resuming ? try trainer.resume() : false
        let written = try writtenBefore(trainer, isResumed: isResumed)
        var log = try RunLog(
            workspace: workspace, kind: kind, configuration: configuration,
            resuming: isResumed ? trainer.state : nil, checkpoints: checkpoints)
        if let written {
            try log.finish(.finished)
            return written
        }
        trainer.setRun(log.id)
        trainer.beforeCheckpoint = log.flush
        var record = draft
        record.parameterCount = model.parameterCount
        record.run = log.id
        do {
            try recordOrigins(in: log, parameterCount: model.parameterCount)
            let summary = try trainer.run(
                onEvent: { event in
                    try log.note(event)
                    try recorder?.note(event, in: log)
                    try onEvent(event)
                }, shouldStop: shouldStop)
            record.steps = summary.steps
            record.modelStep = summary.modelStep
            record.averagedCheckpoints = summary.averagedCheckpoints
            record.tokenCount = summary.tokenCount
            record.seconds = summary.seconds
            record.metrics = summary.metrics
            guard summary.reason != .interrupted else {
                try log.finish(.interrupted)
                return RecipeResult(
                    summary: summary, modelFolder: nil, record: record, run: log.id)
            }
            try recorder?.conclude(trainer.model, summary: summary, in: log)
            try TrainedModelFolder.write(
                trainer.model, tokenizer: tokenizer, sourceTokenizer: sourceTokenizer,
                record: record, to: output.folder, replacing: output.replacing,
                alongside: alongside)
            // Only now: a run whose model could not be written has not finished.
            try log.finish(.finished)
            return RecipeResult(
                summary: summary, modelFolder: output.folder, record: record, run: log.id)
        } catch {
            log.fail(error)
            throw error
        }
    }

    /// Records a model that is made at once rather than step by step, and writes its folder.
    ///
    /// - Parameter body: Makes the model and says what it was made of and how good it is.
    func make<Model: StoredModel>(
        record draft: TrainingRecord,
        onEvent: (TrainerEvent) throws -> Void,
        _ body: () throws -> (model: Model, tokenCount: Int, metrics: Metrics)
    ) throws -> RecipeResult {
        let clock = ContinuousClock()
        let start = clock.now
        var log = try RunLog(
            workspace: workspace, kind: kind, configuration: configuration(), resuming: nil,
            checkpoints: CheckpointFolder(
                url: output.checkpointFolder, keptCount: 0, configuration: ""))
        var record = draft
        record.run = log.id
        do {
            let (model, tokenCount, metrics) = try body()
            record.parameterCount = model.parameterCount
            try recordOrigins(in: log, parameterCount: model.parameterCount)
            let summary = TrainingSummary(
                reason: .completed, steps: 1, tokenCount: tokenCount,
                seconds: (clock.now - start).seconds, metrics: metrics, modelStep: 1,
                checkpoint: nil)
            record.steps = summary.steps
            record.modelStep = summary.modelStep
            record.tokenCount = summary.tokenCount
            record.seconds = summary.seconds
            record.metrics = summary.metrics
            if !metrics.isEmpty {
                try log.note(.evaluation(step: 1, metrics: metrics))
                try onEvent(.evaluation(step: 1, metrics: metrics))
            }
            try TrainedModelFolder.write(
                model, tokenizer: tokenizer, record: record, to: output.folder,
                replacing: output.replacing)
            try log.finish(.finished)
            try onEvent(.finished(summary))
            return RecipeResult(
                summary: summary, modelFolder: output.folder, record: record, run: log.id)
        } catch {
            log.fail(error)
            throw error
        }
    }

    /// What reports tell of where a run comes from.
    private func recordOrigins(in log: RunLog, parameterCount: Int) throws {
        if let command = output.command { try log.addCommand(command) }
        guard let corpus = dependencies["corpus"] else { return }
        var sizes = sizes
        sizes["parameters"] = parameterCount
        try log.attach(
            RunFacts.artifactName,
            RunFacts(
                workspace: workspace, corpus: corpus, tokenizer: tokenizer, sizes: sizes,
                machine: [
                    "threads": "\(Threads.count)",
                    "instructions": "\(InstructionSet.current.rawValue)",
                ]))
    }

    private func configuration() throws -> String {
        var dependencies = dependencies
        if let corpus = dependencies["corpus"] {
            for split in [Split.train, .validation] {
                dependencies["corpus's \(split.rawValue) documents"] = ContentHash.text(
                    try workspace.contentHash(corpus: corpus, split: split))
            }
        }
        return String(
            decoding: try DurableFiles.encodeJSON(
                Configuration(
                    kind: kind, tokenizer: tokenizer.fingerprint,
                    vocabulary: tokenizer.vocabulary.contentHash, options: options,
                    dependencies: dependencies)), as: UTF8.self)
    }

    /// The result of a run that was killed between writing its model and saying so.
    /// - Throws: ``TrainingError`` with code `.exists` where the folder is another run's.
    private func writtenBefore<Task: TrainingTask>(
        _ trainer: Trainer<Task>, isResumed: Bool
    ) throws -> RecipeResult? {
        guard !output.replacing, FileManager.default.fileExists(atPath: output.folder.path)
        else { return nil }
        guard isResumed, trainer.isFinished, let run = trainer.state.run,
            let record = try? TrainedModelFolder(output.folder).record, record.run == run,
            record.steps == trainer.state.step
        else { throw TrainingError(.exists(path: output.folder.path)) }
        return RecipeResult(
            summary: TrainingSummary(
                reason: .completed, steps: record.steps, tokenCount: record.tokenCount,
                seconds: record.seconds, metrics: record.metrics, modelStep: record.modelStep,
                averagedCheckpoints: record.averagedCheckpoints,
                checkpoint: trainer.lastCheckpoint?.folder),
            modelFolder: output.folder, record: record, run: run)
    }
}

extension TrainingRecord {
    /// A record whose results are still to come.
    static func draft(
        _ task: Task, labels: [String]? = nil, maxLength: Int, corpus: String,
        tokenizer: Tokenizer, options: TrainingOptions, baseModel: String? = nil,
        sentences: SentenceObjective? = nil
    ) -> TrainingRecord {
        TrainingRecord(
            task: task, labels: labels, maxLength: maxLength, corpus: corpus,
            tokenizerFingerprint: tokenizer.fingerprint, baseModel: baseModel,
            nextSentence: sentences.map { $0 == .nextSentence },
            sentenceOrder: sentences == .sentenceOrder ? true : nil, options: options, steps: 0,
            modelStep: 0, tokenCount: 0,
            seconds: 0, metrics: [:], parameterCount: 0)
    }
}

/// Names the uses of random numbers in recipes.
enum RecipeSite {
    static let weights: UInt64 = 0x7765_6967_6874
    static let vectors: UInt64 = 0x7665_6374_6f72
    static let holdOut: UInt64 = 0x686f_6c64
}
