import SesameNN
import SesameTensor

/// The loss of one batch and what else is worth adding up.
public struct BatchLoss: Sendable {
    /// The scalar to minimise.
    public var loss: Tensor
    /// Sums for metrics.
    public var sums: MetricSums
    /// What batch norms have seen, in the order that ``TrainingTask/afterStep(_:statistics:)`` expects.
    public var statistics: [BatchStatistics]

    /// A loss with its sums, and the statistics of a model that has batch norms.
    public init(
        loss: Tensor, sums: MetricSums = MetricSums(), statistics: [BatchStatistics] = []
    ) {
        self.loss = loss
        self.sums = sums
        self.statistics = statistics
    }
}

/// Something to train: a model's loss on batches of some data, and a way to judge the model.
public protocol TrainingTask: Sendable {
    /// The model that is trained.
    associatedtype Model: Module
    /// The data that it is trained on.
    associatedtype Data: TrainingData

    /// What each batch hands to the next; nothing unless told otherwise.
    associatedtype Carry: BatchCarry = NoCarry

    /// The training data.
    var data: Data { get set }

    /// The metric which tells the best checkpoint, as ``MetricName/loss``.
    var selectionMetric: String { get }
    /// Whether more of it is better.
    var higherIsBetter: Bool { get }

    /// Number of tokens of a batch, without padding.
    func tokenCount(of batch: Data.Batch) -> Int

    /// The loss on one batch.
    func loss(of model: Model, on batch: Data.Batch, context: ForwardContext) -> BatchLoss

    /// Changes the model after a step, where the task asks for it: running statistics, or a limit on weights.
    /// - Parameters:
    ///   - model: The model after the step.
    ///   - statistics: ``BatchLoss/statistics`` of each of the step's passes.
    func afterStep(_ model: inout Model, statistics: [[BatchStatistics]])

    /// The loss on one batch, given what the batch before it left.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - batch: The batch.
    ///   - carry: What the batch before left; afterwards what this one leaves to the next.
    ///   - context: Gives precision, mode and key.
    func loss(
        of model: Model, on batch: Data.Batch, carry: inout Carry, context: ForwardContext
    ) -> BatchLoss

    /// Metrics on the validation data, or nil where there is none.
    /// - Parameters:
    ///   - model: The model.
    ///   - precision: Of matrix products.
    ///   - batchLimit: Most batches to look at; nil for all.
    func evaluate(_ model: Model, precision: Precision, batchLimit: Int?) -> Metrics?
}

extension TrainingTask {
    /// The loss of a batch that knows nothing of the one before it.
    public func loss(
        of model: Model, on batch: Data.Batch, carry: inout Carry, context: ForwardContext
    ) -> BatchLoss {
        loss(of: model, on: batch, context: context)
    }

    /// The loss.
    public var selectionMetric: String { MetricName.loss }
    /// Less is better.
    public var higherIsBetter: Bool { false }
    /// Nothing.
    public func afterStep(_ model: inout Model, statistics: [[BatchStatistics]]) {}
}
