import SesameNN
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Trainer {
    /// The metric that evaluations are compared by.
    var comparison: MetricSelection {
        selection
            ?? MetricSelection(task.selectionMetric, higherIsBetter: task.higherIsBetter)
    }

    /// The task's metrics of the model and the custom ones, or nil where there is nothing to judge by.
    func measure(limit: Int?) throws -> Metrics? {
        var metrics = task.evaluate(model, precision: options.precision, batchLimit: limit)
        for custom in customMetrics {
            guard let value = try custom.value(model, task) else { continue }
            metrics = metrics ?? [:]
            metrics?[custom.name] = value
        }
        return metrics
    }

    /// An evaluation during training.
    mutating func evaluate(limit: Int?, _ onEvent: (TrainerEvent) throws -> Void) throws {
        guard let metrics = try measure(limit: limit) else { return }
        note(metrics, isFull: limit == nil)
        if let value = metrics[comparison.name], let stopping = options.earlyStopping {
            state.earlyStopping.note(
                value, higherIsBetter: comparison.higherIsBetter,
                minimumImprovement: stopping.minimumImprovement)
        }
        if let value = metrics[comparison.name], let decay = options.plateauDecay {
            var plateau = state.plateau ?? PlateauState()
            plateau.note(value, higherIsBetter: comparison.higherIsBetter, decay: decay)
            state.plateau = plateau
        }
        try compare(metrics)
        try onEvent(.evaluation(step: state.step, metrics: metrics))
    }

    /// The evaluation at the end, over all validation data.
    mutating func evaluateFully(_ onEvent: (TrainerEvent) throws -> Void) throws {
        let limit = options.evaluationBatchLimit
        // The best of the evaluations is found among equals: those of the same part of the data.
        if restoresBest, limit != nil, state.evaluatedStep != state.step,
            let metrics = try measure(limit: limit)
        {
            try compare(metrics)
        }
        guard let metrics = try measure(limit: nil) else { return }
        note(metrics, isFull: true)
        if limit == nil || !restoresBest { try compare(metrics) }
        try onEvent(.evaluation(step: state.step, metrics: metrics))
    }

    private mutating func note(_ metrics: Metrics, isFull: Bool) {
        state.metrics = metrics
        state.evaluatedStep = state.step
        state.evaluatedFully = isFull
    }

    /// Keeps the weights if they are the best so far.
    private mutating func compare(_ metrics: Metrics) throws {
        guard let value = metrics[comparison.name] else {
            guard selection != nil || options.earlyStopping != nil else { return }
            throw TrainingError(
                .invalidOption(
                    name: "metric to compare evaluations by",
                    expected: "one of " + metrics.keys.sorted().joined(separator: ", "),
                    found: comparison.name))
        }
        guard !value.isNaN else { return }
        let isBetter = state.bestValue.map {
            comparison.higherIsBetter ? value > $0 : value < $0
        }
        guard isBetter ?? true else { return }
        state.bestValue = value
        state.bestStep = state.step
        if restoresBest { best = model }
    }

    /// Early stopping without anything to judge by is found before hours of training, not after.
    func checkEarlyStopping() throws {
        guard options.earlyStopping != nil, state.evaluatedStep == nil,
            try measure(limit: 1) == nil
        else { return }
        throw TrainingError(
            .notEnoughData(
                what: "early stopping", needed: "validation data to judge the model by",
                found: "none", remedy: "hold out a share of the data, or train without it"))
    }
}
