import ArgumentParser
import Sesame

/// The options that every kind of training has in common.
struct TrainingArguments<Defaults: TrainingDefaults>: ParsableArguments {
    @Option(help: ArgumentHelp("Sequences a batch.", valueName: "n"))
    var batch = Defaults.training.batchSize

    @Option(help: ArgumentHelp("Batches whose gradients make one step.", valueName: "n"))
    var accumulate = Defaults.training.accumulationSteps

    @Option(
        help: ArgumentHelp(
            "Optimizer steps to train for\(Defaults.note(\.steps)).", valueName: "n"))
    var steps: Int?

    @Option(
        help: ArgumentHelp(
            "Passes over the training documents\(Defaults.note(\.epochs)).", valueName: "n"))
    var epochs: Int?

    @Option(
        help: ArgumentHelp(
            "Minutes to train for; such a run depends on the machine's speed.", valueName: "m"))
    var minutes: Double?

    @Option(help: ArgumentHelp("The highest learning rate.", valueName: "rate"))
    var learningRate = Defaults.training.learningRate

    @Option(help: ArgumentHelp("The learning rate at the end.", valueName: "rate"))
    var minimumLearningRate = Defaults.training.minimumLearningRate

    @Option(help: "How the learning rate falls.")
    var schedule = Defaults.training.shape

    @Option(
        help: ArgumentHelp(
            "Steps over which the learning rate rises, or their share of the run (0.05).",
            valueName: "n"))
    var warmup = Defaults.training.warmUp

    @Option(help: ArgumentHelp("AdamW's weight decay; biases and norms have none.", valueName: "x"))
    var weightDecay = Defaults.training.weightDecay

    @Option(help: ArgumentHelp("AdamW's decay of the mean gradient.", valueName: "x"))
    var beta1 = Defaults.training.beta1

    @Option(help: ArgumentHelp("AdamW's decay of the mean squared gradient.", valueName: "x"))
    var beta2 = Defaults.training.beta2

    @Option(help: ArgumentHelp("AdamW's floor of the denominator.", valueName: "x"))
    var epsilon = Defaults.training.epsilon

    @Option(help: ArgumentHelp("Length that gradients are cut to; 0 for no limit.", valueName: "x"))
    var clip = Defaults.training.maxGradientNorm

    @Option(help: "Precision of matrix products; weights are float32 either way.")
    var precision = Defaults.training.precision

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

    @OptionGroup var seed: SeedOption

    func validate() throws {
        if [steps != nil, epochs != nil, minutes != nil].count(where: { $0 }) > 1 {
            throw ValidationError("--steps, --epochs and --minutes exclude each other.")
        }
        // The library knows the ranges.
        try usage { try options.validate() }
    }

    /// The options as the library takes them.
    var options: TrainingOptions {
        var result = Defaults.training
        result.batchSize = batch
        result.accumulationSteps = accumulate
        if let steps { result.limit = .steps(steps) }
        if let epochs { result.limit = .epochs(epochs) }
        if let minutes { result.limit = .minutes(minutes) }
        result.learningRate = learningRate
        result.minimumLearningRate = minimumLearningRate
        result.shape = schedule
        result.warmUp = warmup
        result.weightDecay = weightDecay
        result.beta1 = beta1
        result.beta2 = beta2
        result.epsilon = epsilon
        result.maxGradientNorm = clip
        result.precision = precision
        result.evaluationInterval = evaluateEvery
        result.checkpointInterval = checkpointEvery
        result.earlyStopping = earlyStopping.map { EarlyStopping(patience: $0) }
        result.seed = seed.seed
        return result
    }
}

extension TrainingDefaults {
    /// " (default: 2000)" for the unit in which the default limit is given, nothing for the others.
    fileprivate static func note(_ unit: KeyPath<TrainingLimit, Int?>) -> String {
        training.limit[keyPath: unit].map { " (default: \($0))" } ?? ""
    }
}

extension TrainingLimit {
    fileprivate var steps: Int? { if case .steps(let count) = self { count } else { nil } }
    fileprivate var epochs: Int? { if case .epochs(let count) = self { count } else { nil } }
}
