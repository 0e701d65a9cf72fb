import SesameNN

extension RecurrentOptions {
    /// How many weights of products a token goes through.
    var weightCount: Int {
        (0..<layerCount).reduce(0) { sum, layer in
            let gates = cell.gateCount * hiddenSize * (inputSize(ofLayer: layer) + directionSize)
            return sum + directionCount * (gates + (projectionSize ?? 0) * hiddenSize)
        }
    }

    /// How many parameters the network has: beside its weights, a gate has two biases.
    var parameterCount: Int {
        weightCount + layerCount * directionCount * 2 * cell.gateCount * hiddenSize
    }

    /// Numbers that a layer has of a token: of each direction the gates, an LSTM's cell, what is projected, and the
    /// state; the states of both once more, side by side and after dropout.
    var layerStates: Int {
        let cells = cell == .lstm ? 1 : 0
        let projected = projectionSize == nil ? 0 : hiddenSize
        return directionCount * ((cell.gateCount + cells) * hiddenSize + projected + directionSize)
            + 2 * outputSize
    }

    /// Numbers that training keeps of a token.
    var keptStates: Int { layerCount * layerStates }
}

extension RNNConfig {
    /// What such a model costs; rows of 35 tokens are usual.
    public var cost: NetworkCost {
        let (network, output) = (networkOptions, vocabularySize * outputSize)
        return NetworkCost(
            parameterCount: vocabularySize * embeddingSize + network.parameterCount
                + (tiesEmbeddings ? 0 : output) + vocabularySize,
            weightsPerToken: network.weightCount + output,
            keptPerToken: 2 * embeddingSize + network.keptStates + 2 * outputSize,
            statesPerToken: embeddingSize + network.layerStates, usualLength: 35)
    }
}

extension ELMoConfig {
    /// Bytes of a word with its two marks, as they are counted here.
    package static let usualWordLength = 8

    /// What such a model costs; sentences of 25 words are usual.
    ///
    /// Every word is counted as if no other of its batch were the same, and is predicted among the whole vocabulary: with
    /// sampled classes training takes less.
    public var cost: NetworkCost {
        let (network, features, size) = (networkOptions, filterCount, projectionSize)
        let filterWeights = filters.map { $0.width * characterSize * $0.count }
        let windows = filters.map { Self.usualWordLength + 2 * ($0.width / 2) - $0.width + 1 }
        let output = (vocabularySize + 1) * size
        let highway = highwayLayerCount * 2 * features * features
        return NetworkCost(
            parameterCount: WordBatch.characterCount * characterSize
                + filterWeights.reduce(0, +) + features + highway
                + highwayLayerCount * 2 * features + features * size + size
                + network.parameterCount + output + vocabularySize + 1,
            weightsPerToken: zip(filterWeights, windows).reduce(0) { $0 + $1.0 * $1.1 } + highway
                + features * size + network.weightCount + 2 * output,
            keptPerToken: Self.usualWordLength * characterSize
                + zip(filters, windows).reduce(0) { $0 + $1.0.count * $1.1 }
                + (2 + 3 * highwayLayerCount) * features + 3 * size + network.keptStates + 4 * size,
            statesPerToken: 4 * features + network.layerStates, usualLength: 25)
    }
}

extension TaggerConfig {
    /// Characters of a word, as they are counted here.
    package static let usualWordLength = 6

    /// What such a model costs; a token is a word, and sentences of 25 are usual.
    ///
    /// A word that is read by its characters takes all filters at every place that they have on a word of six.
    public var cost: NetworkCost {
        let (network, tagCount) = (networkOptions, tags.count)
        let filterSize = characterFilterWidth * characterEmbeddingSize
        let windows = Self.usualWordLength + characterFilterWidth - 1
        var parameters = vocabularySize * embeddingSize + network.parameterCount
        parameters += (2 * hiddenSize + 1) * tagCount
        parameters += contextLayerCount > 0 ? contextLayerCount + 1 : 0
        parameters += usesCRF ? tagCount * tagCount + 2 * tagCount : 0
        var weights = network.weightCount + 2 * hiddenSize * tagCount
        // Of a word the vectors in context, and its own vectors before and after dropout.
        var states = contextLayerCount * contextSize + 4 * inputSize
        if !characters.isEmpty {
            parameters += characterCount * characterEmbeddingSize
            parameters += characterFilterCount * (filterSize + 1)
            weights += windows * filterSize * characterFilterCount
            states += 2 * Self.usualWordLength * characterEmbeddingSize
            states += 2 * windows * characterFilterCount
        }
        return NetworkCost(
            parameterCount: parameters, weightsPerToken: weights,
            keptPerToken: states + network.keptStates,
            statesPerToken: states + network.layerStates, usualLength: 25)
    }
}

extension RecurrentSeq2SeqConfig {
    /// What such a model costs; sentences of up to 100 tokens are usual.
    public var cost: NetworkCost {
        let (size, encoder, decoder) = (embeddingSize, encoderOptions, decoderOptions)
        let (encoded, target) = (2 * encoderSize, vocabularies.targetSize)
        let bridges = (cell == .lstm ? 2 : 1) * layerCount * (encoded + 1) * hiddenSize
        let features = hiddenSize + (attention == nil ? 0 : encoded)
        var looking = 0
        switch attention {
        case .bilinear: looking = hiddenSize * encoded
        case .additive: looking = (hiddenSize + encoded) * encoded
        case .dot, nil: break
        }
        var parameters = Int(vocabularies.vectorCount(tiesEmbeddings: tiesEmbeddings)) * size
        parameters += encoder.parameterCount + decoder.parameterCount + bridges + looking
        parameters += attention == .additive ? encoded : 0
        parameters += (features + 1) * size + target
        return NetworkCost(
            parameterCount: parameters,
            weightsPerToken: encoder.weightCount + decoder.weightCount + looking
                + (features + target) * size,
            weightsPerSourceToken: attention == nil ? 0 : 2 * encoded,
            keptPerToken: 4 * size + encoder.keptStates + encoded + decoder.keptStates
                + 2 * hiddenSize + (attention == nil ? 0 : 2 * encoded) + 2 * features + 3 * size,
            keptPerSourceToken: attention == nil ? 0 : 2,
            statesPerToken: 2 * size + encoder.layerStates + decoder.layerStates + features,
            usualLength: 100)
    }
}
