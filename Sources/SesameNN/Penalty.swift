import SesameTensor

/// A penalty on the size of parameters: l1 · Σ|p| + l2 / 2 · Σp².
///
/// Its gradient, l1 · sign(p) + l2 · p, is added to the loss's before the step (and before clipping).
/// AdamW's weight decay is something else: it acts on the parameter and not through the moments.
public struct Penalty: Sendable {
    /// The factor of the sum of magnitudes.
    public var l1: Float
    /// Twice the factor of the sum of squares.
    public var l2: Float
    private let applies: DecayFilter

    /// A penalty on the parameters that the filter picks.
    public init(
        l1: Float = 0, l2: Float = 0, filter: @escaping DecayFilter = WeightDecay.matrices
    ) {
        precondition(l1 >= 0 && l2 >= 0, "a penalty's factors are not negative: \(l1), \(l2)")
        self.l1 = l1
        self.l2 = l2
        applies = filter
    }

    /// The penalty of a model as it is, to be added to a reported loss.
    public func value(of model: some Module) -> Double {
        model.parameters.reduce(0) { sum, entry in
            guard applies(entry.path, entry.tensor) else { return sum }
            var (magnitudes, squares) = (0.0, 0.0)
            entry.tensor.withUnsafeBufferPointer { values in
                for value in values {
                    magnitudes += Double(abs(value))
                    squares += Double(value) * Double(value)
                }
            }
            return sum + Double(l1) * magnitudes + Double(l2) / 2 * squares
        }
    }

    /// Adds the penalty's gradient to the model's.
    public func add(to gradients: inout Gradients, of model: some Module) {
        guard l1 != 0 || l2 != 0 else { return }
        for (i, entry) in model.parameters.enumerated() where applies(entry.path, entry.tensor) {
            gradients[i]?.addPenaltyGradient(l1: l1, l2: l2, parameter: entry.tensor)
        }
    }
}
