/// What a ``Tagger`` costs; its tokens are words.
///
/// A word takes 2 operations for each weight of the layers of both directions and of the output and, where it is read
/// by its characters, for each weight of the filters at every place that they have on a word of ``wordLength``
/// characters.
public struct TaggerCost: TrainingCost, Hashable, Codable {
    /// The tagger's sizes.
    public let configuration: TaggerConfig

    /// The cost of a tagger of some sizes.
    public init(_ configuration: TaggerConfig) { self.configuration = configuration }

    /// Characters of a word, as they are counted here.
    public static let wordLength = 6

    /// So many that no sentence has them: there is no limit.
    public var maxSequenceLength: Int { Self.longestEstimate }

    /// 25: about as many words as a sentence of a newspaper has.
    public var usualLength: Int { 25 }

    /// How many parameters.
    public var parameterCount: Int {
        let (sizes, tags) = (configuration, configuration.tags.count)
        var count = sizes.vocabularySize * sizes.embeddingSize
        if readsCharacters {
            count += sizes.characterCount * sizes.characterEmbeddingSize
            count += sizes.characterFilterCount * (filterSize + 1)
        }
        if sizes.contextLayerCount > 0 { count += sizes.contextLayerCount + 1 }
        // Beside its weights, a gate has two biases.
        let biases = 2 * sizes.layerCount * 4 * sizes.hiddenSize * 2
        count += recurrentWeightCount + biases + (2 * sizes.hiddenSize + 1) * tags
        return count + (sizes.usesCRF ? tags * tags + 2 * tags : 0)
    }

    /// Operations of a forward pass, a word; sentences of any length cost as much.
    public func forwardOperations(length: Int) -> Double {
        let output = 2 * configuration.hiddenSize * configuration.tags.count
        let characters =
            readsCharacters ? windowCount * filterSize * configuration.characterFilterCount : 0
        return 2 * Double(recurrentWeightCount + output + characters)
    }

    /// Operations of a training step, a word: both gradients of a product cost as much as the product.
    public func trainingOperations(length: Int) -> Double { 3 * forwardOperations(length: length) }

    /// The weights, and one layer's states.
    public func inferenceBytes(length: Int) -> Double {
        weightBytes + 4 * Double(length) * Double(inputStates + layerStates)
    }

    /// Weights, gradients and moments, and what is kept of each word: the vectors of its characters and what the filters
    /// make of them, its own vectors before and after dropout, and each layer's gates, cells and states.
    public func trainingBytes(batchSize: Int, length: Int) -> Double {
        let kept = inputStates + configuration.layerCount * layerStates
        return 4 * weightBytes + 4 * Double(batchSize) * Double(length) * Double(kept)
    }

    private var readsCharacters: Bool { !configuration.characters.isEmpty }

    /// Weights of a filter over characters.
    private var filterSize: Int {
        configuration.characterFilterWidth * configuration.characterEmbeddingSize
    }

    /// Places that a filter has on a word.
    private var windowCount: Int { Self.wordLength + configuration.characterFilterWidth - 1 }

    /// Weights of the layers, which every word goes through.
    private var recurrentWeightCount: Int {
        let hidden = configuration.hiddenSize
        let first = configuration.inputSize + hidden
        let others = (configuration.layerCount - 1) * (2 * hidden + hidden)
        return 2 * 4 * hidden * (first + others)
    }

    /// Numbers that are kept of a word before the layers.
    private var inputStates: Int {
        let sizes = configuration
        let characters =
            readsCharacters
            ? 2 * Self.wordLength * sizes.characterEmbeddingSize
                + 2 * windowCount * sizes.characterFilterCount : 0
        return characters + sizes.contextLayerCount * sizes.contextSize + 4 * sizes.inputSize
    }

    /// Numbers that are kept of a word in a layer: of each direction four gates, the cell and the state, and the states of
    /// both once more, side by side and after dropout.
    private var layerStates: Int { 2 * 6 * configuration.hiddenSize + 4 * configuration.hiddenSize }
}
