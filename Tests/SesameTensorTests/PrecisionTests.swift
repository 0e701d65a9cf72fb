import SesameTensor
import SesameTestSupport
import Testing

/// Products in bfloat16 against products in Float32.
///
/// Rounding an operand to 8 bits of mantissa changes it by at most 2⁻⁹ of its size, a product of two by
/// about 2⁻⁸; so a dot product changes by at most 2⁻⁸ Σ |a·b|. That bound is checked elementwise where it
/// can be computed; where softmax and norms lie between, the tolerance is stated in the test.
@Suite struct PrecisionTests {
    private func random(_ shape: Shape, _ stream: UInt64) -> Tensor {
        .uniform(shape, in: -1..<1, key: RandomKey(seed: 11, stream: stream))
    }

    private func magnitude(_ x: Tensor) -> Tensor { Tensor(x.scalars.map(abs), shape: x.shape) }

    private func expectWithin(_ bound: Tensor, _ a: Tensor, _ b: Tensor, _ what: String) {
        #expect(a.shape == b.shape && a.shape == bound.shape, "\(what)")
        let worst = zip(zip(a.scalars, b.scalars), bound.scalars)
            .map { abs($0.0 - $0.1) - (0x1.02p-8 * $1 + 1e-5) }.max()
        #expect((worst ?? 0) <= 0, "\(what)")
        #expect(a.scalars != b.scalars, "\(what): bfloat16 did not round")
    }

    @Test("Linear, forward and backward, within 2⁻⁸ Σ |a·b|")
    func linearLayer() {
        let x = random([37, 130], 0)
        let weight = random([67, 130], 1)
        let upstream = random([37, 67], 2)
        func run(_ precision: Precision) -> (y: Tensor, gradients: Gradients) {
            let (_, y, gradients) = Inputs(tensors: [x, weight]).valueWithGradients { module in
                let y = linear(
                    module.tensors[0], weight: module.tensors[1], bias: nil, precision: precision)
                return ((y * upstream).sum(), y.detached())
            }
            return (y, gradients)
        }
        let exact = run(.float32)
        let rounded = run(.bfloat16)
        let (ax, aw, au) = (magnitude(x), magnitude(weight), magnitude(upstream))
        expectWithin(matmul(ax, aw, transposeB: true), rounded.y, exact.y, "y")
        if let a = rounded.gradients[0], let b = exact.gradients[0] {
            expectWithin(matmul(au, aw), a, b, "dX")
        }
        if let a = rounded.gradients[1], let b = exact.gradients[1] {
            expectWithin(matmul(au, ax, transposeA: true), a, b, "dW")
        }
    }

    /// Operators with a softmax inside: relative to the largest value, 2 % forward and backward.
    @Test("Attention and the vocabulary's loss, within 2 % of the largest value")
    func softmaxOperators() {
        let qkv = random([2, 70, 96], 3)
        let hidden = random([60, 48], 4)
        let weight = random([301, 48], 5)
        let ids = IDTensor((0..<60).map { $0 * 5 % 301 }, shape: [60])
        let upstream = random([2, 70, 32], 6)
        func run(_ precision: Precision) -> [Tensor] {
            let (_, values, gradients) = Inputs(tensors: [qkv, hidden, weight]).valueWithGradients {
                let y = attention(
                    packed: $0.tensors[0], headCount: 4, causal: true, precision: precision)
                let loss = projectedCrossEntropy(
                    hidden: $0.tensors[1], weight: $0.tensors[2], targets: ids, precision: precision
                )
                return (
                    (y * upstream).sum() + loss.loss, [y.detached(), loss.loss.detached()]
                )
            }
            return values + (0..<3).compactMap { gradients[$0] }
        }
        let exact = run(.float32)
        let rounded = run(.bfloat16)
        #expect(exact.count == 5)
        for (index, (a, b)) in zip(rounded, exact).enumerated() {
            let largest = b.scalars.reduce(0) { max($0, abs($1)) }
            #expect(
                difference(a.scalars, from: b.scalars, absolute: 0.02 * largest) == nil, "\(index)")
        }
    }

    @Test("Counts of a projected loss")
    func counts() {
        // The identity as weight: the logits are the hidden values themselves.
        let weight = Tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
        let hidden = Tensor([5, 1, 0, 0, 1, 2, 1, 3, 0, 9, 0, 0], shape: [2, 2, 3])
        let result = projectedCrossEntropy(
            hidden: hidden, weight: weight, targets: IDTensor([[0, 1], [1, -100]]))
        #expect(result.scoredCount == 3 && result.correctCount == 2)
        let nothing = projectedCrossEntropy(
            hidden: hidden, weight: weight, targets: IDTensor([[-1, -1], [-1, -1]]), ignoreIndex: -1
        )
        #expect(nothing.scoredCount == 0 && nothing.correctCount == 0 && nothing.loss.scalar == 0)
        #expect(hidden.argmaxRows() == IDTensor([[0, 2], [1, 0]]))
    }
}
