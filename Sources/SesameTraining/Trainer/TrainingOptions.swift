import SesameNN
import SesameTensor

/// When training ends.
public enum TrainingLimit: Sendable, Hashable, Codable {
    /// After this many optimizer steps.
    case steps(Int)
    /// After this many passes over the training data.
    case epochs(Int)
    /// After this much time, evaluations included.
    ///
    /// The learning rate then follows the share of the time used, so such a run depends on the
    /// machine's speed and does not reproduce bit for bit.
    case minutes(Double)
}

/// How long the learning rate rises from 0 to its peak.
public enum WarmUp: Sendable, Hashable, Codable {
    /// A number of steps; under a time limit, read as `fraction(0.05)`.
    case steps(Int)
    /// A share of the run, 0 ..< 1.
    case fraction(Double)
}

/// What every kind of training has in common.
public struct TrainingOptions: Sendable, Hashable, Codable {
    /// Sequences, windows or texts a forward pass.
    public var batchSize = 32
    /// Forward passes whose gradients are averaged before the optimizer moves.
    public var accumulationSteps = 1
    /// When to stop.
    public var limit = TrainingLimit.epochs(1)
    /// The peak learning rate.
    public var learningRate: Float = 1e-3
    /// The learning rate at the end.
    public var minimumLearningRate: Float = 0
    /// The way from peak to end.
    public var shape = LearningRateSchedule.Shape.cosine
    /// The rise to the peak.
    public var warmUp = WarmUp.fraction(0.05)
    /// What turns gradients into steps; nil for AdamW.
    public var optimizer: OptimizerChoice?
    /// SGD's momentum; nil for none.
    public var momentum: Float?
    /// Lowers the learning rate where evaluations no longer get better, besides what the schedule does; nil for never.
    public var plateauDecay: PlateauDecay?
    /// AdamW's decay of the mean of gradients.
    public var beta1: Float = 0.9
    /// AdamW's decay of the mean of squared gradients.
    public var beta2: Float = 0.999
    /// AdamW's denominator floor.
    public var epsilon: Float = 1e-8
    /// AdamW's decay of matrices and embeddings, or SGD's L2 penalty on them; biases and norms do not decay.
    public var weightDecay: Float = 0.01
    /// The factor of a penalty Σ|p| on matrices and embeddings, whose gradient joins the loss's before
    /// clipping; reported losses are without it. Nil for none.
    public var l1: Float?
    /// Twice the factor of such a penalty Σp²: unlike ``weightDecay`` it acts through Adam's moments.
    public var l2: Float?
    /// Gradients longer than this, over all parameters, are scaled down to it; 0 switches it off.
    public var maxGradientNorm: Float = 1
    /// Number of lowest layers that do not learn.
    public var frozenLayers = 0
    /// Whether the embeddings do not learn.
    public var freezesEmbeddings = false
    /// Parameters that do not learn, by their paths in the model, besides what the options above say; nil for none.
    public var frozenParameters: [String]?
    /// The factor of the learning rate from each layer to the one below; see `LayerRates`.
    public var layerDecay: Float = 1
    /// Precision of matrix products.
    public var precision = Precision.float32
    /// Determines initial weights, order, masks and dropout.
    public var seed: UInt64 = 0
    /// Steps between evaluations on the validation data; nil for ten evaluations a run, 0 for one
    /// at the end only.
    public var evaluationInterval: Int?
    /// Most batches of an evaluation during training; the one at the end covers everything.
    public var evaluationBatchLimit: Int?
    /// Steps between checkpoints; nil for one at each evaluation, or ten a run where evaluation is
    /// only at the end; 0 for none but on interruption.
    public var checkpointInterval: Int?
    /// Number of latest checkpoints kept, besides the best.
    public var keptCheckpoints = 2
    /// Ends training with the mean of the weights of the last so many checkpoints, those at the end of
    /// intervals; nil for none. Where a run keeps the best weights, the mean has to be better than they are.
    ///
    /// Source: Vaswani et al. 2017, Attention Is All You Need, section 6.1.
    public var averagedCheckpoints: Int?
    /// Ends training when evaluations no longer get better, with the best weights; nil for never.
    public var earlyStopping: EarlyStopping?

    /// The defaults above.
    public init() {}

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try OptionCheck.require(
            (1...65_536).contains(batchSize), "batch size", "from 1 to 65536", batchSize)
        try OptionCheck.count(accumulationSteps, "accumulation steps", atMost: 65_536)
        try OptionCheck.require(
            learningRate > 0 && learningRate.isFinite, "learning rate", "above 0", learningRate)
        try OptionCheck.require(
            (0...learningRate).contains(minimumLearningRate), "minimum learning rate",
            "from 0 to the learning rate", minimumLearningRate)
        try OptionCheck.share(beta1, "beta 1")
        try OptionCheck.share(beta2, "beta 2")
        try OptionCheck.require(
            (0..<1).contains(momentum ?? 0), "momentum", "0 or more and below 1", momentum ?? 0)
        if let plateauDecay {
            try OptionCheck.require(
                plateauDecay.factor > 0 && plateauDecay.factor < 1, "plateau decay",
                "above 0 and below 1", plateauDecay.factor)
            try OptionCheck.count(
                plateauDecay.patience, "patience of plateau decay", atLeast: 0)
        }
        try OptionCheck.require(epsilon > 0, "epsilon", "above 0", epsilon)
        try OptionCheck.require(weightDecay >= 0, "weight decay", "0 or more", weightDecay)
        try OptionCheck.require(
            (l1 ?? 0) >= 0 && (l1 ?? 0).isFinite, "L1 penalty", "0 or more", l1 ?? 0)
        try OptionCheck.require(
            (l2 ?? 0) >= 0 && (l2 ?? 0).isFinite, "L2 penalty", "0 or more", l2 ?? 0)
        try OptionCheck.require(
            maxGradientNorm >= 0, "maximum gradient norm", "0 or more", maxGradientNorm)
        try OptionCheck.count(frozenLayers, "frozen layers", atLeast: 0)
        try OptionCheck.require(
            layerDecay > 0 && layerDecay <= 1, "layer decay", "above 0 and at most 1", layerDecay)
        try OptionCheck.count(evaluationInterval ?? 0, "evaluation interval", atLeast: 0)
        try OptionCheck.count(evaluationBatchLimit ?? 1, "evaluation batch limit")
        try OptionCheck.count(checkpointInterval ?? 0, "checkpoint interval", atLeast: 0)
        try OptionCheck.count(keptCheckpoints, "kept checkpoints")
        if let averagedCheckpoints {
            try OptionCheck.require(
                (2...1000).contains(averagedCheckpoints), "checkpoints to average",
                "from 2 to 1000", averagedCheckpoints)
            try OptionCheck.require(
                checkpointInterval != 0, "checkpoint interval with an average of checkpoints",
                "1 or more", 0)
        }
        if let earlyStopping {
            try OptionCheck.require(
                earlyStopping.patience >= 1, "patience of early stopping", "1 evaluation or more",
                earlyStopping.patience)
            try OptionCheck.require(
                earlyStopping.minimumImprovement >= 0
                    && earlyStopping.minimumImprovement.isFinite,
                "minimum improvement of early stopping", "0 or more",
                earlyStopping.minimumImprovement)
            try OptionCheck.require(
                evaluationInterval != 0, "evaluation interval with early stopping", "1 or more", 0)
        }
        switch limit {
        case .steps(let steps): try OptionCheck.count(steps, "steps")
        case .epochs(let epochs): try OptionCheck.count(epochs, "epochs", atMost: 1 << 24)
        case .minutes(let minutes):
            try OptionCheck.require(minutes > 0 && minutes.isFinite, "minutes", "above 0", minutes)
        }
        switch warmUp {
        case .steps(let steps):
            try OptionCheck.count(steps, "warm-up steps", atLeast: 0)
        case .fraction(let share):
            try OptionCheck.share(share, "warm-up share")
        }
    }
}
