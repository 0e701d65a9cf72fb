import SesameNN

/// The plan of a run: how far it is, and the learning rate there.
struct TrainingPlan: Sendable {
    /// Steps in all; nil under a time limit.
    let totalSteps: Int?
    let totalSeconds: Double?
    private let schedule: LearningRateSchedule

    /// Under a time limit the schedule runs over this many virtual steps.
    private static let virtualSteps = 1_000_000

    /// - Parameter batchesPerEpoch: Forward passes in the first epoch.
    init(options: TrainingOptions, batchesPerEpoch: Int) {
        let scheduleSteps: Int
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
        schedule = LearningRateSchedule(
            options.shape, peak: options.learningRate, floor: options.minimumLearningRate,
            warmupSteps: warmUpSteps, totalSteps: scheduleSteps)
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

    func learningRate(step: Int, seconds: Double) -> Float {
        if totalSteps != nil { return schedule.rate(at: step) }
        let share = progress(step: step, seconds: seconds)
        return schedule.rate(at: Int(share * Double(Self.virtualSteps)))
    }
}
