extension NNLMConfig {
    /// What such a model costs; rows of 64 tokens are usual.
    public var cost: NetworkCost {
        let features = hiddenSize + (hasDirectConnections ? inputSize : 0)
        let weights = inputSize * hiddenSize + features * vocabularySize
        return NetworkCost(
            parameterCount: (vocabularySize + 1) * embeddingSize + hiddenSize + weights
                + vocabularySize,
            weightsPerToken: weights,
            keptPerToken: 2 * inputSize + 2 * hiddenSize
                + (hasDirectConnections ? 2 * features : 0),
            statesPerToken: inputSize + 2 * features, usualLength: 64)
    }
}

extension TextCNNConfig {
    /// What such a model costs, but for its head, which adds next to nothing; texts of 25 tokens are usual.
    public var cost: NetworkCost {
        let weights = widths.reduce(0) { $0 + $1 * wordSize * filterCount }
        let states = contextLayerCount * contextSize + 2 * wordSize
        return NetworkCost(
            parameterCount: vocabularySize * embeddingSize + weights + featureCount
                + (usesBatchNorm ? 4 * featureCount : 0)
                + (contextLayerCount > 0 ? contextLayerCount + 1 : 0),
            weightsPerToken: weights,
            keptPerToken: states + (usesBatchNorm ? 2 : 1) * featureCount,
            statesPerToken: states + 2 * featureCount, usualLength: min(25, maxSequenceLength),
            maxSequenceLength: maxSequenceLength)
    }
}
