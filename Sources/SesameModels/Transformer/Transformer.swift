import SesameNN
import SesameTensor

/// The encoder and decoder of the first Transformer.
///
///     x = √hidden · vectors + waves of the positions      sines and cosines in turn, see `SinusoidalPositions`
///     memory = encoder layers (source)                    self-attention, position-wise network
///     states = decoder layers (target, memory)            causal self-attention, attention to memory, network
///     logits = V · states                                 V the target's vectors, where they are shared
///
/// Sentences of a batch lie end to end, so that nothing is computed on padding, and none changes a result.
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762; norms first and at
/// the end of each side: Xiong et al. 2020, On Layer Normalization in the Transformer Architecture,
/// https://arxiv.org/abs/2002.04745.
public struct Transformer: Seq2SeqModel, OwnLayoutModel {
    /// The sizes and choices.
    public let configuration: TransformerConfig
    /// The source's vectors; nil where it shares the target's.
    public var sourceEmbedding: Embedding?
    /// The target's vectors; also the output's weight, unless there is ``output``.
    public var targetEmbedding: Embedding
    /// Reads the source.
    public var encoderLayers: [TransformerEncoderLayer]
    /// At the encoder's end, with norms first.
    public var encoderNorm: LayerNorm?
    /// Says the target.
    public var decoderLayers: [TransformerDecoderLayer]
    /// At the decoder's end, with norms first.
    public var decoderNorm: LayerNorm?
    /// V, where it does not share the target's vectors; without a bias.
    public var output: Linear?
    private let positions: SinusoidalPositions
    private let dropout: Dropout

    /// Positions that are computed once; those of longer sentences each time.
    private static let positionCount = 512

    /// A model with fresh weights: maps uniform after Glorot, vectors normal with deviation 1/√hidden.
    public init(configuration: TransformerConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.configuration = configuration
        let vocabularies = configuration.vocabularies
        let size = configuration.sizes.hiddenSize
        let options = configuration.layerOptions
        func vectors(_ count: Int, _ site: UInt64) -> Embedding {
            Embedding(
                count: count, size: size, initializer: .normal(1 / Float(size).squareRoot()),
                key: key.derived(site))
        }
        if !vocabularies.isShared {
            sourceEmbedding = vectors(vocabularies.sourceSize, 0)
        }
        targetEmbedding = vectors(vocabularies.targetSize, 1)
        encoderLayers = (0..<configuration.sizes.encoderLayerCount).map {
            TransformerEncoderLayer(options, key: key.derived(3).derived(UInt64($0)))
        }
        decoderLayers = (0..<configuration.sizes.decoderLayerCount).map {
            TransformerDecoderLayer(
                options, crossAttention: true, key: key.derived(4).derived(UInt64($0)))
        }
        if configuration.norm == .pre {
            encoderNorm = LayerNorm(size: size, epsilon: configuration.layerNormEpsilon)
            decoderNorm = encoderNorm
        }
        if !configuration.tiesEmbeddings {
            output = Linear(
                inputSize: size, outputSize: vocabularies.targetSize, bias: false,
                key: key.derived(2))
        }
        positions = SinusoidalPositions(
            maxSequenceLength: Self.positionCount, hiddenSize: size)
        dropout = Dropout(configuration.dropoutProbability)
    }

    /// `Transformer`.
    public var architecture: String { "Transformer" }

    /// See ``Seq2SeqModel``.
    public var vocabularies: Seq2SeqVocabularies { configuration.vocabularies }

    /// See ``Seq2SeqModel``.
    public var hasAttention: Bool { true }

    /// The vectors of tokens at their positions, `[rows, time, hidden]`.
    func embed(
        _ ids: IDTensor, with table: Embedding, at places: [Int], context: ForwardContext
    ) -> Tensor {
        var x = table(ids, context: context)
        if configuration.scalesEmbeddings { x = x * Float(table.size).squareRoot() }
        return dropout(positions(x, at: places, context: context), context: context)
    }

    /// The encoder's output for sources that lie end to end, `[1, tokens, hidden]`.
    ///
    /// - Parameters:
    ///   - source: `[batch, time]`, padded at the end.
    ///   - lengths: The sources' tokens, padding not counted.
    ///   - context: Gives precision, mode and key.
    /// - Returns: The states and where each source's lie.
    public func encode(
        _ source: IDTensor, lengths: [Int], context: ForwardContext
    ) -> (states: Tensor, sequences: PackedSequences) {
        let sequences = PackedSequences(lengths: lengths)
        var x = embed(
            sequences.packed(source), with: sourceEmbedding ?? targetEmbedding,
            at: sequences.positions, context: context.site(0))
        for (index, layer) in encoderLayers.enumerated() {
            x = layer(x, sequences: sequences, context: context.site(1 + index))
        }
        return (encoderNorm.map { $0(x, context: context) } ?? x, sequences)
    }

    /// The decoder's states for whole targets, told the right token before each, `[tokens, hidden]`.
    ///
    /// Parameters as for ``loss(_:sourceLengths:input:output:targetLengths:labelSmoothing:context:)``.
    /// - Returns: The states, and where each target's lie.
    public func states(
        _ source: IDTensor, sourceLengths: [Int], input: IDTensor, targetLengths: [Int],
        context: ForwardContext
    ) -> (states: Tensor, sequences: PackedSequences) {
        let (memory, sources) = encode(source, lengths: sourceLengths, context: context.site(0))
        let sequences = PackedSequences(lengths: targetLengths)
        var x = embed(
            sequences.packed(input), with: targetEmbedding, at: sequences.positions,
            context: context.site(1))
        for (index, layer) in decoderLayers.enumerated() {
            let site = context.site(2 + index)
            x = layer(
                x, sequences: sequences,
                memory: layer.memory(memory, sequences: sources.ranges, context: site),
                context: site)
        }
        if let decoderNorm { x = decoderNorm(x, context: context) }
        return (x.reshaped([sequences.tokenCount, x.shape.last]), sequences)
    }

    /// The mean cross-entropy of the targets' tokens; see ``Seq2SeqModel``.
    public func loss(
        _ source: IDTensor, sourceLengths: [Int], input: IDTensor, output: IDTensor,
        targetLengths: [Int], labelSmoothing: Float = 0, context: ForwardContext
    ) -> ProjectedLoss {
        precondition(
            input.shape == output.shape && input.shape[0] == targetLengths.count,
            "inputs \(input.shape), outputs \(output.shape), \(targetLengths.count) lengths")
        let (states, sequences) = self.states(
            source, sourceLengths: sourceLengths, input: input, targetLengths: targetLengths,
            context: context)
        return projectedCrossEntropy(
            hidden: states, weight: outputWeight,
            targets: sequences.packed(output).reshaped([sequences.tokenCount]),
            ignoreIndex: -100, labelSmoothing: labelSmoothing, precision: context.precision)
    }

    /// V.
    private var outputWeight: Tensor { output?.weight ?? targetEmbedding.weight }

    /// ln p of the tokens that states `[rows, hidden]` lead to.
    public func logProbabilities(_ states: Tensor, precision: Precision = .float32) -> Tensor {
        logSoftmax(matmul(states, outputWeight, transposeB: true, precision: precision))
    }

    /// Visits the parameters in a fixed order: vectors, encoder, decoder, output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        sourceEmbedding?.visitParameters(&visitor, at: path / "sourceEmbedding")
        targetEmbedding.visitParameters(&visitor, at: path / "targetEmbedding")
        for index in encoderLayers.indices {
            encoderLayers[index].visitParameters(&visitor, at: path / "encoder" / "layers" / index)
        }
        encoderNorm?.visitParameters(&visitor, at: path / "encoder" / "norm")
        for index in decoderLayers.indices {
            decoderLayers[index].visitParameters(&visitor, at: path / "decoder" / "layers" / index)
        }
        decoderNorm?.visitParameters(&visitor, at: path / "decoder" / "norm")
        output?.visitParameters(&visitor, at: path / "output")
    }
}
