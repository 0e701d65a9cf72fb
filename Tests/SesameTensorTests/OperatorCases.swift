import SesameTensor

/// An operator with the inputs that its tests use: one row of the table that the gradient check, the
/// comparison with PyTorch and the determinism check share.
struct OperatorCase: Sendable, CustomStringConvertible {
    let name: String
    let shapes: [Shape]
    /// Changes the inputs' random values where the operator has a kink to stay clear of.
    var prepare: @Sendable ([Tensor]) -> [Tensor] = { $0 }
    let function: @Sendable ([Tensor]) -> [Tensor]

    var description: String { name }

    /// An operator of one output.
    init(
        _ name: String, _ shapes: [Shape],
        prepare: @escaping @Sendable ([Tensor]) -> [Tensor] = { $0 },
        _ function: @escaping @Sendable ([Tensor]) -> Tensor
    ) {
        self.name = name
        self.shapes = shapes
        self.prepare = prepare
        self.function = { [function($0)] }
    }

    /// An operator of several outputs.
    init(
        outputs name: String, _ shapes: [Shape],
        _ function: @escaping @Sendable ([Tensor]) -> [Tensor]
    ) {
        self.name = name
        self.shapes = shapes
        self.function = function
    }

    /// Inputs in -1..<1.
    func inputs(seed: UInt64 = 1) -> [Tensor] {
        prepare(
            shapes.enumerated().map { index, shape in
                .uniform(shape, in: -1..<1, key: RandomKey(seed: seed, stream: UInt64(index)))
            })
    }

    /// Outputs, and the gradients of Σ weights · outputs.
    func run(_ inputs: [Tensor], weights: [Tensor]) -> (outputs: [Tensor], gradients: [Tensor]) {
        let (_, outputs, gradients) = Inputs(tensors: inputs).valueWithGradients { module in
            let outputs = function(module.tensors)
            var loss = Tensor(0)
            for (output, weight) in zip(outputs, weights) { loss = loss + (output * weight).sum() }
            return (loss, outputs.map { $0.detached() })
        }
        return (
            outputs,
            inputs.indices.map { gradients[$0] ?? Tensor(zeros: inputs[$0].shape) }
        )
    }

    /// Weights for the outputs.
    func weights(for inputs: [Tensor]) -> [Tensor] {
        function(inputs).enumerated().map { index, output in
            .uniform(output.shape, in: -1..<1, key: RandomKey(seed: 99, stream: UInt64(index)))
        }
    }
}

/// A module whose parameters are an operator's inputs.
struct Inputs: Module {
    var tensors: [Tensor]

    mutating func visitParameters(_ visitor: inout some ParameterVisitor, at path: ParameterPath) {
        for index in tensors.indices { visitor.visit(&tensors[index], at: path / "inputs" / index) }
    }
}

extension OperatorCase {
    /// Every operator. Sizes are small, odd and different, to tell axes apart and to reach loop tails;
    /// names, shapes and constants are the same in the scripts in Goldens.
    static let all: [OperatorCase] = basics + sequences

    /// Those of Goldens/make_goldens.py.
    static let basics: [OperatorCase] =
        arithmetic + products + layers + attentions + losses + shapes + recurrent

    static let arithmetic: [OperatorCase] = [
        OperatorCase("add", [[3, 7], [3, 7]]) { $0[0] + $0[1] },
        OperatorCase("addSuffix", [[2, 3, 7], [3, 7]]) { $0[0] + $0[1] },
        OperatorCase("addPrefix", [[7], [3, 7]]) { $0[0] + $0[1] },
        OperatorCase("addScalarTensor", [[3, 7], []]) { $0[0] + $0[1] },
        OperatorCase("addSelf", [[3, 7]]) { $0[0] + $0[0] },
        OperatorCase("subtract", [[3, 7], [3, 7]]) { $0[0] - $0[1] },
        OperatorCase("subtractSuffix", [[3, 7], [7]]) { $0[0] - $0[1] },
        OperatorCase("multiply", [[3, 7], [3, 7]]) { $0[0] * $0[1] },
        OperatorCase("multiplySuffix", [[2, 3, 7], [7]]) { $0[0] * $0[1] },
        OperatorCase("multiplyScalarTensor", [[3, 7], []]) { $0[0] * $0[1] },
        OperatorCase("square", [[3, 7]]) { $0[0] * $0[0] },
        OperatorCase("scale", [[3, 7]]) { $0[0] * 2.5 },
        OperatorCase("negate", [[3, 7]]) { -$0[0] },
        OperatorCase("gelu", [[5, 7]]) { ($0[0] * 3).gelu() },
        OperatorCase("geluTanh", [[5, 7]]) { ($0[0] * 3).geluTanh() },
        OperatorCase("relu", [[5, 7]], prepare: awayFromZero) { $0[0].relu() },
        OperatorCase("tanh", [[5, 7]]) { $0[0].tanh() },
        OperatorCase("sigmoid", [[5, 7]]) { ($0[0] * 3).sigmoid() },
        OperatorCase("softmax", [[4, 9]]) { softmax($0[0] * 2) },
        OperatorCase("logSoftmax", [[4, 9]]) { logSoftmax($0[0] * 2) },
    ]

    static let products: [OperatorCase] = [
        OperatorCase("matmul", [[5, 7], [7, 3]]) { matmul($0[0], $0[1]) },
        OperatorCase("matmulTA", [[7, 5], [7, 3]]) { matmul($0[0], $0[1], transposeA: true) },
        OperatorCase("matmulTB", [[5, 7], [3, 7]]) { matmul($0[0], $0[1], transposeB: true) },
        OperatorCase("matmulTATB", [[7, 5], [3, 7]]) {
            matmul($0[0], $0[1], transposeA: true, transposeB: true)
        },
        OperatorCase("matmulBatched", [[2, 3, 4], [2, 4, 5]]) { matmul($0[0], $0[1]) },
        OperatorCase("matmulBatchedTA", [[2, 4, 3], [2, 4, 5]]) {
            matmul($0[0], $0[1], transposeA: true)
        },
        OperatorCase("matmulBatchedTB", [[2, 3, 4], [2, 5, 4]]) {
            matmul($0[0], $0[1], transposeB: true)
        },
        OperatorCase("matmulBatchedTATB", [[2, 4, 3], [2, 5, 4]]) {
            matmul($0[0], $0[1], transposeA: true, transposeB: true)
        },
        OperatorCase("matmulGram", [[5, 7]]) { matmul($0[0], $0[0], transposeB: true) },
        OperatorCase("linear", [[2, 3, 7], [5, 7], [5]]) {
            linear($0[0], weight: $0[1], bias: $0[2])
        },
        OperatorCase("linearNoBias", [[3, 7], [5, 7]]) {
            linear($0[0], weight: $0[1], bias: nil)
        },
        OperatorCase("linearGELU", [[3, 7], [5, 7], [5]]) {
            linear($0[0], weight: $0[1], bias: $0[2], activation: .gelu)
        },
        OperatorCase("linearGELUTanh", [[3, 7], [5, 7], [5]]) {
            linear($0[0], weight: $0[1], bias: $0[2], activation: .geluTanh)
        },
        OperatorCase("linearReLU", [[3, 7], [5, 7], [5]], prepare: farBias) {
            linear($0[0], weight: $0[1], bias: $0[2], activation: .relu)
        },
        OperatorCase("linearReLUResidual", [[3, 7], [5, 7], [5], [3, 5]], prepare: farBias) {
            linear($0[0], weight: $0[1], bias: $0[2], activation: .relu, residual: $0[3])
        },
        OperatorCase("linearTanh", [[3, 7], [5, 7], [5]]) {
            linear($0[0], weight: $0[1], bias: $0[2], activation: .tanh)
        },
        OperatorCase("linearSigmoidNoBias", [[3, 7], [5, 7]]) {
            linear($0[0], weight: $0[1], bias: nil, activation: .sigmoid)
        },
        OperatorCase("linearGELUResidual", [[2, 3, 7], [5, 7], [5], [2, 3, 5]]) {
            linear($0[0], weight: $0[1], bias: $0[2], activation: .gelu, residual: $0[3])
        },
        OperatorCase("linearOwnResidual", [[3, 5], [5, 5], [5]]) {
            linear($0[0], weight: $0[1], bias: $0[2], residual: $0[0])
        },
    ]

    static let layers: [OperatorCase] = [
        OperatorCase("layerNorm", [[2, 3, 7], [7], [7]]) {
            layerNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5)
        },
        OperatorCase(outputs: "addLayerNorm", [[3, 7], [3, 7], [7], [7]]) {
            let (sum, normalized) = addLayerNorm(
                $0[0], residual: $0[1], weight: $0[2], bias: $0[3], epsilon: 1e-5)
            return [sum, normalized]
        },
        OperatorCase("addLayerNormSum", [[3, 7], [3, 7], [7], [7]]) {
            addLayerNorm($0[0], residual: $0[1], weight: $0[2], bias: $0[3], epsilon: 1e-5).sum
        },
        OperatorCase("addLayerNormNormalized", [[3, 7], [3, 7], [7], [7]]) {
            addLayerNorm($0[0], residual: $0[1], weight: $0[2], bias: $0[3], epsilon: 1e-5)
                .normalized
        },
        OperatorCase("embedding", [[6, 5]]) {
            embedding($0[0], ids: IDTensor([[1, 4, 1], [0, 5, 1]]))
        },
        OperatorCase("selectedRows", [[2, 3, 5]]) {
            $0[0].selectedRows(IDTensor([5, 0, 3, 5], shape: [4]))
        },
        OperatorCase("tied", [[6, 5]]) {
            let hidden = embedding($0[0], ids: IDTensor([2, 0, 2, 5], shape: [4])).tanh()
            let targets = IDTensor([0, 2, 5, 1], shape: [4])
            return projectedCrossEntropy(hidden: hidden, weight: $0[0], targets: targets).loss
        },
    ]

    static let attentions: [OperatorCase] = [
        OperatorCase("attention", [[2, 5, 6], [2, 5, 6], [2, 5, 6]]) {
            attention(query: $0[0], key: $0[1], value: $0[2], headCount: 2, causal: false)
        },
        OperatorCase("attentionCausal", [[2, 5, 6], [2, 5, 6], [2, 5, 6]]) {
            attention(query: $0[0], key: $0[1], value: $0[2], headCount: 3, causal: true)
        },
        OperatorCase("attentionMasked", [[2, 5, 6], [2, 5, 6], [2, 5, 6]]) {
            attention(
                query: $0[0], key: $0[1], value: $0[2], headCount: 2, causal: false,
                keyMask: AttentionMask([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]]))
        },
        OperatorCase("attentionCross", [[2, 3, 6], [2, 5, 6], [2, 5, 6]]) {
            attention(
                query: $0[0], key: $0[1], value: $0[2], headCount: 1, causal: false,
                keyMask: AttentionMask(lengths: [5, 2], keyCount: 5))
        },
        OperatorCase("attentionCausalTail", [[2, 2, 6], [2, 5, 6], [2, 5, 6]]) {
            attention(query: $0[0], key: $0[1], value: $0[2], headCount: 2, causal: true)
        },
        OperatorCase("attentionPacked", [[2, 5, 18]]) {
            attention(packed: $0[0], headCount: 2, causal: false)
        },
        OperatorCase("attentionPackedCausalMasked", [[2, 5, 18]]) {
            attention(
                packed: $0[0], headCount: 2, causal: true,
                keyMask: AttentionMask(lengths: [4, 5], keyCount: 5))
        },
    ]

    static let losses: [OperatorCase] = [
        OperatorCase("crossEntropy", [[2, 3, 7]]) {
            crossEntropy(logits: $0[0] * 2, targets: scoredTargets)
        },
        OperatorCase("crossEntropySmoothed", [[2, 3, 7]]) {
            crossEntropy(logits: $0[0], targets: scoredTargets, labelSmoothing: 0.1)
        },
        OperatorCase("projectedCrossEntropy", [[2, 3, 4], [7, 4], [7]]) {
            projectedCrossEntropy(
                hidden: $0[0], weight: $0[1], bias: $0[2], targets: scoredTargets
            ).loss
        },
        OperatorCase("projectedCrossEntropySmoothed", [[2, 3, 4], [7, 4]]) {
            projectedCrossEntropy(
                hidden: $0[0], weight: $0[1], targets: scoredTargets, labelSmoothing: 0.2
            ).loss
        },
        OperatorCase("binaryCrossEntropy", [[3, 5]]) {
            binaryCrossEntropy(logits: $0[0] * 2, targets: probabilities)
        },
        OperatorCase("meanSquaredError", [[3, 5]]) {
            meanSquaredError($0[0], targets: probabilities)
        },
        OperatorCase("meanAbsoluteError", [[3, 5]], prepare: awayFromProbabilities) {
            meanAbsoluteError($0[0], targets: probabilities)
        },
    ]

    static let shapes: [OperatorCase] = [
        OperatorCase("sum", [[3, 7]]) { ($0[0] * $0[0]).sum() },
        OperatorCase("mean", [[3, 7]]) { ($0[0] * $0[0]).mean() },
        OperatorCase("sumAxis0", [[3, 4, 5]]) { $0[0].sum(axis: 0) },
        OperatorCase("sumAxis1", [[3, 4, 5]]) { $0[0].sum(axis: 1) },
        OperatorCase("sumAxis2", [[3, 4, 5]]) { $0[0].sum(axis: 2) },
        OperatorCase("meanAxis0", [[3, 4, 5]]) { $0[0].mean(axis: 0) },
        OperatorCase("meanAxis1", [[3, 4, 5]]) { $0[0].mean(axis: 1) },
        OperatorCase("meanAxis2", [[3, 4, 5]]) { $0[0].mean(axis: 2) },
        OperatorCase("meanPooled", [[2, 4, 5]]) {
            $0[0].meanPooled(mask: AttentionMask([[1, 1, 0, 1], [1, 0, 0, 0]]))
        },
        OperatorCase("reshaped", [[3, 4]]) { ($0[0].reshaped([2, 6]) * 3).reshaped([12]) },
        OperatorCase("slicedAxis0", [[5, 4]]) { $0[0].sliced(axis: 0, 1..<4) },
        OperatorCase("slicedAxis1", [[2, 5, 3]]) { $0[0].sliced(axis: 1, 2..<4) },
        OperatorCase("slicedTwice", [[5, 4]]) {
            $0[0].sliced(axis: 1, 0..<3) * $0[0].sliced(axis: 1, 1..<4)
        },
        OperatorCase("concatenatedAxis0", [[2, 5], [3, 5]]) { concatenated($0, axis: 0) },
        OperatorCase("concatenatedAxis1", [[2, 3, 5], [2, 1, 5], [2, 2, 5]]) {
            concatenated($0, axis: 1)
        },
        OperatorCase("transposed", [[3, 7]]) { $0[0].transposed() },
    ]

    static let scoredTargets = IDTensor([[3, -100, 0], [6, 2, -100]])
    static let probabilities = Tensor(
        [0, 1, 0.5, 0.25, 1, 0, 0, 1, 0.75, 0.1, 0.9, 1, 0, 0.3, 0.6], shape: [3, 5])

    /// Moves values out of -0.2..<0.2.
    static let awayFromZero: @Sendable ([Tensor]) -> [Tensor] = { inputs in
        inputs.map { x in
            Tensor(x.scalars.map { $0 < 0 ? $0 - 0.2 : $0 + 0.2 }, shape: x.shape)
        }
    }

    /// Moves the first input at least 0.2 away from ``probabilities``.
    static let awayFromProbabilities: @Sendable ([Tensor]) -> [Tensor] = { inputs in
        let moved = zip(inputs[0].scalars, probabilities.scalars).map { x, t in
            x < t ? min(x, t - 0.2) : max(x, t + 0.2)
        }
        return [Tensor(moved, shape: inputs[0].shape)]
    }

    /// Sets biases to 4 and -4 in turn, beyond what the small products of these cases reach.
    static let farBias: @Sendable ([Tensor]) -> [Tensor] = { inputs in
        var inputs = inputs
        inputs[0] = inputs[0] * 0.5
        let count = inputs[2].elementCount
        inputs[2] = Tensor((0..<count).map { $0 % 2 == 0 ? 4 : -4 }, shape: [count])
        return inputs
    }
}
