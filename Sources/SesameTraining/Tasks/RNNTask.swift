import SesameModels
import SesameNN
import SesameTensor

/// The state of a recurrent network between two batches of a text that is read in order.
public struct RecurrentCarry: BatchCarry {
    /// The state after the last batch; nil before the first.
    public var state: RecurrentState?

    /// Nothing read yet.
    public init() {}

    /// `hidden.0` … and an LSTM's `cell.0` …, a layer each.
    public var tensors: [(name: String, tensor: Tensor)] {
        guard let state else { return [] }
        return state.hidden.enumerated().map { ("hidden.\($0)", $1) }
            + state.cell.enumerated().map { ("cell.\($0)", $1) }
    }

    /// The carry that has these tensors.
    public init(tensors: [String: Tensor]) throws {
        func list(_ name: String) -> [Tensor] {
            var result: [Tensor] = []
            while let tensor = tensors["\(name).\(result.count)"] { result.append(tensor) }
            return result
        }
        let (hidden, cell) = (list("hidden"), list("cell"))
        guard hidden.count + cell.count == tensors.count, cell.isEmpty || cell.count == hidden.count
        else {
            throw TrainingError(
                .badCheckpoint(
                    path: CheckpointFolder.carryName,
                    problem: "it holds \(tensors.keys.sorted().joined(separator: ", ")), expected "
                        + "hidden.0 and so on",
                    remedy: "resume from an earlier checkpoint or start afresh"))
        }
        if !hidden.isEmpty { state = RecurrentState(hidden: hidden, cell: cell) }
    }
}

/// Trains an `RNNLanguageModel` to predict each next token.
///
/// Where the text is read in order, a batch begins with the state that the one before it has left, and gradients
/// end there: truncated backpropagation through time. An epoch begins with no state.
public struct RNNTask: TrainingTask {
    /// The training text.
    public var data: TextBatches
    /// The held-out text; nil where nothing is held out.
    public let validation: PackedTokens?
    /// Called with the model before each evaluation, as to let it write.
    public var beforeEvaluation: (@Sendable (RNNLanguageModel) -> Void)?

    /// A task over a training text and a held-out one.
    public init(data: TextBatches, validation: PackedTokens?) {
        self.data = data
        self.validation = validation
    }

    /// All tokens of the batch.
    public func tokenCount(of batch: NextTokenBatch) -> Int { batch.tokenCount }

    /// Mean cross-entropy of the next tokens, nothing being before them.
    public func loss(
        of model: RNNLanguageModel, on batch: NextTokenBatch, context: ForwardContext
    ) -> BatchLoss {
        BatchLoss(loss: model.loss(batch.ids, targets: batch.targets, context: context).loss.loss)
    }

    /// Mean cross-entropy of the next tokens, given the state after the batch before where this one continues it.
    public func loss(
        of model: RNNLanguageModel, on batch: NextTokenBatch, carry: inout RecurrentCarry,
        context: ForwardContext
    ) -> BatchLoss {
        guard case .sequential = data else { return loss(of: model, on: batch, context: context) }
        let (loss, state) = model.loss(
            batch.ids, targets: batch.targets, state: batch.continuesText ? carry.state : nil,
            context: context)
        carry.state = state.detached()
        return BatchLoss(loss: loss.loss)
    }

    /// Loss, perplexity, bits per character and accuracy over the held-out text.
    public func evaluate(
        _ model: RNNLanguageModel, precision: Precision, batchLimit: Int?
    ) -> Metrics? {
        beforeEvaluation?(model)
        guard let validation, validation.count > 1 else { return nil }
        return Self.evaluate(
            model, on: validation, precision: precision, batchLimit: batchLimit)
    }

    /// Rows and tokens a row of an evaluation's batches.
    static let evaluationRows = 10
    static let evaluationLength = 70

    /// Loss, perplexity, bits per character and accuracy of a model over a whole text, which ten rows read side
    /// by side from beginning to end.
    public static func evaluate(
        _ model: RNNLanguageModel, on stream: PackedTokens, precision: Precision,
        batchLimit: Int? = nil
    ) -> Metrics {
        var sums = MetricSums()
        var state: RecurrentState?
        let batches = SequentialTokenDataset.evaluationBatches(
            of: stream, contextLength: evaluationLength, rowCount: evaluationRows)
        for (index, batch) in batches.enumerated() {
            if let batchLimit, index >= batchLimit { break }
            let (loss, next) = model.loss(
                batch.ids, targets: batch.targets, state: state,
                context: .evaluation(precision: precision))
            state = next
            sums.add(loss)
        }
        return LanguageModelMetrics.metrics(sums, stream: stream)
    }
}

extension MetricSums {
    /// Adds the loss and accuracy of a batch's next tokens.
    mutating func add(_ loss: ProjectedLoss) {
        let count = Double(loss.scoredCount)
        add(MetricName.loss, total: Double(loss.loss.scalar) * count, weight: count)
        add(MetricName.accuracy, total: Double(loss.correctCount), weight: count)
    }
}

extension LanguageModelMetrics {
    /// The means, and what follows from the loss.
    static func metrics(_ sums: MetricSums, stream: PackedTokens) -> Metrics {
        let means = sums.means
        guard let loss = means[MetricName.loss] else { return means }
        return means.merging(
            metrics(loss: loss, count: Int(sums.weight(MetricName.loss)), stream: stream)
        ) { _, new in new }
    }
}
