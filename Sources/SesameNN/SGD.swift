import SesameTensor

/// Stochastic gradient descent, with momentum where asked for, as PyTorch computes it.
///
/// g ← gradient + weightDecay · p; v ← momentum · v + g; p ← p − rate · v, or with Nesterov's form
/// p − rate · (g + momentum · v).
public struct SGD: Optimizer {
    /// How much of the last step's velocity stays; 0 for none.
    public let momentum: Float
    /// Whether the step looks ahead (Nesterov's form).
    public let nesterov: Bool
    /// The factor of the parameter that joins the gradient.
    public let weightDecay: Float
    /// A factor of the learning rate for each parameter, in the model's order; nil means 1 for all. A parameter
    /// at 0 stays as it is.
    public var rateFactors: [Float]?
    private let decays: DecayFilter
    private var velocity = ParameterSlots()
    private var stepCount = 0

    /// An optimizer that has taken no step.
    ///
    /// - Parameters:
    ///   - momentum: From 0 up to but not 1.
    ///   - nesterov: Needs a momentum above 0.
    ///   - weightDecay: The L2 penalty's factor.
    ///   - decayFilter: Which parameters the penalty is for.
    public init(
        momentum: Float = 0, nesterov: Bool = false, weightDecay: Float = 0,
        decayFilter: @escaping DecayFilter = WeightDecay.matrices
    ) {
        precondition(momentum >= 0 && momentum < 1, "momentum \(momentum) is not in 0..<1")
        precondition(!nesterov || momentum > 0, "Nesterov's form needs momentum")
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
        decays = decayFilter
    }

    /// What a checkpoint must hold.
    public var state: OptimizerState {
        OptimizerState(stepCount: stepCount, tensors: velocity.named("velocity"))
    }

    /// Takes back a saved state, checked against the model.
    public mutating func restore(_ state: OptimizerState, for model: some Module) throws {
        if momentum > 0 && state.stepCount > 0 {
            velocity = try ParameterSlots("velocity", from: state, for: model)
        }
        stepCount = state.stepCount
    }

    /// One step; see ``Optimizer/update(_:with:learningRate:gradientScale:)``.
    public mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float,
        gradientScale: Float
    ) {
        if momentum > 0 && velocity.isEmpty { velocity = ParameterSlots(for: model) }
        if momentum > 0 { velocity.check(gradients) }
        stepCount += 1
        var visitor = SGDVisitor(
            options: self, gradients: gradients, learningRate: learningRate,
            gradientScale: gradientScale, decays: decays, velocity: velocity.take())
        model.visitParameters(&visitor, at: ParameterPath())
        velocity.tensors = visitor.velocity.compactMap { $0 }
    }
}

private struct SGDVisitor: ParameterVisitor {
    let options: SGD
    let gradients: Gradients
    let learningRate: Float
    let gradientScale: Float
    let decays: DecayFilter
    var velocity: [Tensor?]
    var index = 0

    mutating func visit(_ parameter: inout Tensor, at path: ParameterPath) {
        defer { index += 1 }
        let factor = options.rateFactors?[index] ?? 1
        guard let gradient = gradients[index], factor != 0 else { return }
        let decaying = options.weightDecay != 0 && decays(path.description, parameter)
        // Taken out of the list so that it is unique and changes in place.
        var current: Tensor?
        if !velocity.isEmpty { swap(&current, &velocity[index]) }
        parameter.sgdStep(
            learningRate: learningRate * factor, momentum: options.momentum,
            nesterov: options.nesterov,
            weightDecay: decaying ? options.weightDecay : 0, gradientScale: gradientScale,
            gradient: gradient, velocity: &current)
        if !velocity.isEmpty { velocity[index] = current }
    }
}
