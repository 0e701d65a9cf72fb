import SesameNN
import SesameTensor

/// What turns gradients into steps.
public enum OptimizerChoice: String, Sendable, Hashable, Codable, CaseIterable {
    /// Adam with decoupled weight decay.
    case adamW = "adamw"
    /// Stochastic gradient descent, with momentum where asked for.
    case sgd
}

/// Lowers the learning rate where evaluations no longer get better.
public struct PlateauDecay: Sendable, Hashable, Codable {
    /// What the rate is multiplied with each time.
    public var factor: Float
    /// Evaluations without improvement that are let pass.
    public var patience: Int

    /// A factor; at once, unless told otherwise.
    public init(factor: Float, patience: Int = 0) {
        self.factor = factor
        self.patience = patience
    }
}

/// The optimizer that training options ask for.
enum TrainingOptimizer: Optimizer {
    case adamW(AdamW)
    case sgd(SGD)

    init(_ options: TrainingOptions) {
        switch options.optimizer ?? .adamW {
        case .adamW:
            self = .adamW(
                AdamW(
                    beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
                    weightDecay: options.weightDecay))
        case .sgd:
            self = .sgd(SGD(momentum: options.momentum ?? 0, weightDecay: options.weightDecay))
        }
    }

    /// A factor of the learning rate for each parameter; nil means 1 for all.
    var rateFactors: [Float]? {
        get {
            switch self {
            case .adamW(let optimizer): optimizer.rateFactors
            case .sgd(let optimizer): optimizer.rateFactors
            }
        }
        set {
            switch self {
            case .adamW(var optimizer):
                optimizer.rateFactors = newValue
                self = .adamW(optimizer)
            case .sgd(var optimizer):
                optimizer.rateFactors = newValue
                self = .sgd(optimizer)
            }
        }
    }

    var state: OptimizerState {
        switch self {
        case .adamW(let optimizer): optimizer.state
        case .sgd(let optimizer): optimizer.state
        }
    }

    mutating func restore(_ state: OptimizerState, for model: some Module) throws {
        switch self {
        case .adamW(var optimizer):
            try optimizer.restore(state, for: model)
            self = .adamW(optimizer)
        case .sgd(var optimizer):
            try optimizer.restore(state, for: model)
            self = .sgd(optimizer)
        }
    }

    mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float,
        gradientScale: Float
    ) {
        // Another value takes the place meanwhile, so that moments are unique and change in place.
        switch self {
        case .adamW(var optimizer):
            self = .sgd(SGD())
            optimizer.update(
                &model, with: gradients, learningRate: learningRate, gradientScale: gradientScale)
            self = .adamW(optimizer)
        case .sgd(var optimizer):
            self = .sgd(SGD())
            optimizer.update(
                &model, with: gradients, learningRate: learningRate, gradientScale: gradientScale)
            self = .sgd(optimizer)
        }
    }
}
