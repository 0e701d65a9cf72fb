import SesameTensor
import SesameTestSupport
import Testing

/// Every operator's gradient against central differences.
@Suite struct GradientCheckTests {
    @Test("Gradients equal central differences", arguments: OperatorCase.all)
    func smallShapes(_ operatorCase: OperatorCase) {
        #expect(operatorCase.gradientMismatch() == nil)
    }

    @Test("Gradients along a direction, at sizes that cross blocks", arguments: OperatorCase.large)
    func largeShapes(_ operatorCase: OperatorCase) {
        #expect(operatorCase.directionalMismatch() == nil)
    }

    @Test("The check itself sees a wrong gradient")
    func checkNotices() {
        let check = GradientCheck()
        let square: ([[Float]]) -> [Float] = { $0[0].map { $0 * $0 } }
        let point: [[Float]] = [[0.5, -0.25]]
        func mismatch(_ gradient: [Float]) -> String? {
            check.mismatch(
                inputs: point, gradients: [gradient], weights: [1, 2], function: square)
        }
        #expect(mismatch([1, -1]) == nil)
        #expect(mismatch([1, -1.01])?.contains("index 1") == true)
        #expect(mismatch([1]) != nil)
    }
}

extension OperatorCase {
    /// Compares this operator's gradients with central differences, element by element.
    func gradientMismatch() -> String? {
        let inputs = inputs()
        let weights = weights(for: inputs)
        let (_, gradients) = run(inputs, weights: weights)
        return GradientCheck().mismatch(
            inputs: inputs.map(\.scalars), gradients: gradients.map(\.scalars),
            weights: weights.flatMap(\.scalars), function: values)
    }

    /// The same along one random direction.
    func directionalMismatch() -> String? {
        let inputs = inputs()
        let weights = weights(for: inputs)
        let (_, gradients) = run(inputs, weights: weights)
        let total = inputs.reduce(0) { $0 + $1.elementCount }
        let direction = inputs.enumerated().map { index, input in
            Tensor.normal(
                input.shape, standardDeviation: 1 / Float(total).squareRoot(),
                key: RandomKey(seed: 5, stream: UInt64(index))
            ).scalars
        }
        return GradientCheck(step: 0.1, tolerance: 1e-3).directionalMismatch(
            inputs: inputs.map(\.scalars), gradients: gradients.map(\.scalars),
            weights: weights.flatMap(\.scalars), direction: direction, function: values)
    }

    private func values(_ scalars: [[Float]]) -> [Float] {
        function(zip(scalars, shapes).map { Tensor($0, shape: $1) }).flatMap(\.scalars)
    }

    /// The operators whose kernels work in blocks, at sizes beyond one block, with odd tails.
    static let large: [OperatorCase] = largeBasics + largeSequences + largeRecurrent

    private static let largeBasics: [OperatorCase] = [
        OperatorCase("matmul 97×130×151", [[97, 130], [130, 151]]) { matmul($0[0], $0[1]) },
        OperatorCase("linear GELU 3×67, 130 → 201", [[3, 67, 130], [201, 130], [201]]) {
            linear($0[0] * 0.1, weight: $0[1], bias: $0[2], activation: .gelu)
        },
        OperatorCase("layerNorm 131×97", [[131, 97], [97], [97]]) {
            layerNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5)
        },
        OperatorCase("attention causal 2×3 heads, 150 × 17", [[2, 150, 153]]) {
            attention(packed: $0[0], headCount: 3, causal: true)
        },
        OperatorCase("attention masked 130 × 201", [[2, 130, 32], [2, 201, 32], [2, 201, 32]]) {
            attention(
                query: $0[0], key: $0[1], value: $0[2], headCount: 2, causal: false,
                keyMask: AttentionMask(lengths: [201, 77], keyCount: 201))
        },
        OperatorCase("attention with dropout", [[2, 70, 96]]) {
            attention(
                packed: $0[0], headCount: 4, causal: true,
                dropout: DropoutSite(probability: 0.2, key: RandomKey(seed: 3)))
        },
        OperatorCase("dropout", [[37, 41]]) {
            dropout($0[0], probability: 0.3, key: RandomKey(seed: 3))
        },
        OperatorCase("projectedCrossEntropy 300 × 501", [[300, 24], [501, 24], [501]]) {
            projectedCrossEntropy(
                hidden: $0[0], weight: $0[1], bias: $0[2],
                targets: IDTensor((0..<300).map { $0 % 5 == 0 ? -100 : $0 * 7 % 501 }, shape: [300])
            ).loss * 30
        },
        OperatorCase("softmax 67×203", [[67, 203]]) { softmax($0[0]) },
        OperatorCase("sum of rows 513×33", [[513, 33]]) { $0[0].mean(axis: 0) },
        OperatorCase("embedding 500 ids", [[50, 19]]) {
            embedding($0[0], ids: IDTensor((0..<500).map { $0 * 3 % 50 }, shape: [500]))
        },
    ]
}
