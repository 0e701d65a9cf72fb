import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Adam with decoupled weight decay, as PyTorch's `AdamW` computes it (bias-corrected, epsilon outside the root).
///
/// p ← p − rate · weightDecay · p for the parameters of the decay group, then Adam's step. The default
/// group leaves out biases and norms.
///
/// Source: Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, https://arxiv.org/abs/1711.05101, algorithm 2.
public struct AdamW: Optimizer {
    private var core: AdamCore

    /// A factor of the learning rate for each parameter, in the model's order; nil means 1 for all.
    ///
    /// A parameter at 0 stays as it is. See ``LayerRates``.
    public var rateFactors: [Float]? {
        get { core.rateFactors }
        set { core.rateFactors = newValue }
    }

    /// An optimizer that has taken no step.
    ///
    /// - Parameters:
    ///   - beta1: The decay of the gradients' running mean.
    ///   - beta2: The decay of the squares' running mean; GPTs are usually trained with 0.95 to 0.99.
    ///   - epsilon: Added to the root of the squares' mean.
    ///   - weightDecay: Times the learning rate, the share of a parameter that a step takes away.
    ///   - decayFilter: Which parameters decay.
    public init(
        beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0.01,
        decayFilter: @escaping DecayFilter = WeightDecay.matrices
    ) {
        core = AdamCore(
            beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
            decoupled: true, decays: decayFilter)
    }

    /// What a checkpoint must hold.
    public var state: OptimizerState { core.state }

    /// Takes back a saved state, checked against the model.
    public mutating func restore(_ state: OptimizerState, for model: some Module) throws {
        try core.restore(state, for: model)
    }

    /// One step; see ``Optimizer/update(_:with:learningRate:gradientScale:)``.
    public mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float,
        gradientScale: Float
    ) {
        core.update(
            &model, with: gradients, learningRate: learningRate, gradientScale: gradientScale)
    }
}

/// Adam, as PyTorch's `Adam` computes it: weight decay, where asked for, joins the gradient and so the moments.
///
/// Source: Kingma and Ba 2015, Adam: A Method for Stochastic Optimization, https://arxiv.org/abs/1412.6980, algorithm 1.
public struct Adam: Optimizer {
    private var core: AdamCore

    /// An optimizer that has taken no step.
    ///
    /// - Parameters:
    ///   - beta1: The decay of the gradients' running mean.
    ///   - beta2: The decay of the squares' running mean.
    ///   - epsilon: Added to the root of the squares' mean.
    ///   - weightDecay: The L2 penalty's factor.
    ///   - decayFilter: Which parameters the penalty is for.
    public init(
        beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
        decayFilter: @escaping DecayFilter = WeightDecay.matrices
    ) {
        core = AdamCore(
            beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
            decoupled: false, decays: decayFilter)
    }

    /// What a checkpoint must hold.
    public var state: OptimizerState { core.state }

    /// Takes back a saved state, checked against the model.
    public mutating func restore(_ state: OptimizerState, for model: some Module) throws {
        try core.restore(state, for: model)
    }

    /// One step; see ``Optimizer/update(_:with:learningRate:gradientScale:)``.
    public mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float,
        gradientScale: Float
    ) {
        core.update(
            &model, with: gradients, learningRate: learningRate, gradientScale: gradientScale)
    }
}

/// What Adam and AdamW share.
private struct AdamCore: Sendable {
    let beta1: Float
    let beta2: Float
    let epsilon: Float
    let weightDecay: Float
    let decoupled: Bool
    let decays: DecayFilter
    var firstMoments = ParameterSlots()
    var secondMoments = ParameterSlots()
    /// Whether each parameter is in the decay group; found out once, since paths cost strings.
    var decaying: [Bool] = []
    var stepCount = 0
    var rateFactors: [Float]?

    init(
        beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, decoupled: Bool,
        decays: @escaping DecayFilter
    ) {
        precondition(
            (0..<1).contains(beta1) && (0..<1).contains(beta2),
            "betas \(beta1) and \(beta2) are not in 0..<1")
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decoupled = decoupled
        self.decays = decays
    }

    var state: OptimizerState {
        OptimizerState(
            stepCount: stepCount,
            tensors: firstMoments.named("firstMoment") + secondMoments.named("secondMoment"))
    }

    mutating func restore(_ state: OptimizerState, for model: some Module) throws {
        if state.stepCount > 0 {
            firstMoments = try ParameterSlots("firstMoment", from: state, for: model)
            secondMoments = try ParameterSlots("secondMoment", from: state, for: model)
        }
        stepCount = state.stepCount
    }

    mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float,
        gradientScale: Float
    ) {
        if firstMoments.isEmpty {
            firstMoments = ParameterSlots(for: model)
            secondMoments = firstMoments
        }
        firstMoments.check(gradients)
        precondition(
            rateFactors == nil || rateFactors?.count == gradients.count,
            "\(rateFactors?.count ?? 0) rate factors for \(gradients.count) parameters")
        if decaying.isEmpty {
            decaying = model.parameters.map { weightDecay != 0 && decays($0.path, $0.tensor) }
        }
        stepCount += 1
        let options = Tensor.AdamOptions(
            learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
            weightDecay: weightDecay,
            biasCorrection1: Float(1 - pow(Double(beta1), Double(stepCount))),
            biasCorrection2: Float(1 - pow(Double(beta2), Double(stepCount))),
            gradientScale: gradientScale, decoupled: decoupled)
        var visitor = AdamVisitor(
            gradients: gradients, learningRate: learningRate, rateFactors: rateFactors,
            weightDecay: weightDecay, decaying: decaying, options: options,
            first: firstMoments.take(), second: secondMoments.take())
        model.visitParameters(&visitor, at: ParameterPath())
        firstMoments.tensors = visitor.first
        secondMoments.tensors = visitor.second
    }
}

private struct AdamVisitor: ParameterVisitor {
    let gradients: Gradients
    let learningRate: Float
    let rateFactors: [Float]?
    let weightDecay: Float
    let decaying: [Bool]
    var options: Tensor.AdamOptions
    var first: [Tensor]
    var second: [Tensor]
    var index = 0

    mutating func visit(_ parameter: inout Tensor, at path: ParameterPath) {
        defer { index += 1 }
        guard let gradient = gradients[index] else { return }
        if let factor = rateFactors?[index] {
            guard factor != 0 else { return }
            options.learningRate = learningRate * factor
        }
        options.weightDecay = decaying[index] ? weightDecay : 0
        parameter.adamStep(
            options, gradient: gradient, firstMoment: &first[index], secondMoment: &second[index])
    }
}
