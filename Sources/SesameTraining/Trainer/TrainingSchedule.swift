import SesameNN

/// A learning-rate schedule of your own, where the shapes of ``TrainingOptions`` do not fit.
///
///     trainer.schedule = TrainingSchedule { step, total in step < total / 2 ? 1 : 0.1 }
///
/// A resumed run must be given the same schedule again; a checkpoint cannot hold it.
public struct TrainingSchedule: Sendable {
    /// The rate at a step, from the run's length and the peak rate of the options.
    let rate: @Sendable (_ step: Int, _ totalSteps: Int, _ peak: Float) -> Float

    /// A schedule by factors of the options' learning rate.
    ///
    /// Under a time limit a run counts as a million steps, of which `step` is the share of the time
    /// that is used.
    /// - Parameter factor: What to multiply the learning rate with at a step from 0 on; 0 or more.
    public init(_ factor: @escaping @Sendable (_ step: Int, _ totalSteps: Int) -> Float) {
        rate = { step, total, peak in peak * factor(step, total) }
    }

    /// A ready-made schedule with its own rates; the options' play no part.
    public init(_ schedule: LearningRateSchedule) {
        rate = { step, _, _ in schedule.rate(at: step) }
    }
}
