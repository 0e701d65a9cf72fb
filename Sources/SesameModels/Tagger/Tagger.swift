import SesameNN
import SesameTensor

/// The words of a batch of sentences, in the forms that a ``Tagger`` reads.
public struct TaggerInput: WordTaggerInput {
    /// `[batch, time]`; padding is behind a sentence.
    public var words: IDTensor
    /// How many words each sentence has.
    public var lengths: [Int]
    /// The characters of the batch's different words; nil where the model reads none.
    public var characters: CharacterBatch?
    /// Vectors in context, `[layers, batch, time, size]`; nil where the model takes none.
    public var context: Tensor?

    /// An input from its parts.
    public init(
        words: IDTensor, lengths: [Int], characters: CharacterBatch? = nil, context: Tensor? = nil
    ) {
        self.words = words
        self.lengths = lengths
        self.characters = characters
        self.context = context
    }
}

/// The characters of a batch's words, each different word once.
public struct CharacterBatch: Sendable {
    /// `[different words, longest]`.
    public var ids: IDTensor
    /// How many characters each of them has.
    public var lengths: [Int]
    /// Which of them stands at each place of the batch, `[batch, time]`; 0 at padding.
    public var rows: IDTensor

    /// A batch from its parts.
    public init(ids: IDTensor, lengths: [Int], rows: IDTensor) {
        self.ids = ids
        self.lengths = lengths
        self.rows = rows
    }
}

/// A network that gives each word of a sentence a tag: vectors of words, of their characters and of words in
/// context, side by side, through bidirectional LSTMs, and a conditional random field or a softmax on top.
///
/// Source: Lample et al. 2016, Neural Architectures for Named Entity Recognition, https://arxiv.org/abs/1603.01360;
/// characters by convolution: Ma and Hovy 2016, https://arxiv.org/abs/1603.01354; vectors in context: Peters et al. 2018,
/// https://arxiv.org/abs/1802.05365.
public struct Tagger: WordTagger, OwnLayoutModel {
    /// The model's sizes.
    public let configuration: TaggerConfig
    /// The words' own vectors.
    public var embedding: Embedding?
    /// The characters' vectors.
    public var characterEmbedding: Embedding?
    /// The filters over a word's characters.
    public var characterConvolution: Conv1d?
    /// How the layers of vectors in context are mixed.
    public var mix: LayerMix?
    /// The sentences' states.
    public var recurrent: RecurrentNetwork
    /// States → a score a tag.
    public var output: Linear
    /// The scores of tag sequences.
    public var field: LinearChainCRF?

    /// A model with fresh weights.
    ///
    /// - Throws: ``ModelError`` if the configuration is out of range.
    public init(configuration: TaggerConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.configuration = configuration
        if configuration.embeddingSize > 0 {
            // ± √(3 / size), as Ma and Hovy draw them (after He et al. 2015).
            let bound = (3 / Float(configuration.embeddingSize)).squareRoot()
            embedding = Embedding(
                count: configuration.vocabularySize, size: configuration.embeddingSize,
                initializer: .uniform(bound), key: key.derived(0))
        }
        if !configuration.characters.isEmpty {
            let size = configuration.characterEmbeddingSize
            characterEmbedding = Embedding(
                count: configuration.characterCount, size: size,
                initializer: .uniform((3 / Float(size)).squareRoot()), key: key.derived(1))
            let width = configuration.characterFilterWidth
            characterConvolution = Conv1d(
                inputSize: size, outputSize: configuration.characterFilterCount, width: width,
                padding: width - 1, key: key.derived(2))
        }
        if configuration.contextLayerCount > 0 {
            mix = LayerMix(layerCount: configuration.contextLayerCount)
        }
        recurrent = RecurrentNetwork(configuration.networkOptions, key: key.derived(3))
        output = Linear(
            inputSize: recurrent.outputSize, outputSize: configuration.tags.count,
            key: key.derived(4))
        if configuration.usesCRF {
            field = LinearChainCRF(tagCount: configuration.tags.count, key: key.derived(5))
        }
    }

    /// `TaggerForTokenClassification`.
    public var architecture: String { "TaggerForTokenClassification" }

    /// The tags' scores at each word, before the field.
    ///
    /// - Returns: `[batch, time, tags]`; what stands at padding means nothing.
    public func scores(_ input: TaggerInput, context: ForwardContext) -> Tensor {
        var parts: [Tensor] = []
        if let embedding { parts.append(embedding(input.words, context: context)) }
        if let characterEmbedding, let characterConvolution {
            guard let characters = input.characters else {
                preconditionFailure("a tagger that reads characters was given none")
            }
            parts.append(
                Self.features(
                    characters, characterEmbedding, characterConvolution, context: context))
        }
        if let mix {
            guard let layers = input.context else {
                preconditionFailure("a tagger of vectors in context was given none")
            }
            parts.append(mix(layers, context: context))
        }
        let dropout = Dropout(configuration.dropoutProbability)
        let words = dropout(
            parts.count == 1 ? parts[0] : concatenated(parts, axis: 2), context: context.site(0))
        let states = recurrent(words, lengths: input.lengths, context: context.site(1)).output
        return output(dropout(states, context: context.site(2)), context: context)
    }

    /// The largest of each filter's outputs over a word's characters, `[batch, time, filters]`.
    private static func features(
        _ characters: CharacterBatch, _ embedding: Embedding, _ convolution: Conv1d,
        context: ForwardContext
    ) -> Tensor {
        let windows = convolution(
            embedding(characters.ids, context: context), lengths: characters.lengths,
            context: context)
        let words = windows.maxOverTime(
            lengths: characters.lengths.map { $0 == 0 ? 0 : convolution.outputLength($0) }
        ).tanh()
        return words.selectedRows(characters.rows)
            .reshaped(characters.rows.shape.appending(convolution.outputSize))
    }

    /// Visits the parameters in a fixed order: vectors of words and characters, mix, states, output, field.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        embedding?.visitParameters(&visitor, at: path / "embedding")
        characterEmbedding?.visitParameters(&visitor, at: path / "characterEmbedding")
        characterConvolution?.visitParameters(&visitor, at: path / "characterConvolution")
        mix?.visitParameters(&visitor, at: path / "mix")
        recurrent.visitParameters(&visitor, at: path / "recurrent")
        output.visitParameters(&visitor, at: path / "output")
        field?.visitParameters(&visitor, at: path / "field")
    }
}

extension Tagger: LayeredModule {
    /// 0: only the words' own vectors can be frozen.
    public var layerCount: Int { 0 }

    /// 0 for the words' own vectors, 1 for all else.
    public func depth(of path: String) -> Int { path == "embedding.weight" ? 0 : 1 }
}
