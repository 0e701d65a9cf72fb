import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Ten steps of each optimizer against PyTorch's.
struct OptimizerTests {
    struct Pair: Module {
        var matrix: Tensor
        var vector: Tensor

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            visitor.visit(&matrix, at: path / "matrix")
            visitor.visit(&vector, at: path / "vector")
        }
    }

    static let optimizers: [String: @Sendable () -> any Optimizer] = [
        "sgd": { SGD() },
        "momentum": {
            SGD(momentum: 0.9, weightDecay: 0.01, decayFilter: WeightDecay.everything)
        },
        "nesterov": { SGD(momentum: 0.9, nesterov: true) },
        "adam": { Adam(weightDecay: 0.02, decayFilter: WeightDecay.everything) },
        "adamw": { AdamW(beta2: 0.95, weightDecay: 0.1) },
    ]

    private static func step(
        _ model: inout Pair, _ optimizer: inout any Optimizer, _ golden: Golden, _ step: Int,
        rate: Float
    ) throws {
        let matrix = try golden("gradients/matrix").sliced(axis: 0, step..<(step + 1))
        let vector = try golden("gradients/vector").sliced(axis: 0, step..<(step + 1))
        // The gradient of Σ p · g is g.
        let (_, gradients) = model.valueWithGradients {
            ($0.matrix * matrix.reshaped([5, 3])).sum() + ($0.vector * vector.reshaped([37])).sum()
        }
        optimizer.update(&model, with: gradients, learningRate: rate)
    }

    private static func start(_ golden: Golden) throws -> Pair {
        Pair(matrix: try golden("start/matrix"), vector: try golden("start/vector"))
    }

    @Test(arguments: optimizers.keys.sorted())
    func matchesPyTorch(_ name: String) throws {
        let golden = try Golden("optimizers")
        let make = try #require(Self.optimizers[name])
        var optimizer = make()
        var model = try Self.start(golden)
        let rate: Float = name.hasPrefix("adam") ? 0.01 : 0.05
        for step in 0..<10 { try Self.step(&model, &optimizer, golden, step, rate: rate) }
        expectClose(model.matrix, try golden("\(name)/matrix"), "\(name) matrix", tolerance: 1e-6)
        expectClose(model.vector, try golden("\(name)/vector"), "\(name) vector", tolerance: 1e-6)
    }

    @Test(arguments: optimizers.keys.sorted())
    func resumesWithTheSameBits(_ name: String) throws {
        let golden = try Golden("optimizers")
        let make = try #require(Self.optimizers[name])
        var model = try Self.start(golden)
        var optimizer = make()
        for step in 0..<4 { try Self.step(&model, &optimizer, golden, step, rate: 0.01) }
        var resumed = make()
        try resumed.restore(optimizer.state, for: model)
        var other = model
        for step in 4..<10 {
            try Self.step(&model, &optimizer, golden, step, rate: 0.01)
            try Self.step(&other, &resumed, golden, step, rate: 0.01)
        }
        #expect(model.matrix.scalars == other.matrix.scalars)
        #expect(model.vector.scalars == other.vector.scalars)
    }

    @Test func aForeignStateIsRefused() throws {
        let golden = try Golden("optimizers")
        var model = try Self.start(golden)
        var optimizer: any Optimizer = AdamW()
        try Self.step(&model, &optimizer, golden, 0, rate: 0.01)
        var state = optimizer.state
        let names = state.tensors.map(\.name)
        #expect(
            names == [
                "firstMoment/matrix", "firstMoment/vector", "secondMoment/matrix",
                "secondMoment/vector",
            ])
        state.tensors[1].tensor = Tensor(zeros: [36])
        #expect(throws: NNError.self) { try optimizer.restore(state, for: model) }
        state.tensors.remove(at: 1)
        #expect(throws: NNError.self) { try optimizer.restore(state, for: model) }
        state.tensors.append(("firstMoment/vector", Tensor(zeros: [37])))
        state.tensors.append(("firstMoment/other", Tensor(zeros: [37])))
        #expect(throws: NNError.self) { try optimizer.restore(state, for: model) }
    }

    @Test func clippingScalesDownAndNeverUp() {
        let model = Pair(
            matrix: Tensor([3, 0], shape: [1, 2]), vector: Tensor([0, 4], shape: [2]))
        let (_, gradients) = model.valueWithGradients {
            ($0.matrix * $0.matrix).sum() * 0.5 + ($0.vector * $0.vector).sum() * 0.5
        }
        #expect(gradients.globalNorm() == 5)
        #expect(abs(gradients.clipScale(maxNorm: 1) - 0.2) < 1e-6)
        #expect(gradients.clipScale(maxNorm: 6) == 1)
        var (scaled, plain) = (model, model)
        var (first, second): (SGD, SGD) = (SGD(), SGD())
        first.update(&scaled, with: gradients, learningRate: 1, gradientScale: 0.5)
        second.update(&plain, with: gradients, learningRate: 0.5)
        #expect(scaled.matrix.scalars == plain.matrix.scalars)
        #expect(scaled.vector.scalars == [0, 2])
    }

    @Test func penaltiesAreTheirGradients() {
        let model = Pair(
            matrix: Tensor([3, -2], shape: [1, 2]), vector: Tensor([0, 4], shape: [2]))
        let penalty = Penalty(l1: 0.5, l2: 0.25)
        #expect(abs(penalty.value(of: model) - (0.5 * 5 + 0.125 * 13)) < 1e-9)
        var (_, gradients) = model.valueWithGradients { $0.matrix.sum() + $0.vector.sum() }
        penalty.add(to: &gradients, of: model)
        #expect(gradients["matrix"]?.scalars == [1 + 0.5 + 0.75, 1 - 0.5 - 0.5])
        #expect(gradients["vector"]?.scalars == [1, 1])
    }

    @Test func updatesMakeNoCopies() throws {
        let golden = try Golden("optimizers")
        var model = try Self.start(golden)
        var optimizer: any Optimizer = AdamW()
        try Self.step(&model, &optimizer, golden, 0, rate: 0.01)
        func address() -> [UnsafeRawPointer?] {
            model.parameters.map {
                $0.tensor.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
            }
        }
        let before = address()
        for step in 1..<4 { try Self.step(&model, &optimizer, golden, step, rate: 0.01) }
        #expect(address() == before)
    }
}
