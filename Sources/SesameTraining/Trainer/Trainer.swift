import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Trains a model on a task: batches, gradients, clipping, AdamW, evaluations and checkpoints.
///
/// With the same options, data and thread count or another, a run under a limit of steps or epochs
/// gives the same bits, whether or not it was interrupted and resumed between.
///
///     var trainer = try Trainer(model: gpt, task: task, options: options)
///     let summary = try trainer.run { event in print(event) }
///     use(trainer.model)
public struct Trainer<Task: TrainingTask>: Sendable {
    /// The model, as far as it is trained.
    public private(set) var model: Task.Model
    /// The task with its data.
    public private(set) var task: Task
    /// The options in use.
    public let options: TrainingOptions
    /// Where the run stands.
    public private(set) var state: TrainingState
    /// Whether the run ends with the weights of its best evaluation rather than its last step.
    public var keepsBest = false

    private var optimizer: AdamW
    private let checkpoints: CheckpointFolder?
    private var plan: TrainingPlan
    private let batchesPerEpoch: Int
    private var best: Task.Model?
    private var lastCheckpoint: (step: Int, folder: URL)?
    private var evaluatedStep = -1
    private var speed = SpeedMeter()

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
        optimizer = AdamW(
            beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
            weightDecay: options.weightDecay)
        batchesPerEpoch = self.task.data.batchCount(inEpoch: 0)
        plan = TrainingPlan(options: options, batchesPerEpoch: batchesPerEpoch)
    }

    /// Continues from the latest checkpoint.
    /// - Returns: Whether there was one.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint`.
    @discardableResult
    public mutating func resume() throws -> Bool {
        guard let checkpoints,
            let loaded = try checkpoints.loadLatest(model: &model, optimizer: &optimizer)
        else { return false }
        state = loaded
        lastCheckpoint = (state.step, checkpoints.folder(step: state.step))
        if keepsBest, let bestStep = state.bestStep, bestStep != state.step {
            var bestModel = model
            try checkpoints.loadModel(step: bestStep, into: &bestModel)
            best = bestModel
        } else if keepsBest, state.bestStep != nil {
            best = model
        }
        return true
    }

    /// Names the run in a workspace that records this training, for the checkpoints to know.
    public mutating func setRun(_ id: Int64) { state.run = id }

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

        try onEvent(
            .started(
                TrainerStart(
                    parameterCount: model.parameterCount, firstStep: state.step,
                    totalSteps: plan.totalSteps, batchesPerEpoch: batchesPerEpoch)))
        var reason = TrainingSummary.Reason.completed
        var milestone = Int(plan.progress(step: state.step, seconds: elapsed()) * 10)
        while !plan.isFinished(step: state.step, seconds: elapsed()) {
            if shouldStop() {
                reason = .interrupted
                break
            }
            let rate = plan.learningRate(step: state.step, seconds: elapsed())
            var report = try makeStep(learningRate: rate)
            state.elapsedSeconds = elapsed()
            report.tokensPerSecond = speed.add(
                tokens: report.tokens, seconds: state.elapsedSeconds)
            let progress = plan.progress(step: state.step, seconds: state.elapsedSeconds)
            try onEvent(.step(report.finished(state: state, progress: progress)))

            let finished = plan.isFinished(step: state.step, seconds: state.elapsedSeconds)
            let reached = Int(progress * 10)
            let passedMilestone = reached > milestone
            milestone = max(milestone, reached)
            guard !finished else { break }
            let evaluates = isDue(options.evaluationInterval, passedMilestone)
            let followsEvaluation = (options.evaluationInterval ?? 1) > 0
            let saves = isDue(
                options.checkpointInterval, followsEvaluation ? evaluates : passedMilestone)
            if evaluates { try evaluate(limit: options.evaluationBatchLimit, onEvent) }
            state.elapsedSeconds = elapsed()
            if saves { try saveCheckpoint(onEvent) }
            if evaluates || saves { speed.restart(at: elapsed()) }
        }
        state.elapsedSeconds = elapsed()
        let trainingSeconds = state.elapsedSeconds
        if reason == .interrupted {
            try saveCheckpoint(onEvent)
        } else {
            if evaluatedStep != state.step { try evaluate(limit: nil, onEvent) }
            if options.checkpointInterval != 0 { try saveCheckpoint(onEvent) }
        }
        var modelStep = state.step
        var metrics = reason == .completed ? state.metrics : [:]
        if reason == .completed, keepsBest, let best, let bestStep = state.bestStep,
            bestStep != state.step
        {
            model = best
            modelStep = bestStep
            // The metrics belong to the weights that are kept; the interim ones may be of a part.
            metrics = task.evaluate(model, precision: options.precision, batchLimit: nil) ?? [:]
        }
        let summary = TrainingSummary(
            reason: reason, steps: state.step, tokenCount: state.tokenCount,
            seconds: trainingSeconds, metrics: metrics, modelStep: modelStep,
            checkpoint: lastCheckpoint?.folder)
        try onEvent(.finished(summary))
        return summary
    }

    private func isDue(_ interval: Int?, _ otherwise: Bool) -> Bool {
        guard let interval else { return otherwise }
        return interval > 0 && state.step % interval == 0
    }

    private struct StepResult {
        var loss: Double
        var learningRate: Float
        var gradientNorm: Double
        var epoch: Int
        var tokens: Int
        var tokensPerSecond = 0.0

        func finished(state: TrainingState, progress: Double) -> StepReport {
            StepReport(
                step: state.step, epoch: epoch, loss: loss, learningRate: learningRate,
                gradientNorm: gradientNorm, tokensPerSecond: tokensPerSecond, progress: progress,
                elapsedSeconds: state.elapsedSeconds,
                secondsLeft: progress > 0
                    ? state.elapsedSeconds * (1 - progress) / progress : .infinity)
        }
    }

    private mutating func makeStep(learningRate: Float) throws -> StepResult {
        var total: Gradients?
        var lossSum = 0.0
        var tokens = 0
        var epoch = state.cursor.epoch
        for _ in 0..<options.accumulationSteps {
            epoch = state.cursor.epoch
            let batch = task.data.nextBatch(&state.cursor)
            let context = ForwardContext.training(
                seed: options.seed, step: state.passCount, precision: options.precision)
            state.passCount += 1
            tokens += task.tokenCount(of: batch)
            let (value, gradients) = model.valueWithGradients { [task] model in
                task.loss(of: model, on: batch, context: context).loss
            }
            lossSum += Double(value)
            if total == nil { total = gradients } else { total?.add(gradients) }
        }
        let share = 1 / Float(options.accumulationSteps)
        let loss = lossSum / Double(options.accumulationSteps)
        guard let total else { preconditionFailure("no pass was made") }
        let norm = total.globalNorm() * Double(share)
        guard loss.isFinite, norm.isFinite else {
            throw TrainingError(
                .nonFinite(
                    quantity: loss.isFinite ? "the gradient" : "the loss", step: state.step + 1,
                    lastCheckpoint: lastCheckpoint?.folder.path))
        }
        let clip =
            options.maxGradientNorm > 0
            ? Gradients.clipScale(norm: norm, maxNorm: options.maxGradientNorm) : 1
        optimizer.update(
            &model, with: total, learningRate: learningRate, gradientScale: clip * share)
        state.step += 1
        state.tokenCount += tokens
        return StepResult(
            loss: loss, learningRate: learningRate, gradientNorm: norm, epoch: epoch,
            tokens: tokens)
    }

    private mutating func evaluate(
        limit: Int?, _ onEvent: (TrainerEvent) throws -> Void
    ) throws {
        guard
            let metrics = task.evaluate(
                model, precision: options.precision, batchLimit: limit)
        else { return }
        state.metrics = metrics
        evaluatedStep = state.step
        if let value = metrics[task.selectionMetric] {
            let isBetter = state.bestValue.map {
                task.higherIsBetter ? value > $0 : value < $0
            }
            if isBetter ?? true {
                state.bestValue = value
                state.bestStep = state.step
                if keepsBest { best = model }
            }
        }
        try onEvent(.evaluation(step: state.step, metrics: metrics))
    }

    private mutating func saveCheckpoint(_ onEvent: (TrainerEvent) throws -> Void) throws {
        guard let checkpoints, lastCheckpoint?.step != state.step else { return }
        let folder = try checkpoints.save(state, model: model, optimizer: optimizer)
        lastCheckpoint = (state.step, folder)
        try onEvent(.checkpoint(step: state.step, folder: folder))
    }
}

/// Tokens a second over the last seconds.
struct SpeedMeter: Sendable {
    private var marks: [(tokens: Int, seconds: Double)] = []
    private var total = 0

    /// Speed over the last 20 steps or so.
    mutating func add(tokens: Int, seconds: Double) -> Double {
        total += tokens
        marks.append((total, seconds))
        if marks.count > 20 { marks.removeFirst(marks.count - 20) }
        guard let first = marks.first, seconds > first.seconds else { return 0 }
        return Double(total - first.tokens) / (seconds - first.seconds)
    }

    /// Forgets the time spent on something else.
    mutating func restart(at seconds: Double) { marks = [(total, seconds)] }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
