import SesameNN
import SesameTensor

/// Two language models, one from left to right and one from right to left, over words that are read as bytes:
/// their states are vectors of words in context.
///
/// A word's bytes go through convolutions of several widths, the largest value of each filter through highway layers
/// and a projection: the first layer of vectors. Above it each direction has LSTMs of its own with a projection and,
/// from the second on, a residual. A direction's last states predict the next word in its direction; both share one
/// softmax over the vocabulary and the sentence boundary.
///
/// Source: Peters et al. 2018, Deep Contextualized Word Representations, https://arxiv.org/abs/1802.05365; character network:
/// Kim et al. 2016, Character-Aware Neural Language Models, https://arxiv.org/abs/1508.06615.
public struct ELMo: OwnLayoutModel {
    /// The sizes and choices.
    public let configuration: ELMoConfig
    /// The vectors of bytes and marks.
    public var characterEmbedding: Embedding
    /// One convolution a width.
    public var convolutions: [Conv1d]
    /// Over the filters' largest values.
    public var highway: Highway
    /// Filters → a word's vector.
    public var projection: Linear
    /// Both directions' LSTMs.
    public var network: RecurrentNetwork
    /// States → words and, as the last class, the sentence boundary.
    public var output: Linear

    /// A model with fresh weights.
    ///
    /// - Precondition: The configuration is valid; see ``ELMoConfig/validate()``.
    public init(_ configuration: ELMoConfig, key: RandomKey) {
        self.configuration = configuration
        characterEmbedding = Embedding(
            count: WordBatch.characterCount, size: configuration.characterSize,
            initializer: .uniform(1), key: key.derived(0))
        let parts = key.derived(1)
        convolutions = configuration.filters.enumerated().map { index, filter in
            Conv1d(
                inputSize: configuration.characterSize, outputSize: filter.count,
                width: filter.width, padding: filter.width / 2, key: parts.derived(UInt64(index)))
        }
        highway = Highway(
            size: configuration.filterCount, layerCount: configuration.highwayLayerCount,
            key: key.derived(2))
        projection = Linear(
            inputSize: configuration.filterCount, outputSize: configuration.projectionSize,
            key: key.derived(3))
        network = RecurrentNetwork(configuration.networkOptions, key: key.derived(4))
        output = Linear(
            inputSize: configuration.projectionSize, outputSize: configuration.vocabularySize + 1,
            initializer: .inverseRootInputs, key: key.derived(5))
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: ELMoConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(configuration, key: key)
    }

    /// `SesameELMo`.
    public var architecture: String { "SesameELMo" }

    /// The class that stands for a sentence's beginning and end.
    public var boundaryClass: Int32 { Int32(configuration.vocabularySize) }

    /// The vectors of distinct words out of context, `[distinct, projection]`.
    public func wordVectors(_ batch: WordBatch, context: ForwardContext) -> Tensor {
        let x = characterEmbedding(batch.characters, context: context)
        let features = convolutions.map { convolution in
            convolution(x, lengths: batch.characterCounts, context: context)
                .maxOverTime(lengths: batch.characterCounts.map(convolution.outputLength))
        }
        let pooled = concatenated(features, axis: 1).relu()
        return projection(highway(pooled, context: context), context: context)
    }

    /// The states of every layer and direction at every token, boundaries included.
    ///
    /// - Returns: First the words' own vectors, once; then for each layer both directions' states. All are
    ///   `[tokens, projection]` in the batch's layout.
    func states(_ batch: WordBatch, context: ForwardContext) -> (words: Tensor, layers: [[Tensor]])
    {
        let distinct = wordVectors(batch, context: context)
        let words = distinct.selectedRows(batch.words)
        let input = Dropout(configuration.dropoutProbability)(words, context: context.site(0))
        let (layers, _) = network.directionOutputs(
            packed: input, layout: batch.layout, context: context.site(1))
        return (words, layers)
    }

    /// Visits the parameters in a fixed order, from the bytes to the output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        characterEmbedding.visitParameters(&visitor, at: path / "characterEmbedding")
        for index in convolutions.indices {
            convolutions[index].visitParameters(&visitor, at: path / "convolutions" / index)
        }
        highway.visitParameters(&visitor, at: path / "highway")
        projection.visitParameters(&visitor, at: path / "projection")
        network.visitParameters(&visitor, at: path)
        output.visitParameters(&visitor, at: path / "output")
    }
}

extension ELMo: LayeredModule {
    /// The number of LSTM layers of a direction.
    public var layerCount: Int { network.layers.count }
}
