import SesameNN
import SesameTensor

/// A batch for BERT's two pretraining tasks.
public struct BERTPretrainingBatch: Sendable {
    /// The tokens, some of them masked, `[batch, time]`.
    public var ids: IDTensor
    /// The segment of each position, `[batch, time]`; nil means all 0.
    public var typeIDs: IDTensor?
    /// 1 keeps a position, 0 hides it; nil keeps all.
    public var mask: AttentionMask?
    /// The original token at the positions to be predicted, -100 elsewhere, `[batch, time]`.
    public var labels: IDTensor
    /// 0 where the second segment follows the first in its document, 1 where it does not, `[batch]`;
    /// nil leaves the next-sentence task out.
    public var nextSentence: IDTensor?

    /// A batch from its parts.
    public init(
        ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil, labels: IDTensor,
        nextSentence: IDTensor? = nil
    ) {
        self.ids = ids
        self.typeIDs = typeIDs
        self.mask = mask
        self.labels = labels
        self.nextSentence = nextSentence
    }
}

/// The losses of BERT's two pretraining tasks.
public struct BERTPretrainingLoss: Sendable {
    /// The sum of both mean losses: what is minimized.
    public let total: Tensor
    /// Of the masked tokens: mean loss in nats, how many were scored and how many right.
    public let masked: ProjectedLoss
    /// The mean loss of the next-sentence task, in nats; nil where the batch leaves it out.
    public let nextSentence: Tensor?
    /// How many pairs were told right.
    public let nextSentenceCorrectCount: Int
    /// How many pairs there were.
    public let nextSentenceCount: Int
}

/// BERT with its two pretraining heads: masked tokens and next sentence.
///
/// A masked position's state goes through a dense map, GELU and a norm, and is compared with every token's
/// vector (the output shares the embedding's table and adds a bias). Only the positions that are scored
/// are projected.
public struct BERTForPretraining: PretrainedModel {
    /// The encoder.
    public var bert: BERT
    /// The dense map of the masked-token head.
    public var transform: Linear
    /// The norm of the masked-token head.
    public var transformNorm: LayerNorm
    /// The masked-token head's bias, `[vocabulary]`.
    public var outputBias: Tensor
    /// Pooled state → follows (0) or not (1); nil in a model that was published for masked tokens alone.
    public var nextSentence: Linear?

    /// The encoder's sizes and choices.
    public var configuration: BERTConfig { bert.configuration }

    /// A model with fresh weights.
    ///
    /// - Precondition: The configuration is valid; see ``BERTConfig/validate()``.
    public init(_ configuration: BERTConfig, key: RandomKey) {
        let C = configuration.hiddenSize
        bert = BERT(configuration, key: key.derived(0))
        transform = Linear(
            inputSize: C, outputSize: C, initializer: configuration.initializer,
            key: key.derived(1))
        transformNorm = LayerNorm(size: C, epsilon: configuration.layerNormEpsilon)
        outputBias = Tensor(zeros: [configuration.vocabularySize])
        nextSentence = Self.freshNextSentence(configuration, key: key.derived(2))
    }

    static func freshNextSentence(_ configuration: BERTConfig, key: RandomKey) -> Linear {
        Linear(
            inputSize: configuration.hiddenSize, outputSize: 2,
            initializer: configuration.initializer, key: key)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: BERTConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(configuration, key: key)
    }

    /// The losses of a batch.
    ///
    /// - Precondition: A batch with the next-sentence task needs a model with that head and a pooler.
    public func loss(_ batch: BERTPretrainingBatch, context: ForwardContext) -> BERTPretrainingLoss
    {
        precondition(
            batch.labels.shape == batch.ids.shape,
            "ids have shape \(batch.ids.shape), labels \(batch.labels.shape)")
        let states = bert.hidden(
            batch.ids, typeIDs: batch.typeIDs, mask: batch.mask, context: context)
        var rows: [Int32] = []
        var targets: [Int32] = []
        for (i, label) in batch.labels.scalars.enumerated() where label != -100 {
            rows.append(Int32(i))
            targets.append(label)
        }
        let masked = projectedCrossEntropy(
            hidden: headStates(states, rows: rows, context: context),
            weight: bert.tokenEmbedding.weight, bias: outputBias,
            targets: IDTensor(targets, shape: [targets.count]), ignoreIndex: -100,
            labelSmoothing: 0, precision: context.precision)
        guard let following = batch.nextSentence else {
            return BERTPretrainingLoss(
                total: masked.loss, masked: masked, nextSentence: nil,
                nextSentenceCorrectCount: 0, nextSentenceCount: 0)
        }
        guard let nextSentence else {
            preconditionFailure("this BERT was loaded without a next-sentence head")
        }
        let logits = nextSentence(bert.pool(states, context: context), context: context)
        let loss = crossEntropy(logits: logits, targets: following)
        let right = zip(logits.argmaxRows().scalars, following.scalars).count { $0 == $1 }
        return BERTPretrainingLoss(
            total: masked.loss + loss, masked: masked, nextSentence: loss,
            nextSentenceCorrectCount: right, nextSentenceCount: following.elementCount)
    }

    /// The token logits at some positions.
    ///
    /// - Parameters:
    ///   - states: ``BERT/hidden(_:typeIDs:mask:context:)``, `[batch, time, hidden]`.
    ///   - rows: Positions counted through the batch, `b · time + t`.
    ///   - context: Gives the precision.
    /// - Returns: `[rows, vocabulary]`.
    public func tokenLogits(_ states: Tensor, rows: [Int32], context: ForwardContext) -> Tensor {
        linear(
            headStates(states, rows: rows, context: context), weight: bert.tokenEmbedding.weight,
            bias: outputBias, activation: .identity, residual: nil, precision: context.precision)
    }

    private func headStates(_ states: Tensor, rows: [Int32], context: ForwardContext) -> Tensor {
        let picked = states.reshaped([states.shape.leading, states.shape.last])
            .selectedRows(IDTensor(rows, shape: [rows.count]))
        let dense = transform(
            picked, activation: configuration.activation, context: context)
        return transformNorm(dense, context: context)
    }

    /// Visits the parameters in a fixed order: encoder, masked-token head, next-sentence head.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        bert.visitParameters(&visitor, at: path / "bert")
        transform.visitParameters(&visitor, at: path / "transform")
        transformNorm.visitParameters(&visitor, at: path / "transformNorm")
        visitor.visit(&outputBias, at: path / "outputBias")
        nextSentence?.visitParameters(&visitor, at: path / "nextSentence")
    }
}
