/// Ends a run whose evaluations no longer get better, with the weights of the best one.
public struct EarlyStopping: Sendable, Hashable, Codable {
    /// Evaluations without improvement after which training ends.
    public var patience: Int
    /// How much better than the last improvement an evaluation must be to count as one.
    public var minimumImprovement: Double

    /// Stops after `patience` evaluations that are not better by more than `minimumImprovement`.
    public init(patience: Int, minimumImprovement: Double = 0) {
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }

    /// Whether patience is at its end.
    func isExhausted(_ state: EarlyStoppingState) -> Bool {
        state.evaluationsWithoutImprovement >= patience
    }
}

/// Where early stopping stands; part of a checkpoint.
public struct EarlyStoppingState: Sendable, Hashable, Codable {
    /// The value of the last evaluation that counted as an improvement.
    public private(set) var reference: Double?
    /// Evaluations since then.
    public private(set) var evaluationsWithoutImprovement = 0

    /// Nothing evaluated yet.
    public init() {}

    /// Takes note of an evaluation. A value that is not a number is no improvement.
    mutating func note(_ value: Double, higherIsBetter: Bool, minimumImprovement: Double) {
        let gain = reference.map { higherIsBetter ? value - $0 : $0 - value }
        if !value.isNaN, gain.map({ $0 > minimumImprovement }) ?? true {
            reference = value
            evaluationsWithoutImprovement = 0
        } else {
            evaluationsWithoutImprovement += 1
        }
    }
}
