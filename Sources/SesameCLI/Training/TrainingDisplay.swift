import ArgumentParser
import Sesame

/// Shows what a training run tells, and lets Ctrl-C end it at a checkpoint.
struct TrainingDisplay {
    let progress: Progress

    init(quiet: Bool) {
        progress = Progress(quiet: quiet)
        Interruption.note()
    }

    /// Runs a training command: shows what it does, and prints how it ended.
    ///
    /// - Parameters:
    ///   - next: A command to try next, from the option that names the model.
    ///   - train: Trains, telling the display.
    /// - Throws: `ExitCode` 130 after an interruption, and what `train` throws.
    static func run(
        threads: ThreadsOption, output: OutputOptions, next: ([String]) -> [String],
        _ train: (TrainingDisplay) throws -> RecipeResult
    ) throws {
        threads.apply()
        let display = TrainingDisplay(quiet: output.quiet)
        display.progress.begin("prepare")
        let result = try whereItExists("--output or --force; --resume goes on with a stopped run") {
            try train(display)
        }
        try display.report(result, json: output.json, next: next)
    }

    /// Whether the trainer should leave a checkpoint and stop.
    var shouldStop: Bool { Interruption.isRequested }

    /// - Throws: `ExitCode` 130 where Ctrl-C was pressed before there is anything to save.
    func show(_ event: TrainerEvent) throws {
        switch event {
        case .preparing(let what):
            if shouldStop { throw ExitCode(Interruption.exitStatus) }
            progress.update(fraction: nil) { what }
        case .note(let line):
            progress.note(line)
        case .started(let start):
            let steps = start.totalSteps.map { $0.counted("step") } ?? "a limited time"
            progress.note(
                "Training \(start.parameterCount.grouped) parameters for \(steps)"
                    + (start.firstStep > 0 ? ", continuing after step \(start.firstStep)" : "")
                    + "; \(start.batchesPerEpoch.grouped) batches an epoch.")
            progress.begin("train")
        case .step(let report):
            progress.update(fraction: report.progress) {
                "step \(report.step.grouped)  loss \(report.loss.fixed(3))  "
                    + "\(report.tokensPerSecond.rate) tokens/s"
            }
        case .evaluation(let step, let metrics):
            progress.note("step \(step.grouped): \(MetricText.line(metrics))")
        case .checkpoint:
            break
        case .finished:
            progress.finish()
        }
    }
}

/// The end of a training command, as `--json` prints it.
struct TrainingResultRecord: Encodable {
    let run: Int64
    let status: String
    let model: String?
    let checkpoint: String?
    let parameters: Int
    let steps: Int
    let modelStep: Int
    let averagedCheckpoints: Int?
    let tokens: Int
    let seconds: Double
    let tokensPerSecond: Double
    let metrics: Metrics

    init(_ result: RecipeResult) {
        run = result.run
        status = result.summary.reason.rawValue
        model = result.modelFolder?.shortPath
        checkpoint = result.summary.checkpoint?.shortPath
        parameters = result.record.parameterCount
        steps = result.summary.steps
        modelStep = result.summary.modelStep
        averagedCheckpoints = result.summary.averagedCheckpoints
        tokens = result.summary.tokenCount
        seconds = result.summary.seconds
        tokensPerSecond = Double(tokens) / max(seconds, 1e-9)
        metrics = result.summary.metrics
    }
}

extension TrainingDisplay {
    /// Prints how a training command ended, with a command to try next.
    ///
    /// - Throws: `ExitCode` 130 after an interruption.
    func report(_ result: RecipeResult, json: Bool, next: ([String]) -> [String]) throws {
        progress.finish()
        guard let folder = result.modelFolder else {
            if json { try JSON.print(TrainingResultRecord(result)) }
            let place = result.summary.checkpoint.map { ", checkpoint in \($0.shortPath)" } ?? ""
            progress.warn(
                "Stopped after step \(result.summary.steps.grouped)\(place). "
                    + "The same command with --resume goes on from there.")
            throw ExitCode(Interruption.exitStatus)
        }
        if json { return try JSON.print(TrainingResultRecord(result)) }
        let record = TrainingResultRecord(result)
        StandardOutput.line(
            "Trained \(record.steps.counted("step")) over \(record.tokens.counted("token")) in "
                + "\(spokenDuration(seconds: record.seconds)) (\(record.tokensPerSecond.rate) tokens/s, "
                + "evaluations included).")
        if !record.metrics.isEmpty {
            StandardOutput.line("Validation: \(MetricText.line(record.metrics)).")
        }
        if result.summary.reason == .stoppedEarly {
            StandardOutput.line("Stopped early: evaluations no longer got better.")
        }
        if let count = record.averagedCheckpoints {
            StandardOutput.line("The weights are the mean of the last \(count) checkpoints.")
        } else if record.modelStep != record.steps {
            StandardOutput.line(
                "The weights are those of step \(record.modelStep.grouped), the best.")
        }
        StandardOutput.line(
            "Model: \(folder.shortPath) (\(record.parameters.grouped) parameters), "
                + "recorded as run \(record.run).")
        NextCommand.suggest(next(["--model", folder.shortPath]))
    }
}
