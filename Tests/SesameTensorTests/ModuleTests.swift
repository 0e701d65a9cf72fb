import SesameTensor
import SesameTestSupport
import Testing

@Suite struct ModuleTests {
    private struct Pair: Module {
        var first = Tensor([1, 2], shape: [2])
        var second = Tensor([3, 4, 5], shape: [1, 3])

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            visitor.visit(&first, at: path / "first")
            visitor.visit(&second, at: path / "rest" / 0)
        }
    }

    @Test("Parameters are listed in order, with their paths")
    func parameters() {
        let parameters = Pair().parameters
        #expect(parameters.map(\.path) == ["first", "rest.0"])
        #expect(parameters.map(\.tensor.shape) == [[2], [1, 3]])
        #expect(Pair().parameterCount == 5)
    }

    @Test("Loading replaces all parameters")
    func load() throws {
        var pair = Pair()
        let copy = pair
        try pair.load([
            "first": Tensor([9, 8], shape: [2]), "rest.0": Tensor([7, 6, 5], shape: [1, 3]),
        ])
        #expect(pair.parameters.map(\.tensor.scalars) == [[9, 8], [7, 6, 5]])
        #expect(copy.first.scalars == [1, 2])
    }

    @Test("Loading names everything that does not fit, and changes nothing")
    func loadMismatch() {
        var pair = Pair()
        let error = #expect(throws: TensorError.self) {
            try pair.load(["second": Tensor(1), "rest.0": Tensor([7], shape: [1])])
        }
        #expect(error?.code == .parameterMismatch)
        #expect(
            error?.description
                == "parameters do not fit the module; missing: first; unexpected: second; "
                + "of another shape: rest.0 (expected [1, 3], found [1]); "
                + "check that configuration and weights belong together")
        #expect(pair.first.scalars == [1, 2])
    }

    @Test("Gradients add, scale and have a norm over all parameters")
    func gradients() {
        let pair = Pair()
        func gradients(_ factor: Float) -> Gradients {
            pair.valueWithGradients { $0.first.sum() * factor }.gradients
        }
        var sum = gradients(3)
        sum.add(gradients(1))
        #expect(sum["first"]?.scalars == [4, 4])
        #expect(sum["rest.0"] == nil)
        sum.add(pair.valueWithGradients { $0.second.sum() }.gradients)
        #expect(sum["rest.0"]?.scalars == [1, 1, 1])
        #expect(sum.globalNorm() == 35.0.squareRoot())
        sum.scale(by: 0.5)
        #expect(sum[0]?.scalars == [2, 2])
        #expect(sum.allFinite)
        sum[1]?.scale(by: .infinity)
        #expect(!sum.allFinite)
        #expect(sum[1]?.shape == [1, 3])
    }
}
