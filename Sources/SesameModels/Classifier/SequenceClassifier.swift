import SesameNN
import SesameTensor

/// A model that gives a text, or a pair of texts, one of a few labels, or a score.
///
/// On BERT the pooled state of the first position goes through dropout and a linear map; on GPT the state
/// of the last real token, which is the only one that has seen the whole text, and of which there are two where
/// its ``GPTInputForm`` reads pairs in both orders; on a ``TextCNN`` the pooled features.
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 4.1, and Hugging Face's
/// `BertForSequenceClassification`, whose names and outputs it has.
public struct SequenceClassifier: LaidOutModel {
    /// The backbone's sizes and choices, and what the head tells.
    public let configuration: SequenceClassifierConfig
    /// The backbone, where it is a BERT.
    public internal(set) var bert: BERT?
    /// The backbone, where it is a GPT.
    public internal(set) var gpt: GPT?
    /// The backbone, where it is a convolutional network.
    public internal(set) var textCNN: TextCNN?
    /// Text state → one output a label, or the score.
    public var head: Linear
    private let dropout: Dropout

    /// A classifier on a (pretrained) BERT, with a fresh head.
    ///
    /// - Parameters:
    ///   - bert: The backbone.
    ///   - kind: What to tell about a text.
    ///   - dropoutProbability: Of the pooled state; nil means as in the backbone.
    ///   - key: Where the head's weights are drawn from.
    public init(
        bert: BERT, head kind: SequenceHead, dropoutProbability: Float? = nil, key: RandomKey
    ) {
        let backbone = bert.configuration
        let configuration = SequenceClassifierConfig(
            backbone: .bert(backbone), head: kind, dropoutProbability: dropoutProbability)
        self.configuration = configuration
        self.bert = bert.withPooler(key: key.derived(1))
        dropout = Dropout(dropoutProbability ?? backbone.hiddenDropoutProbability)
        head = Linear(
            inputSize: backbone.hiddenSize, outputSize: kind.outputCount,
            initializer: .normal(backbone.initializerDeviation), key: key)
    }

    /// A classifier on a (pretrained) GPT, with a fresh head without a bias.
    ///
    /// - Parameters:
    ///   - gpt: The backbone.
    ///   - kind: What to tell about a text.
    ///   - inputForm: How texts and pairs are read; its tokens are among the backbone's. Nil where they stand alone.
    ///   - dropoutProbability: Of the last state; nil means none, as in Hugging Face's model.
    ///   - key: Where the head's weights are drawn from.
    public init(
        gpt: GPT, head kind: SequenceHead, inputForm: GPTInputForm? = nil,
        dropoutProbability: Float? = nil, key: RandomKey
    ) {
        let backbone = gpt.configuration
        configuration = SequenceClassifierConfig(
            backbone: .gpt(backbone), head: kind, inputForm: inputForm,
            dropoutProbability: dropoutProbability)
        self.gpt = gpt
        self.gpt?.output = nil  // there are no tokens to predict
        dropout = Dropout(dropoutProbability ?? 0)
        head = Linear(
            inputSize: backbone.hiddenSize, outputSize: kind.outputCount, bias: false,
            initializer: .normal(backbone.initializerDeviation), key: key)
    }

    /// A classifier on a convolutional network, with a fresh head.
    ///
    /// - Parameters:
    ///   - textCNN: The backbone.
    ///   - kind: What to tell about a text.
    ///   - dropoutProbability: Of the pooled features; nil means as in the backbone.
    ///   - key: Where the head's weights are drawn from.
    public init(
        textCNN: TextCNN, head kind: SequenceHead, dropoutProbability: Float? = nil,
        key: RandomKey
    ) {
        let backbone = textCNN.configuration
        configuration = SequenceClassifierConfig(
            backbone: .textCNN(backbone), head: kind, dropoutProbability: dropoutProbability)
        self.textCNN = textCNN
        dropout = Dropout(dropoutProbability ?? backbone.dropoutProbability)
        head = Linear(
            inputSize: backbone.featureCount, outputSize: kind.outputCount, key: key)
    }

    /// A classifier with fresh weights, from a configuration that is checked first.
    public init(configuration: SequenceClassifierConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        switch configuration.backbone {
        case .bert(let backbone):
            self.init(
                bert: BERT(backbone, key: key.derived(0)), head: configuration.head,
                dropoutProbability: configuration.dropoutProbability, key: key.derived(1))
        case .gpt(let backbone):
            self.init(
                gpt: GPT(backbone, key: key.derived(0)), head: configuration.head,
                inputForm: configuration.inputForm,
                dropoutProbability: configuration.dropoutProbability, key: key.derived(1))
        case .textCNN(let backbone):
            self.init(
                textCNN: TextCNN(backbone, key: key.derived(0)), head: configuration.head,
                dropoutProbability: configuration.dropoutProbability, key: key.derived(1))
        }
    }

    /// The labels' names, in the order of their numbers; none for a score.
    public var labels: [String] {
        if case .classification(let labels) = configuration.head { labels } else { [] }
    }

    /// How many tokens a text may have.
    public var maxSequenceLength: Int { configuration.maxSequenceLength }

    /// Whether texts shorter than others of their batch cost as much as these.
    public var computesOnPadding: Bool { gpt != nil }

    /// The outputs: the labels' logits, or the score.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`; padding is behind the text. Where pairs are read in both orders, `[2 · batch, time]`:
    ///     all in the one order, then all in the other.
    ///   - typeIDs: The segment of each position, for BERT; nil means all 0.
    ///   - mask: `[batch, time]`; 1 keeps a position, 0 hides it (padding); nil keeps all.
    ///   - layers: Vectors in context, `[layers, batch, time, size]`, for a ``TextCNN`` that takes them.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, outputs]`.
    public func logits(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        layers: Tensor? = nil, context: ForwardContext
    ) -> Tensor {
        outputs(ids, typeIDs: typeIDs, mask: mask, layers: layers, context: context).logits
    }

    /// What a forward pass gives.
    struct Outputs {
        var logits: Tensor
        /// What batch norms have seen in training.
        var statistics: [BatchStatistics]
        /// A GPT's states of all positions, `[batch, time, hidden]`.
        var hidden: Tensor?
    }

    func outputs(
        _ ids: IDTensor, typeIDs: IDTensor?, mask: AttentionMask?, layers: Tensor?,
        context: ForwardContext
    ) -> Outputs {
        let state: Tensor
        var statistics: [BatchStatistics] = []
        var hidden: Tensor?
        if let bert {
            state = bert.pooled(ids, typeIDs: typeIDs, mask: mask, context: context.site(0))
        } else if let gpt {
            let states = gpt.hidden(ids, context: context.site(0))
            let rows = Self.lastPositions(batch: ids.shape[0], time: ids.shape[1], mask: mask)
            let last = states.reshaped([states.shape.leading, states.shape.last])
                .selectedRows(IDTensor(rows, shape: [rows.count]))
            state = configuration.inputForm?.readsBothOrders == true ? last.sumOfHalves : last
            hidden = states
        } else if let textCNN {
            (state, statistics) = textCNN.features(
                ids, lengths: mask?.lengths, layers: layers, context: context.site(0))
        } else {
            preconditionFailure("a classifier has a backbone")
        }
        let logits = head(dropout(state, context: context.site(1)), context: context)
        return Outputs(logits: logits, statistics: statistics, hidden: hidden)
    }

    /// What a batch of texts is trained towards.
    public enum Targets: Sendable {
        /// The labels' numbers, `[batch]`.
        case labels(IDTensor)
        /// The scores, `[batch]`.
        case scores(Tensor)
    }

    /// The loss, and the logits it was computed from.
    ///
    /// For labels the mean cross-entropy in nats, for scores the mean squared error.
    ///
    /// - Parameters:
    ///   - ids: As ``logits(_:typeIDs:mask:layers:context:)`` takes them.
    ///   - typeIDs: Likewise.
    ///   - mask: Likewise.
    ///   - targets: Of the kind that the head tells.
    ///   - labelSmoothing: The share of a label's probability that goes to all labels alike, below 1.
    ///   - context: Gives precision, mode and key.
    public func loss(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        targets: Targets, labelSmoothing: Float = 0, context: ForwardContext
    ) -> (loss: Tensor, logits: Tensor) {
        let result = lossAndStatistics(
            ids, typeIDs: typeIDs, mask: mask, targets: targets, labelSmoothing: labelSmoothing,
            context: context)
        return (result.loss, result.logits)
    }

    /// The same with what batch norms have seen in training, for ``absorb(_:)``.
    ///
    /// - Parameters:
    ///   - ids: As ``logits(_:typeIDs:mask:layers:context:)`` takes them.
    ///   - typeIDs: Likewise.
    ///   - mask: Likewise.
    ///   - layers: Likewise.
    ///   - targets: Of the kind that the head tells.
    ///   - labelSmoothing: The share of a label's probability that goes to all labels alike, below 1.
    ///   - languageModelWeight: λ of the loss of a GPT's next tokens, the mean over all of the batch, which is added λ
    ///     times: it keeps the model a language model while it learns the task (Radford et al. 2018, equation 5, where λ
    ///     is 0.5). The output must share the token vectors.
    ///   - context: Gives precision, mode and key.
    public func lossAndStatistics(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        layers: Tensor? = nil, targets: Targets, labelSmoothing: Float = 0,
        languageModelWeight: Float = 0, context: ForwardContext
    ) -> (loss: Tensor, logits: Tensor, statistics: [BatchStatistics]) {
        let outputs = outputs(ids, typeIDs: typeIDs, mask: mask, layers: layers, context: context)
        let logits = outputs.logits
        var loss: Tensor
        switch (targets, configuration.head) {
        case (.labels(let labels), .classification):
            loss = crossEntropy(
                logits: logits, targets: labels, ignoreIndex: -100,
                labelSmoothing: labelSmoothing)
        case (.scores(let scores), .regression):
            loss = meanSquaredError(
                logits.reshaped([logits.shape.leading]), targets: scores)
        case (.labels, .regression), (.scores, .classification):
            preconditionFailure("targets \(targets) for a head of \(configuration.head)")
        }
        if languageModelWeight > 0,
            let language = languageModelLoss(of: outputs, ids, mask: mask, context: context)
        {
            loss = loss + language * languageModelWeight
        }
        return (loss, logits, outputs.statistics)
    }

    /// The mean loss of all next tokens of a batch; nil for what is no GPT.
    func languageModelLoss(
        of outputs: Outputs, _ ids: IDTensor, mask: AttentionMask?, context: ForwardContext
    ) -> Tensor? {
        guard let gpt, let hidden = outputs.hidden else { return nil }
        return projectedCrossEntropy(
            hidden: hidden, weight: gpt.outputWeight, targets: Self.nextTokens(ids, mask),
            precision: context.precision
        ).loss
    }

    /// The token that follows each position within its text; -100 behind the last.
    private static func nextTokens(_ ids: IDTensor, _ mask: AttentionMask?) -> IDTensor {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        let lengths = mask?.lengths ?? Array(repeating: time, count: batch)
        var targets = [Int32](repeating: -100, count: batch * time)
        for (row, length) in lengths.enumerated() {
            for place in 0..<max(0, length - 1) {
                targets[row * time + place] = ids.scalars[row * time + place + 1]
            }
        }
        return IDTensor(targets, shape: ids.shape)
    }

    /// Takes what batch norms have seen in a training pass into their running statistics.
    public mutating func absorb(_ statistics: [BatchStatistics]) { textCNN?.absorb(statistics) }

    /// Scales each output's weights down to a length of at most `limit`: Kim's constraint, after each step.
    public mutating func limitHead(to limit: Float) {
        head.weight.scaleRows(toAtMost: limit)
    }

    /// The labels' probabilities, `[batch, labels]`, in evaluation.
    ///
    /// Parameters as for ``logits(_:typeIDs:mask:layers:context:)``.
    public func probabilities(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        precision: Precision = .float32
    ) -> Tensor {
        softmax(
            logits(ids, typeIDs: typeIDs, mask: mask, context: .evaluation(precision: precision)))
    }

    /// The row of each text's last kept position, counted through the batch.
    private static func lastPositions(batch: Int, time: Int, mask: AttentionMask?) -> [Int32] {
        (mask?.lengths ?? Array(repeating: time, count: batch)).enumerated().map { index, length in
            Int32(index * time + (length == 0 ? time : length) - 1)
        }
    }

    /// Visits the parameters in a fixed order: backbone, head.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        bert?.visitParameters(&visitor, at: path / "bert")
        gpt?.visitParameters(&visitor, at: path / "gpt")
        textCNN?.visitParameters(&visitor, at: path / "textCNN")
        head.visitParameters(&visitor, at: path / "head")
    }
}

extension Tensor {
    /// The first half of the rows plus the second: of `[2 · n, size]` gives `[n, size]`.
    fileprivate var sumOfHalves: Tensor {
        precondition(shape[0] % 2 == 0, "\(shape[0]) rows have no halves")
        let half = shape[0] / 2
        return sliced(axis: 0, 0..<half) + sliced(axis: 0, half..<shape[0])
    }
}

extension SequenceClassifier {
    /// Hugging Face's names, where it has such a model.
    var checkpointLayout: CheckpointLayout {
        switch configuration.backbone {
        case .bert(let backbone):
            var layout = CheckpointLayout.bert(backbone, prefix: "bert.")
            layout.addPair("head", "classifier")
            return layout
        case .gpt(let backbone):
            var layout = CheckpointLayout.gpt(backbone, prefix: "gpt.")
            layout.addPair("head", "score", bias: false)
            return layout
        case .textCNN:
            return .own(parameters.map(\.path))
        }
    }
}
