/// What a model costs that is no Transformer: a recurrent one, Bengio's network, a convolution over words.
///
/// Each token takes the same work, however long its text is, but for a decoder that looks at a source. A forward pass
/// takes 2 operations a token for each weight that it goes through, a training step three times that, since both
/// gradients of a product cost as much as the product.
///
/// Of a model that translates a token is one of the target with one of a source of the same length.
public struct NetworkCost: TrainingCost, Hashable, Codable {
    /// How many parameters, shared ones counted once.
    public let parameterCount: Int
    /// How many weights of products a token goes through, the output's among them.
    public let weightsPerToken: Double
    /// The same for each token of a source that it looks at.
    public let weightsPerSourceToken: Double
    /// Numbers that training keeps of a token until the backward pass.
    public let keptPerToken: Double
    /// The same for each token of a source that it looks at.
    public let keptPerSourceToken: Double
    /// Numbers that there are of a token at one time in a forward pass alone.
    public let statesPerToken: Double
    /// The length of texts that estimates are made for where none is given.
    public let usualLength: Int
    /// The longest text.
    public let maxSequenceLength: Int

    init(
        parameterCount: Int, weightsPerToken: Int, weightsPerSourceToken: Int = 0,
        keptPerToken: Int, keptPerSourceToken: Int = 0, statesPerToken: Int, usualLength: Int,
        maxSequenceLength: Int = Self.longestEstimate
    ) {
        self.parameterCount = parameterCount
        self.weightsPerToken = Double(weightsPerToken)
        self.weightsPerSourceToken = Double(weightsPerSourceToken)
        self.keptPerToken = Double(keptPerToken)
        self.keptPerSourceToken = Double(keptPerSourceToken)
        self.statesPerToken = Double(statesPerToken)
        self.usualLength = usualLength
        self.maxSequenceLength = maxSequenceLength
    }

    /// Operations of a forward pass, a token.
    public func forwardOperations(length: Int) -> Double {
        2 * (weightsPerToken + Double(length) * weightsPerSourceToken)
    }

    /// Operations of a training step, a token.
    public func trainingOperations(length: Int) -> Double { 3 * forwardOperations(length: length) }

    /// The weights, and one layer's states.
    public func inferenceBytes(length: Int) -> Double {
        weightBytes + 4 * Double(length) * statesPerToken
    }

    /// Weights, gradients and moments, and what is kept of each token.
    public func trainingBytes(batchSize: Int, length: Int) -> Double {
        let kept = keptPerToken + Double(length) * keptPerSourceToken
        return 4 * weightBytes + 4 * Double(batchSize) * Double(length) * kept
    }
}
