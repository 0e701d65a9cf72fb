/// What a model costs in parameters, memory and arithmetic, from its sizes alone.
///
/// Operations are those of matrix products, a multiplication and an addition being two; what else there is takes a
/// few per cent.
public protocol TrainingCost: Sendable {
    /// How many parameters, shared ones counted once.
    var parameterCount: Int { get }
    /// The longest text.
    var maxSequenceLength: Int { get }
    /// The length of texts that estimates are made for where none is given.
    var usualLength: Int { get }

    /// Operations of a forward pass over a text of `length` tokens, a token.
    func forwardOperations(length: Int) -> Double

    /// Operations of a training step, a token: forward and backward.
    func trainingOperations(length: Int) -> Double

    /// Bytes that a forward pass over one text takes, the weights included.
    func inferenceBytes(length: Int) -> Double

    /// Bytes that training with AdamW takes: weights, gradients and two moments, and what a batch's forward pass keeps
    /// for the backward pass.
    func trainingBytes(batchSize: Int, length: Int) -> Double
}

extension TrainingCost {
    /// The longest text of a model that has no such limit: nobody reads longer ones.
    static var longestEstimate: Int { 65_536 }

    /// Bytes of the weights as Float32.
    public var weightBytes: Double { 4 * Double(parameterCount) }
}
