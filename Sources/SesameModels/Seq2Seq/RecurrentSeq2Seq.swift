import SesameNN
import SesameTensor

/// An encoder of two directions and a decoder, both recurrent, with or without attention between them.
///
/// With xₛ the source's vectors and yₜ those of what the decoder reads,
///
///     e₁ … e_S      the encoder's states, both directions side by side
///     d₀ = tanh(B · final states)                        for each layer, of an LSTM for h and c each
///     dₜ = cell(yₜ, dₜ₋₁)
///     cₜ = Σₛ aₜₛ eₛ,  aₜ = softmaxₛ(score(dₜ, eₛ))      see `StateAttention`
///     rₜ = tanh(W [dₜ; cₜ])                              without attention tanh(W dₜ)
///     logitsₜ = V rₜ + b                                 V the target's vectors, where they are shared
///
/// Attention comes after the decoder's state (Luong), so that in training the decoder runs over all of the
/// target in one operation. With input feeding it reads [yₜ; rₜ₋₁], and goes step by step.
///
/// Source: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
/// https://arxiv.org/abs/1508.04025, section 3 (global attention), 3.3 (input feeding); without attention
/// Sutskever et al. 2014, https://arxiv.org/abs/1409.3215, and Cho et al. 2014, https://arxiv.org/abs/1406.1078.
public struct RecurrentSeq2Seq: Seq2SeqModel, OwnLayoutModel {
    /// The sizes and choices.
    public let configuration: RecurrentSeq2SeqConfig
    /// The source's vectors; nil where it shares the target's.
    public var sourceEmbedding: Embedding?
    /// The target's vectors; also the output's weight, unless there is ``output``.
    public var targetEmbedding: Embedding
    /// Reads the source, in two directions.
    public var encoder: RecurrentNetwork
    /// B: from the encoder's final states to those that the decoder begins with: h of each layer, then c.
    public var bridges: [Linear]
    /// Says the target.
    public var decoder: RecurrentNetwork
    /// Where the decoder looks in the source; nil where it does not.
    public var attention: StateAttention?
    /// W: what the output is made from.
    public var readout: Linear
    /// V, where it does not share the target's vectors.
    public var output: Linear?
    /// b, `[vocabulary]`; nil where ``output`` has one.
    public var outputBias: Tensor?
    private let dropout: Dropout

    /// A model with fresh weights: networks as PyTorch's, vectors normal with deviation 1/√size, maps uniform in
    /// ± 1/√inputs, biases 0.
    public init(configuration: RecurrentSeq2SeqConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.configuration = configuration
        let vocabularies = configuration.vocabularies
        let size = configuration.embeddingSize
        let vectors = Initializer.normal(1 / Float(size).squareRoot())
        func map(_ inputs: Int, _ outputs: Int, _ site: UInt64) -> Linear {
            Linear(
                inputSize: inputs, outputSize: outputs, initializer: .inverseRootInputs,
                key: key.derived(site))
        }
        if !vocabularies.isShared {
            sourceEmbedding = Embedding(
                count: vocabularies.sourceSize, size: size, initializer: vectors,
                key: key.derived(0))
        }
        targetEmbedding = Embedding(
            count: vocabularies.targetSize, size: size, initializer: vectors,
            key: key.derived(1))
        encoder = RecurrentNetwork(configuration.encoderOptions, key: key.derived(2))
        decoder = RecurrentNetwork(configuration.decoderOptions, key: key.derived(3))
        let states = configuration.cell == .lstm ? 2 : 1
        let encodedSize = 2 * configuration.encoderSize
        bridges = (0..<states * configuration.layerCount).map {
            map(encodedSize, configuration.hiddenSize, 16 + UInt64($0))
        }
        attention = configuration.attention.map {
            StateAttention(
                kind: $0, querySize: configuration.hiddenSize, keySize: encodedSize,
                key: key.derived(4))
        }
        readout = map(
            configuration.hiddenSize + (configuration.attention == nil ? 0 : encodedSize), size, 5)
        if configuration.tiesEmbeddings {
            outputBias = Tensor(zeros: [vocabularies.targetSize])
        } else {
            output = map(size, vocabularies.targetSize, 6)
        }
        dropout = Dropout(configuration.dropoutProbability)
    }

    /// `RecurrentSeq2Seq`.
    public var architecture: String { "RecurrentSeq2Seq" }

    /// See ``Seq2SeqModel``.
    public var vocabularies: Seq2SeqVocabularies { configuration.vocabularies }

    /// See ``Seq2SeqModel``.
    public var hasAttention: Bool { attention != nil }

    /// What the decoder knows of the sources.
    struct Encoded: Sendable {
        /// e, `[batch, source time, 2 · encoder size]`.
        var states: Tensor
        /// What additive attention computes of them once; nil where it takes them as they are.
        var keys: Tensor?
        var lengths: [Int]
        /// d₀.
        var initial: RecurrentState
    }

    /// Reads sources.
    func encode(_ source: IDTensor, lengths: [Int], context: ForwardContext) -> Encoded {
        precondition(
            source.shape.count == 2 && source.shape[0] == lengths.count,
            "sources are [batch, time] with a length a row, found \(source.shape) and "
                + "\(lengths.count) lengths")
        let vectors = (sourceEmbedding ?? targetEmbedding)(source, context: context)
        let (output, final) = encoder(
            dropout(vectors, context: context.site(0)), lengths: lengths, context: context.site(1))
        let layerCount = configuration.layerCount
        // A layer's two directions side by side, then through its bridge.
        func bridged(_ tensors: [Tensor], _ bridges: ArraySlice<Linear>) -> [Tensor] {
            zip(0..<layerCount, bridges).map { layer, bridge in
                bridge(
                    concatenated([tensors[2 * layer], tensors[2 * layer + 1]], axis: 1),
                    activation: .tanh, context: context)
            }
        }
        let initial = RecurrentState(
            hidden: bridged(final.hidden, bridges[..<layerCount]),
            cell: final.cell.isEmpty ? [] : bridged(final.cell, bridges[layerCount...]))
        let states = attention == nil ? output : dropout(output, context: context.site(2))
        return Encoded(
            states: states,
            keys: configuration.attention == .additive
                ? attention?.keys(states, context: context) : nil,
            lengths: lengths, initial: initial)
    }

    /// rₜ for queries dₜ, and where they look.
    ///
    /// - Parameter queries: `[batch, queries, hidden]`.
    func read(
        _ queries: Tensor, _ encoded: Encoded, context: ForwardContext
    ) -> (features: Tensor, weights: Tensor?) {
        guard let attention else { return (queries, nil) }
        let (read, weights) = attention(
            query: queries, states: encoded.states, keys: encoded.keys, lengths: encoded.lengths,
            context: context)
        return (concatenated([queries, read], axis: 2), weights)
    }

    /// The mean cross-entropy of the targets' tokens; see ``Seq2SeqModel``.
    public func loss(
        _ source: IDTensor, sourceLengths: [Int], input: IDTensor, output: IDTensor,
        targetLengths: [Int], labelSmoothing: Float = 0, context: ForwardContext
    ) -> ProjectedLoss {
        precondition(
            input.shape == output.shape && input.shape[0] == targetLengths.count,
            "inputs \(input.shape), outputs \(output.shape), \(targetLengths.count) lengths")
        let encoded = encode(source, lengths: sourceLengths, context: context.site(0))
        let vectors = dropout(
            targetEmbedding(input, context: context), context: context.site(1))
        let readouts: Tensor
        // Rows of padding need neither a readout nor logits.
        let rows = Self.tokenRows(targetLengths, time: input.shape[1])
        if configuration.inputFeeding {
            let steps = feeding(vectors, encoded, context: context)
            readouts = steps.reshaped([steps.shape.leading, steps.shape.last]).selectedRows(rows)
        } else {
            let (states, _) = decoder(
                vectors, lengths: targetLengths, state: encoded.initial, context: context.site(2))
            let (features, _) = read(
                dropout(states, context: context.site(3)), encoded, context: context)
            let tokens = features.reshaped([features.shape.leading, features.shape.last])
                .selectedRows(rows)
            readouts = dropout(
                readout(tokens, activation: .tanh, context: context), context: context.site(4))
        }
        return projectedCrossEntropy(
            hidden: readouts, weight: outputWeight, bias: outputBias ?? self.output?.bias,
            targets: IDTensor(rows.scalars.map { output.scalars[Int($0)] }, shape: rows.shape),
            ignoreIndex: -100, labelSmoothing: labelSmoothing, precision: context.precision)
    }

    /// rₜ of all steps, one after the other.
    private func feeding(
        _ vectors: Tensor, _ encoded: Encoded, context: ForwardContext
    ) -> Tensor {
        let (B, T) = (vectors.shape[0], vectors.shape[1])
        var state = encoded.initial
        var last = Tensor(zeros: [B, 1, configuration.embeddingSize])
        return concatenated(
            (0..<T).map { t in
                let site = context.site(5).site(t)
                let x = concatenated([vectors.sliced(axis: 1, t..<t + 1), last], axis: 2)
                let (output, next) = decoder(x, state: state, context: site.site(0))
                state = next
                let (features, _) = read(
                    dropout(output, context: site.site(1)), encoded, context: context)
                last = dropout(
                    readout(features, activation: .tanh, context: context), context: site.site(2))
                return last
            }, axis: 1)
    }

    /// The rows of `[batch · time, …]` that are not padding.
    private static func tokenRows(_ lengths: [Int], time: Int) -> IDTensor {
        let rows = lengths.enumerated().flatMap { row, length in
            (0..<length).map { Int32(row * time + $0) }
        }
        return IDTensor(rows, shape: [rows.count])
    }

    var outputWeight: Tensor { output?.weight ?? targetEmbedding.weight }

    /// ln p of the tokens that readouts `[rows, embedding]` lead to.
    func logProbabilities(_ readouts: Tensor, precision: Precision) -> Tensor {
        logSoftmax(
            linear(
                readouts, weight: outputWeight, bias: outputBias ?? output?.bias,
                activation: .identity, residual: nil, precision: precision))
    }

    /// Visits the parameters in a fixed order: vectors, encoder, bridges, decoder, attention, readout, output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        sourceEmbedding?.visitParameters(&visitor, at: path / "sourceEmbedding")
        targetEmbedding.visitParameters(&visitor, at: path / "targetEmbedding")
        encoder.visitParameters(&visitor, at: path / "encoder")
        for index in bridges.indices {
            bridges[index].visitParameters(&visitor, at: path / "bridges" / index)
        }
        decoder.visitParameters(&visitor, at: path / "decoder")
        attention?.visitParameters(&visitor, at: path / "attention")
        readout.visitParameters(&visitor, at: path / "readout")
        output?.visitParameters(&visitor, at: path / "output")
        if var value = outputBias.take() {
            visitor.visit(&value, at: path / "outputBias")
            outputBias = value
        }
    }
}
