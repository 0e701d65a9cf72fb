import ArgumentParser
import Sesame

/// The options that every kind of training has in common.
struct TrainingArguments<Defaults: TrainingDefaults>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "\(Defaults.batchHelp)\(Defaults.note { $0.batchSize }).",
            valueName: "n"))
    var batch: Int?

    @Option(
        help: ArgumentHelp(
            "Batches whose gradients make one step\(Defaults.note { $0.accumulationSteps }).",
            valueName: "n"))
    var accumulate: Int?

    @Option(
        help: ArgumentHelp(
            "Optimizer steps to train for\(Defaults.note { $0.limit.steps }).", valueName: "n"))
    var steps: Int?

    @Option(
        help: ArgumentHelp(
            "Passes over the training documents\(Defaults.note { $0.limit.epochs }).",
            valueName: "n"))
    var epochs: Int?

    @Option(
        help: ArgumentHelp(
            "Minutes to train for; such a run depends on the machine's speed.", valueName: "m"))
    var minutes: Double?

    @Option(
        help: ArgumentHelp(
            "The highest learning rate\(Defaults.note { $0.learningRate }).",
            valueName: "rate"))
    var learningRate: Float?

    @Option(
        help: ArgumentHelp(
            "The learning rate at the end\(Defaults.note { $0.minimumLearningRate }).",
            valueName: "rate"))
    var minimumLearningRate: Float?

    @Option(
        help: ArgumentHelp(
            "How the learning rate falls\(Defaults.note { $0.shape.rawValue })."))
    var schedule: LearningRateSchedule.Shape?

    @Option(
        help: ArgumentHelp(
            "Steps over which the learning rate rises, or their share of the run\(Defaults.note { $0.warmUp.defaultValueDescription }).",
            valueName: "n"))
    var warmup: WarmUp?

    @Option(
        help: ArgumentHelp(
            "AdamW's weight decay\(Defaults.note { $0.weightDecay }); biases and norms have none.",
            valueName: "x"))
    var weightDecay: Float?

    @Option(
        help: ArgumentHelp(
            "Penalty on the sum of magnitudes of matrices and embeddings.", valueName: "x"))
    var l1: Float?

    @Option(
        help: ArgumentHelp(
            "Penalty on half the sum of their squares, through the gradient.", valueName: "x"))
    var l2: Float?

    @Option(
        help: ArgumentHelp(
            "AdamW's decay of the mean gradient\(Defaults.note { $0.beta1 }).",
            valueName: "x"))
    var beta1: Float?

    @Option(
        help: ArgumentHelp(
            "AdamW's decay of the mean squared gradient\(Defaults.note { $0.beta2 }).",
            valueName: "x"))
    var beta2: Float?

    @Option(
        help: ArgumentHelp(
            "AdamW's floor of the denominator\(Defaults.note { $0.epsilon }).",
            valueName: "x"))
    var epsilon: Float?

    @Option(
        help: ArgumentHelp(
            "Length that gradients are cut to, 0 for no limit\(Defaults.note { $0.maxGradientNorm }).",
            valueName: "x"))
    var clip: Float?

    @Option(
        help: ArgumentHelp(
            "Precision of matrix products\(Defaults.note { $0.precision.rawValue }); weights are float32 either way."
        ))
    var precision: Precision?

    @Option(
        help: ArgumentHelp(
            "Steps between evaluations on the validation documents, 0 for one at the end (default: ten a run).",
            valueName: "n"))
    var evaluateEvery: Int?

    @Option(
        help: ArgumentHelp(
            "Steps between checkpoints, 0 for none (default: at each evaluation).", valueName: "n"))
    var checkpointEvery: Int?

    @Option(
        help: ArgumentHelp(
            "Stop after this many evaluations without improvement, and keep the best weights (default: never).",
            valueName: "n"))
    var earlyStopping: Int?

    @Option(
        help: ArgumentHelp(
            "End with the mean of the weights of this many last checkpoints, 0 for none; with --keep best only where that is better\(Defaults.note { $0.averagedCheckpoints ?? 0 }).",
            valueName: "n"))
    var average: Int?

    @OptionGroup var seed: SeedOption

    func validate() throws {
        if [steps != nil, epochs != nil, minutes != nil].count(where: { $0 }) > 1 {
            throw ValidationError("--steps, --epochs and --minutes exclude each other.")
        }
        // The library knows the ranges.
        try usage { try options.validate() }
    }

    /// The options as the library takes them.
    var options: TrainingOptions { options(over: Defaults.training) }

    /// The same over other defaults.
    func options(over defaults: TrainingOptions) -> TrainingOptions {
        var result = defaults
        func set<Value>(_ path: WritableKeyPath<TrainingOptions, Value>, _ value: Value?) {
            if let value { result[keyPath: path] = value }
        }
        set(\.batchSize, batch)
        set(\.accumulationSteps, accumulate)
        set(\.limit, steps.map { .steps($0) })
        set(\.limit, epochs.map { .epochs($0) })
        set(\.limit, minutes.map { .minutes($0) })
        set(\.learningRate, learningRate)
        set(\.minimumLearningRate, minimumLearningRate)
        set(\.shape, schedule)
        set(\.warmUp, warmup)
        set(\.weightDecay, weightDecay)
        set(\.beta1, beta1)
        set(\.beta2, beta2)
        set(\.epsilon, epsilon)
        set(\.maxGradientNorm, clip)
        set(\.precision, precision)
        if let average { result.averagedCheckpoints = average == 0 ? nil : average }
        result.l1 = l1
        result.l2 = l2
        result.evaluationInterval = evaluateEvery
        result.checkpointInterval = checkpointEvery
        result.earlyStopping = earlyStopping.map { EarlyStopping(patience: $0) }
        result.seed = seed.seed
        return result
    }
}

extension TrainingDefaults {
    /// " (default: 32)", and what another architecture has where that is something else; nothing for nil.
    static func note<Value: Equatable>(_ value: (TrainingOptions) -> Value?) -> String {
        guard let usual = value(training) else { return "" }
        guard let (name, options) = alternative, let other = value(options), other != usual else {
            return " (default: \(usual))"
        }
        return " (default: \(usual), \(name): \(other))"
    }
}

extension TrainingLimit {
    fileprivate var steps: Int? { if case .steps(let count) = self { count } else { nil } }
    fileprivate var epochs: Int? { if case .epochs(let count) = self { count } else { nil } }
}
