import SesameNN
import SesameTensor

extension Trainer {
    /// Counts the checkpoint that is about to be written among those to be averaged.
    ///
    /// Only those at the end of intervals count, not what an interruption leaves: a resumed run ends with the
    /// same mean.
    mutating func noteForAverage() {
        guard let count = options.averagedCheckpoints else { return }
        var steps = state.averagedSteps ?? []
        guard steps.last != state.step else { return }
        steps.append(state.step)
        // One more is kept: should the latest be damaged, the one before it still has all of its own.
        state.averagedSteps = Array(steps.suffix(count + 1))
    }

    /// Puts the mean of the last checkpoints' weights in the place of the model's, where options ask for it.
    ///
    /// - Returns: Of how many checkpoints, and the metrics over all validation data; nil where the model is as
    ///   before. A run that keeps the best weights takes the mean only if it is better.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint` for one that cannot be read.
    mutating func takeAverage() throws -> (count: Int, metrics: Metrics)? {
        guard let count = options.averagedCheckpoints, let checkpoints,
            let steps = state.averagedSteps?.suffix(count), steps.count > 1
        else { return nil }
        let last = model
        let share = 1 / Float(steps.count)
        var sums = model.parameters.map { Tensor(zeros: $0.tensor.shape) }
        for step in steps {
            try checkpoints.loadModel(step: step, into: &model)
            for (index, parameter) in model.parameters.enumerated() {
                sums[index].add(scaled: share, parameter.tensor)
            }
        }
        var index = 0
        model.updateParameters { _, tensor in
            tensor = sums[index]
            index += 1
        }
        let metrics = try measure(limit: nil) ?? [:]
        if restoresBest, let bestValue = try fullBestValue() {
            let value = metrics[comparison.name] ?? .nan
            guard comparison.higherIsBetter ? value > bestValue : value < bestValue else {
                model = last
                return nil
            }
        }
        return (steps.count, metrics)
    }

    /// The best evaluation's value over all validation data; interim ones may be of a part.
    private func fullBestValue() throws -> Double? {
        guard options.evaluationBatchLimit != nil, let best else { return state.bestValue }
        var copy = self
        copy.model = best
        return try copy.measure(limit: nil)?[comparison.name]
    }
}
