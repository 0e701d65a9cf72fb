import SesameNN

/// The plan of a run: how far it is, and the learning rate there.
struct TrainingPlan: Sendable {
    /// Steps in all; nil under a time limit.
    let totalSteps: Int?
    let totalSeconds: Double?
    private let schedule: TrainingSchedule
    private let scheduleSteps: Int
    private let peak: Float

    /// Under a time limit the schedule runs over this many virtual steps.
    private static let virtualSteps = 1_000_000

    /// - Parameters:
    ///   - batchesPerEpoch: Forward passes in the first epoch.
    ///   - custom: In place of the options' schedule.
    init(options: TrainingOptions, batchesPerEpoch: Int, custom: TrainingSchedule?) {
        switch options.limit {
        case .steps(let steps):
            totalSteps = steps
            totalSeconds = nil
            scheduleSteps = steps
        case .epochs(let epochs):
            let batches = batchesPerEpoch * epochs
            let steps = (batches + options.accumulationSteps - 1) / options.accumulationSteps
            totalSteps = max(1, steps)
            totalSeconds = nil
            scheduleSteps = max(1, steps)
        case .minutes(let minutes):
            totalSteps = nil
            totalSeconds = minutes * 60
            scheduleSteps = Self.virtualSteps
        }
        let warmUpSteps: Int
        switch options.warmUp {
        case .steps(let steps):
            warmUpSteps = totalSteps == nil ? scheduleSteps / 20 : steps
        case .fraction(let share):
            warmUpSteps = Int(Double(scheduleSteps) * share)
        }
        peak = options.learningRate
        schedule =
            custom
            ?? TrainingSchedule(
                LearningRateSchedule(
                    options.shape, peak: options.learningRate, floor: options.minimumLearningRate,
                    warmupSteps: warmUpSteps, totalSteps: scheduleSteps))
    }

    /// Share of the run done, 0...1.
    func progress(step: Int, seconds: Double) -> Double {
        if let totalSteps { return min(1, Double(step) / Double(totalSteps)) }
        return min(1, seconds / (totalSeconds ?? 1))
    }

    func isFinished(step: Int, seconds: Double) -> Bool {
        if let totalSteps { return step >= totalSteps }
        return seconds >= (totalSeconds ?? 0)
    }

    /// - Throws: ``TrainingError`` with code `.invalidOption` where a custom schedule gives no rate.
    func learningRate(step: Int, seconds: Double) throws -> Float {
        let place =
            totalSteps == nil
            ? Int(progress(step: step, seconds: seconds) * Double(Self.virtualSteps)) : step
        let rate = schedule.rate(place, scheduleSteps, peak)
        guard rate >= 0, rate.isFinite else {
            throw TrainingError(
                .invalidOption(
                    name: "learning rate of the schedule at step \(step)",
                    expected: "0 or more", found: "\(rate)"))
        }
        return rate
    }

    /// Whether the means of the steps since the last report are due.
    ///
    /// About a thousand times a run, at steps that do not depend on time, so that a run records the
    /// same whether or not it was interrupted; under a time limit once a second.
    func isReportDue(step: Int, seconds: Double, pending: StepSums) -> Bool {
        guard let totalSteps else { return seconds - pending.since >= 1 }
        return step >= totalSteps || step % max(1, totalSteps / 1000) == 0
    }
}
