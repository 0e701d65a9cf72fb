#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a run tells while it goes on.
public enum TrainerEvent: Sendable {
    /// Data is being prepared; the text is for a person, as "tokenising 1200 of 36718 documents".
    case preparing(String)
    /// Something a person should know before training begins, as how many words have vectors; a whole sentence.
    case note(String)
    /// Training begins, or continues after a resume.
    case started(TrainerStart)
    /// An optimizer step was made.
    case step(StepReport)
    /// The model was evaluated on the validation data after `step` steps.
    case evaluation(step: Int, metrics: Metrics)
    /// A checkpoint was written after `step` steps.
    case checkpoint(step: Int, folder: URL)
    /// Training is over, by its limit or by interruption.
    case finished(TrainingSummary)
}

/// The size of a run.
public struct TrainerStart: Sendable, Hashable, Codable {
    /// Trainable numbers of the model.
    public var parameterCount: Int
    /// Steps made before, where a run continues.
    public var firstStep: Int
    /// Steps in all; nil under a time limit.
    public var totalSteps: Int?
    /// Forward passes an epoch.
    public var batchesPerEpoch: Int
}

/// One optimizer step.
public struct StepReport: Sendable, Hashable, Codable {
    /// Number of steps made, this one included.
    public var step: Int
    /// Epoch in which the step's last batch lay, from 0.
    public var epoch: Int
    /// Training loss, in nats, mean over the step's batches.
    public var loss: Double
    /// Learning rate of the step.
    public var learningRate: Float
    /// Length of the gradient before clipping.
    public var gradientNorm: Double
    /// Means over the steps since the last report that had some; about a thousand reports a run do,
    /// at steps that do not depend on time or interruptions. These are what a workspace records.
    public var means: StepMeans?
    /// Speed, smoothed over recent steps; padding does not count.
    public var tokensPerSecond: Double
    /// Share of the run done, 0...1.
    public var progress: Double
    /// Time spent training so far, all parts of a resumed run together.
    public var elapsedSeconds: Double
    /// Estimated time to the end.
    public var secondsLeft: Double
}

/// Means over some steps.
public struct StepMeans: Sendable, Hashable, Codable {
    /// Mean training loss, in nats.
    public var loss: Double
    /// Mean length of the gradient before clipping.
    public var gradientNorm: Double
    /// Number of steps.
    public var stepCount: Int
}

/// The end of a run.
public struct TrainingSummary: Sendable, Hashable, Codable {
    /// Why training ended.
    public enum Reason: String, Sendable, Hashable, Codable {
        /// The limit was reached.
        case completed
        /// Evaluations no longer got better; see ``TrainingOptions/earlyStopping``.
        case stoppedEarly
        /// It was told to stop; a checkpoint was left.
        case interrupted
    }

    /// Why training ended.
    public var reason: Reason
    /// Optimizer steps made in all.
    public var steps: Int
    /// Tokens trained on, padding not counted.
    public var tokenCount: Int
    /// Time spent training, evaluations included.
    public var seconds: Double
    /// Of the weights that the model has, over all validation data; empty without any or after an
    /// interruption.
    public var metrics: Metrics
    /// The step whose weights the model has: the last, or the best where the best was asked for.
    public var modelStep: Int
    /// The checkpoints whose mean the weights are; nil for the weights of a step.
    public var averagedCheckpoints: Int?
    /// The last checkpoint, if any.
    public var checkpoint: URL?
}
