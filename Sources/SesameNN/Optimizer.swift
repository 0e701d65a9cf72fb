import SesameTensor

/// Turns gradients into a step of a model's parameters.
///
/// An optimizer is a value: a copy is a snapshot, and ``state`` holds all that a checkpoint needs to resume
/// with the same bits.
public protocol Optimizer: Sendable {
    /// What the optimizer remembers between steps.
    var state: OptimizerState { get }

    /// Takes back a state saved by the same kind of optimizer over the same model.
    ///
    /// - Throws: ``NNError`` if a tensor is missing, unexpected or of another shape than its parameter.
    mutating func restore(_ state: OptimizerState, for model: some Module) throws

    /// One step.
    ///
    /// - Parameters:
    ///   - model: Its parameters are changed in place; a parameter without a gradient stays as it is.
    ///   - gradients: Those of the same model.
    ///   - learningRate: The step's rate.
    ///   - gradientScale: Every gradient is multiplied by it as it is read, so that clipping costs no pass; see
    ///     `Gradients.clipScale(maxNorm:)`.
    mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float,
        gradientScale: Float)
}

extension Optimizer {
    /// One step without clipping.
    public mutating func update(
        _ model: inout some Module, with gradients: Gradients, learningRate: Float
    ) {
        update(&model, with: gradients, learningRate: learningRate, gradientScale: 1)
    }
}

/// What an optimizer remembers between steps, as plain values.
public struct OptimizerState: Sendable {
    /// How many steps were taken.
    public var stepCount: Int
    /// Tensors named by kind and parameter, for example `firstMoment/layers.0.attention.output.weight`.
    public var tensors: [(name: String, tensor: Tensor)]

    /// A state from its parts.
    public init(stepCount: Int, tensors: [(name: String, tensor: Tensor)]) {
        self.stepCount = stepCount
        self.tensors = tensors
    }
}

extension Gradients {
    /// The factor that brings the gradients' norm, all together, down to `maxNorm`; 1 where it is lower already.
    ///
    /// As PyTorch's `clip_grad_norm_`: min(1, maxNorm / (norm + 1e-6)). The norm is added up in Double in a fixed order.
    /// A norm that is not finite gives 0, or NaN where it is NaN; check ``globalNorm()`` before the step.
    public func clipScale(maxNorm: Float) -> Float {
        Self.clipScale(norm: globalNorm(), maxNorm: maxNorm)
    }

    /// The same for a norm already known.
    public static func clipScale(norm: Double, maxNorm: Float) -> Float {
        let scale = Double(maxNorm) / (norm + 1e-6)
        return scale < 1 || scale.isNaN ? Float(scale) : 1
    }
}

/// Which parameters weight decay shrinks.
public typealias DecayFilter = @Sendable (_ path: String, _ parameter: Tensor) -> Bool

/// Ready-made decay groups.
public enum WeightDecay {
    /// Matrices and embeddings, but no biases and norms: what has two axes or more.
    public static let matrices: DecayFilter = { $1.shape.count >= 2 }
    /// Every parameter.
    public static let everything: DecayFilter = { _, _ in true }
}

/// One tensor a parameter, in the model's order, made when the first step sees the model.
struct ParameterSlots: Sendable {
    private(set) var paths: [String] = []
    var tensors: [Tensor] = []

    var isEmpty: Bool { tensors.isEmpty }

    /// Zeros in the shape of each parameter.
    init(for model: some Module) {
        for (path, tensor) in model.parameters {
            paths.append(path)
            tensors.append(Tensor(zeros: tensor.shape))
        }
    }

    init() {}

    /// Checks that gradients are those of the model that the slots were made for.
    func check(_ gradients: Gradients) {
        precondition(
            gradients.count == tensors.count,
            "an optimizer of \(tensors.count) parameters was given \(gradients.count) gradients")
    }

    /// Hands the tensors over, so that they are unique and change in place.
    mutating func take() -> [Tensor] {
        defer { tensors = [] }
        return tensors
    }

    func named(_ kind: String) -> [(name: String, tensor: Tensor)] {
        zip(paths, tensors).map { ("\(kind)/\($0)", $1) }
    }

    /// Fills the slots from a state's tensors of one kind.
    init(_ kind: String, from state: OptimizerState, for model: some Module) throws {
        self.init(for: model)
        var values: [String: Tensor] = [:]
        for (name, tensor) in state.tensors where name.hasPrefix(kind + "/") {
            values[String(name.dropFirst(kind.utf8.count + 1))] = tensor
        }
        for i in paths.indices {
            guard let value = values.removeValue(forKey: paths[i]) else {
                throw NNError(
                    .optimizerState, "the optimizer's state lacks \(kind)/\(paths[i])")
            }
            guard value.shape == tensors[i].shape else {
                throw NNError(
                    .optimizerState,
                    "\(kind)/\(paths[i]) has shape \(value.shape), the parameter \(tensors[i].shape)"
                )
            }
            tensors[i] = value
        }
        if let name = values.keys.min() {
            throw NNError(
                .optimizerState,
                "the optimizer's state has \(kind)/\(name), the model no such parameter")
        }
    }
}
