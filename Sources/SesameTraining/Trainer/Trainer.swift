import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Trains a model on a task: batches, gradients, clipping, steps, evaluations and checkpoints.
///
/// With the same options, data and thread count or another, a run under a limit of steps or epochs
/// gives the same bits, whether or not it was interrupted and resumed between.
///
///     var trainer = try Trainer(model: gpt, task: task, options: options)
///     let summary = try trainer.run { event in print(event) }
///     use(trainer.model)
///
/// ``events()`` trains in the background instead.
public struct Trainer<Task: TrainingTask>: Sendable {
    /// The model, as far as it is trained.
    public internal(set) var model: Task.Model
    /// The task with its data.
    public internal(set) var task: Task
    /// The options in use.
    public let options: TrainingOptions
    /// Where the run stands.
    public internal(set) var state: TrainingState
    /// Whether the run ends with the weights of its best evaluation rather than its last step; with
    /// ``TrainingOptions/earlyStopping`` it always does.
    public var keepsBest = false
    /// Metrics of your own, beside the task's.
    public var customMetrics: [CustomMetric<Task>] = []
    /// The metric that tells the best evaluation; nil for the task's.
    public var selection: MetricSelection?
    /// A learning-rate schedule of your own, in place of the options'.
    public var schedule: TrainingSchedule? {
        didSet {
            plan = TrainingPlan(
                options: options, batchesPerEpoch: batchesPerEpoch, custom: schedule)
        }
    }

    var optimizer: TrainingOptimizer
    /// What the last batch leaves to the next.
    var carry = Task.Carry()
    let checkpoints: CheckpointFolder?
    var plan: TrainingPlan
    let batchesPerEpoch: Int
    /// Which parameters learn; nil for all.
    let trainable: [Bool]?
    var best: Task.Model?
    var lastCheckpoint: (step: Int, folder: URL)?
    var speed = SpeedMeter()
    /// Called before a checkpoint is written: what was told up to here must not be lost after it.
    var beforeCheckpoint: @Sendable () throws -> Void = {}

    /// A run at its beginning.
    /// - Parameters:
    ///   - model: The model with its initial weights.
    ///   - task: What to train it on.
    ///   - options: How.
    ///   - checkpoints: Where to keep checkpoints; nil for none.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public init(
        model: Task.Model, task: Task, options: TrainingOptions,
        checkpoints: CheckpointFolder? = nil
    ) throws {
        try options.validate()
        self.model = model
        self.task = task
        self.options = options
        self.checkpoints = checkpoints
        state = TrainingState(seed: options.seed)
        optimizer = TrainingOptimizer(options)
        if options.averagedCheckpoints != nil, checkpoints == nil {
            throw TrainingError(
                .invalidOption(
                    name: "checkpoints to average", expected: "left out where none are written",
                    found: "asked for"))
        }
        let factors = try options.rateFactors(for: model)
        optimizer.rateFactors = factors
        trainable = factors?.map { $0 != 0 }
        batchesPerEpoch = self.task.data.batchCount(inEpoch: 0)
        plan = TrainingPlan(options: options, batchesPerEpoch: batchesPerEpoch, custom: nil)
    }

    /// Names the run in a workspace that records this training, for the checkpoints to know.
    public mutating func setRun(_ id: Int64) { state.run = id }

    /// Whether there is nothing left to train.
    public var isFinished: Bool {
        isStoppedEarly || plan.isFinished(step: state.step, seconds: state.elapsedSeconds)
    }

    /// Whether the run ends with the weights of its best evaluation.
    var restoresBest: Bool { keepsBest || options.earlyStopping != nil }

    private var isStoppedEarly: Bool {
        options.earlyStopping?.isExhausted(state.earlyStopping) ?? false
    }

    /// Trains to the limit, or until it is told to stop.
    /// - Parameters:
    ///   - onEvent: Called on this thread.
    ///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left and the run returns.
    /// - Throws: ``TrainingError`` with code `.nonFinite`, naming the step and the last checkpoint;
    ///   the model then has its weights from before that step. Also what writing files throws.
    @discardableResult
    public mutating func run(
        onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> TrainingSummary {
        let clock = ContinuousClock()
        let start = clock.now
        let secondsBefore = state.elapsedSeconds
        func elapsed() -> Double { secondsBefore + (clock.now - start).seconds }

        checkpoints?.removeLeftovers()
        try checkEarlyStopping()
        try onEvent(
            .started(
                TrainerStart(
                    parameterCount: model.parameterCount, firstStep: state.step,
                    totalSteps: plan.totalSteps, batchesPerEpoch: batchesPerEpoch)))
        speed.restart(at: elapsed())
        var isInterrupted = false
        var milestone = Int(plan.progress(step: state.step, seconds: elapsed()) * 10)
        // One reading of the clock says both how far the last step was and whether it was the last.
        while !isFinished {
            if shouldStop() {
                isInterrupted = true
                break
            }
            let rate =
                try plan.learningRate(step: state.step, seconds: elapsed())
                * (state.plateau?.rateFactor ?? 1)
            let result = try makeStep(learningRate: rate)
            state.elapsedSeconds = elapsed()
            let progress = plan.progress(step: state.step, seconds: state.elapsedSeconds)
            try onEvent(.step(report(result, progress: progress)))

            let finished = plan.isFinished(step: state.step, seconds: state.elapsedSeconds)
            let reached = Int(progress * 10)
            let passedMilestone = reached > milestone
            milestone = max(milestone, reached)
            guard !finished else { break }
            let evaluates = isDue(options.evaluationInterval, passedMilestone)
            let followsEvaluation = (options.evaluationInterval ?? 1) > 0
            let saves = isDue(
                options.checkpointInterval, followsEvaluation ? evaluates : passedMilestone)
            if evaluates {
                try evaluate(limit: options.evaluationBatchLimit, onEvent)
                state.elapsedSeconds = elapsed()
            }
            if saves {
                noteForAverage()
                try saveCheckpoint(onEvent)
            }
            if evaluates || saves { speed.restart(at: elapsed()) }
        }
        state.elapsedSeconds = elapsed()
        let summary = try isInterrupted ? interrupted(onEvent) : completed(onEvent)
        try onEvent(.finished(summary))
        return summary
    }

    private mutating func interrupted(
        _ onEvent: (TrainerEvent) throws -> Void
    ) throws -> TrainingSummary {
        try saveCheckpoint(onEvent)
        return summary(.interrupted, metrics: [:], modelStep: state.step)
    }

    private mutating func completed(
        _ onEvent: (TrainerEvent) throws -> Void
    ) throws -> TrainingSummary {
        let seconds = state.elapsedSeconds
        if state.evaluatedStep != state.step || !state.evaluatedFully {
            try evaluateFully(onEvent)
        }
        if options.checkpointInterval != 0 {
            noteForAverage()
            try saveCheckpoint(onEvent)
        }
        var (modelStep, metrics) = (state.step, state.metrics)
        let averaged = try takeAverage()
        if let averaged {
            metrics = averaged.metrics
        } else if restoresBest, let best, let bestStep = state.bestStep, bestStep != state.step {
            model = best
            modelStep = bestStep
            // The metrics belong to the weights that are kept; the interim ones may be of a part.
            metrics = try measure(limit: nil) ?? [:]
        }
        var result = summary(
            isStoppedEarly ? .stoppedEarly : .completed, metrics: metrics, modelStep: modelStep)
        result.seconds = seconds
        result.averagedCheckpoints = averaged?.count
        return result
    }

    private func summary(
        _ reason: TrainingSummary.Reason, metrics: Metrics, modelStep: Int
    ) -> TrainingSummary {
        TrainingSummary(
            reason: reason, steps: state.step, tokenCount: state.tokenCount,
            seconds: state.elapsedSeconds, metrics: metrics, modelStep: modelStep,
            checkpoint: lastCheckpoint?.folder)
    }

    private func isDue(_ interval: Int?, _ otherwise: Bool) -> Bool {
        guard let interval else { return otherwise }
        return interval > 0 && state.step % interval == 0
    }
}
