/// A metric of your own, worked out at every evaluation beside the task's.
///
///     trainer.customMetrics = [
///         CustomMetric("norm") { model, _ in model.parameters.reduce(0) { $0 + length($1.tensor) } }
///     ]
///
/// It is reported and recorded like any other, and ``Trainer/selection`` may name it.
public struct CustomMetric<Task: TrainingTask>: Sendable {
    /// The name it is reported under; one of the task's own gives way to it.
    public let name: String
    /// The value for a model, given the task with its training and validation data; nil for none.
    public let value: @Sendable (_ model: Task.Model, _ task: Task) throws -> Double?

    /// A metric from its name and formula.
    /// - Parameters:
    ///   - name: The name it is reported under.
    ///   - value: Called between steps, on the thread that trains. An error it throws ends the run.
    public init(
        _ name: String,
        value: @escaping @Sendable (_ model: Task.Model, _ task: Task) throws -> Double?
    ) {
        self.name = name
        self.value = value
    }
}

/// The metric by which evaluations are compared.
public struct MetricSelection: Sendable, Hashable {
    /// The metric's name.
    public var name: String
    /// Whether more of it is better.
    public var higherIsBetter: Bool

    /// Evaluations are compared by the metric of this name.
    public init(_ name: String, higherIsBetter: Bool) {
        self.name = name
        self.higherIsBetter = higherIsBetter
    }
}
