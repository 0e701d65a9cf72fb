import SesameTensor
import SesameTestSupport
import Testing

/// The tape itself: what flows where, what is copied, what is freed.
@Suite struct TapeTests {
    private struct Chain: Module {
        var weights: [Tensor]

        func callAsFunction(_ x: Tensor) -> Tensor { weights.reduce(x) { $0 * $1 } }

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            for index in weights.indices {
                visitor.visit(&weights[index], at: path / "layers" / index / "weight")
            }
        }
    }

    private struct Tied: Module {
        var weight: Tensor
        var unused = Tensor([1, 2], shape: [2])

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            visitor.visit(&weight, at: path / "weight")
            visitor.visit(&unused, at: path / "unused")
        }
    }

    @Test("A tensor that is used twice gets both gradients, one that is not used none")
    func tiedAndUnused() {
        let model = Tied(weight: Tensor([3, -2], shape: [2]))
        let (value, gradients) = model.valueWithGradients { module in
            (module.weight * module.weight * module.weight).sum() + module.weight.sum()
        }
        #expect(value == 27 - 8 + 1)
        #expect(gradients["weight"]?.scalars == [28, 13])
        #expect(gradients["unused"] == nil)
        #expect(gradients.paths == ["weight", "unused"])
        #expect(gradients.count == 2)
    }

    @Test("A loss that depends on no parameter has no gradients")
    func constantLoss() {
        let (value, gradients) = Tied(weight: Tensor(1)).valueWithGradients { _ in Tensor(5) }
        #expect(value == 5)
        #expect(gradients[0] == nil && gradients[1] == nil)
        #expect(gradients.globalNorm() == 0 && gradients.allFinite)
    }

    @Test("The loss may be the parameter itself, reshaped")
    func leafAsLoss() {
        let model = Tied(weight: Tensor([4], shape: [1, 1]))
        let (value, gradients) = model.valueWithGradients { $0.weight.reshaped([]) }
        #expect(value == 4)
        #expect(gradients[0]?.shape == [1, 1])
        #expect(gradients[0]?.scalars == [1])
    }

    @Test("A detached value passes no gradient")
    func detached() {
        let model = Tied(weight: Tensor([3], shape: [1]))
        let (_, gradients) = model.valueWithGradients { module in
            #expect(module.weight.requiresGradient)
            #expect(!module.weight.detached().requiresGradient)
            return (module.weight * module.weight.detached()).sum()
        }
        #expect(gradients[0]?.scalars == [3])
    }

    @Test("One of two outputs may be left unused")
    func unusedOutput() {
        let model = Tied(weight: Tensor([3, 5], shape: [1, 2]))
        let one = Tensor([1, 1], shape: [2])
        let (_, gradients) = model.valueWithGradients { module in
            addLayerNorm(
                module.weight, residual: module.weight, weight: one, bias: one, epsilon: 1e-5
            ).sum.sum()
        }
        #expect(gradients[0]?.scalars == [2, 2])
    }

    @Test("A computation within another has its own gradients")
    func nested() {
        let outer = Tied(weight: Tensor([3], shape: [1]))
        let inner = Tied(weight: Tensor([5], shape: [1]))
        let (_, gradients) = outer.valueWithGradients { outer in
            let square = outer.weight * outer.weight
            let (value, inside) = inner.valueWithGradients { inner in
                (inner.weight * inner.weight * square).sum()
            }
            #expect(value == 225)
            #expect(inside[0]?.scalars == [90])
            return (square * value).sum()
        }
        #expect(gradients[0]?.scalars == [6 * 225])
    }

    @Test("A hundred thousand operators need no deep stack, walked or dropped")
    func longChain() {
        let model = Tied(weight: Tensor([1], shape: [1]))
        let (_, gradients) = model.valueWithGradients { module in
            var x = module.weight
            for _ in 0..<100_000 { x = x * 1 }
            return x.sum()
        }
        #expect(gradients[0]?.scalars == [1])
        let (_, none) = model.valueWithGradients { module in
            var x = module.weight
            for _ in 0..<100_000 { x = x * 1 }
            return x.sum().detached()
        }
        #expect(none[0] == nil)
    }

    @Test("Updating parameters after the tape is gone copies nothing")
    func updatesInPlace() async {
        // A process of its own, because other tests count up the same counter.
        await #expect(processExitsWith: .success) {
            var model = Chain(
                weights: (0..<50).map { _ in Tensor(repeating: 1.001, shape: [64]) })
            let x = Tensor(repeating: 1, shape: [64])
            for step in 0..<4 {
                let copies = Tensor.copyCount
                let misses = MemoryPool.missCount
                let (_, gradients) = model.valueWithGradients { $0(x).sum() }
                var index = 0
                model.updateParameters { _, parameter in
                    if let gradient = gradients[index] {
                        parameter.add(scaled: -1e-6, gradient)
                    }
                    index += 1
                }
                #expect(Tensor.copyCount == copies, "step \(step)")
                if step > 0 {
                    #expect(MemoryPool.missCount == misses, "step \(step) reached the system")
                }
            }
        }
    }

    @Test("A tied embedding's gradients meet without a copy")
    func tiedGradientsMeetInPlace() async {
        await #expect(processExitsWith: .success) {
            let model = Tied(weight: .normal([50, 16], key: RandomKey(seed: 1)))
            let ids = IDTensor((0..<20).map { $0 % 50 }, shape: [20])
            let (_, gradients) = model.valueWithGradients { module in
                projectedCrossEntropy(
                    hidden: embedding(module.weight, ids: ids), weight: module.weight, targets: ids
                ).loss
            }
            #expect(gradients[0] != nil)
            #expect(Tensor.copyCount == 0)
        }
    }

    @Test("The walk frees what it has used, even where the loss is still held")
    func freesOnTheWay() async {
        await #expect(processExitsWith: .success) {
            let model = Tied(weight: Tensor(repeating: 0.5, shape: [1 << 16]))
            let bytes = 4 << 16
            MemoryPool.resetPeak()
            let before = MemoryPool.liveBytes
            let (_, loss, _) = model.valueWithGradients { module in
                var x = module.weight
                for _ in 0..<20 { x = x.tanh() }
                let loss = x.sum()
                return (loss, loss)
            }
            #expect(loss.elementCount == 1)
            // Forward keeps 20 values; backward needs one or two gradients more, and frees as it goes.
            #expect(MemoryPool.peakBytes - before <= 24 * bytes)
            #expect(MemoryPool.liveBytes - before <= 2 * bytes)
        }
    }

    @Test("A tensor of a finished computation is refused in another")
    func staleTensor() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let model = Tied(weight: Tensor([3], shape: [1]))
            _ = model.valueWithGradients { module in
                let (_, stale, _) = model.valueWithGradients { module in
                    let square = module.weight * module.weight
                    return (square.sum(), square)
                }
                return (module.weight * stale).sum()
            }
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("detached()"))
    }

    @Test("Errors leave valueWithGradients as they are")
    func bodyThrows() {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try Tied(weight: Tensor(1)).valueWithGradients { _ in throw Failure() }
        }
    }

    @Test("Threads compute gradients side by side")
    func concurrent() async {
        let model = Chain(weights: (0..<10).map { _ in Tensor(repeating: 2, shape: [3]) })
        await withTaskGroup(of: [Float]?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    model.valueWithGradients { $0(Tensor(repeating: 1, shape: [3])).sum() }
                        .gradients[7]?.scalars
                }
            }
            for await scalars in group { #expect(scalars == [512, 512, 512]) }
        }
    }
}
