import SesameTensor

/// Everything but tensors that a run needs to go on exactly where it was.
public struct TrainingState: Sendable, Codable, Hashable {
    /// Optimizer steps made.
    public var step = 0
    /// Forward passes made; keys the randomness of dropout.
    public var passCount = 0
    /// The next batch.
    public var cursor = DataCursor()
    /// Where random numbers come from: batches, masks and dropout are functions of this key, the
    /// cursor and the pass, so these are the whole state of the generators.
    public var randomKey: RandomKey
    /// Tokens trained on.
    public var tokenCount = 0
    /// Time spent.
    public var elapsedSeconds = 0.0
    /// Value of the selection metric at its best evaluation.
    public var bestValue: Double?
    /// The step of that evaluation.
    public var bestStep: Int?
    /// The latest evaluation.
    public var metrics: Metrics = [:]
    /// The step of that evaluation.
    public var evaluatedStep: Int?
    /// Whether that evaluation covered all validation data.
    public var evaluatedFully = false
    /// Where early stopping stands.
    public var earlyStopping = EarlyStoppingState()
    /// Where the lowering of the learning rate at plateaus stands; nil where there is none.
    public var plateau: PlateauState?
    /// The latest checkpoints at the end of intervals, whose mean the run is to end with; nil where it is not.
    public var averagedSteps: [Int]?
    /// Losses since the last report of their mean.
    public var pending = StepSums()
    /// The run in a workspace that records this training, if any.
    public var run: Int64?

    /// The beginning of a run.
    public init(seed: UInt64) {
        randomKey = RandomKey(seed: seed, stream: 0)
    }
}

/// Where ``PlateauDecay`` stands; part of a checkpoint.
public struct PlateauState: Sendable, Codable, Hashable {
    /// What the learning rate is multiplied with.
    public private(set) var rateFactor: Float = 1
    private var progress = EarlyStoppingState()

    /// Nothing evaluated yet.
    public init() {}

    /// Takes note of an evaluation.
    mutating func note(_ value: Double, higherIsBetter: Bool, decay: PlateauDecay) {
        let before = progress.evaluationsWithoutImprovement
        progress.note(value, higherIsBetter: higherIsBetter, minimumImprovement: 0)
        let count = progress.evaluationsWithoutImprovement
        // Once patience is at its end it begins anew.
        if count > before, count % (decay.patience + 1) == 0 { rateFactor *= decay.factor }
    }
}

/// Sums over steps whose mean is still to be reported.
///
/// They are part of a checkpoint, so that a resumed run reports the same means.
public struct StepSums: Sendable, Codable, Hashable {
    /// Sum of the losses.
    public private(set) var loss = 0.0
    /// Sum of the gradients' lengths.
    public private(set) var gradientNorm = 0.0
    /// Number of steps.
    public private(set) var stepCount = 0
    /// Training time at the first of them.
    public private(set) var since = 0.0

    /// No steps.
    public init() {}

    mutating func add(loss: Double, gradientNorm: Double, seconds: Double) {
        if stepCount == 0 { since = seconds }
        self.loss += loss
        self.gradientNorm += gradientNorm
        stepCount += 1
    }

    /// The means; there is a step at least.
    var means: StepMeans {
        StepMeans(
            loss: loss / Double(stepCount), gradientNorm: gradientNorm / Double(stepCount),
            stepCount: stepCount)
    }
}
