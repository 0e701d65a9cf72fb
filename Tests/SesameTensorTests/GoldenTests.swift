import Foundation
import SesameTensor
import SesameTestSupport
import Testing

/// Every operator against PyTorch, elementwise, gradients included.
@Suite struct GoldenTests {
    private static let goldens = Result<[String: Tensor], any Error> {
        let folder = Bundle.module.resourceURL ?? URL(fileURLWithPath: ".")
        return try ["operators", "sequence-operators"].reduce(into: [:]) { all, name in
            let file = folder.appendingPathComponent("Goldens/\(name).safetensors")
            all.merge(try SafeTensors.read(file)) { first, _ in first }
        }
    }

    @Test("Outputs and gradients equal PyTorch's", arguments: OperatorCase.all)
    func matchesPyTorch(_ operatorCase: OperatorCase) throws {
        let goldens = try GoldenTests.goldens.get()
        func all(_ kind: String) -> [Tensor] {
            var tensors: [Tensor] = []
            while let tensor = goldens["\(operatorCase.name).\(kind).\(tensors.count)"] {
                tensors.append(tensor)
            }
            return tensors
        }
        let inputs = all("input")
        #expect(inputs.map(\.shape) == operatorCase.shapes)
        let (outputs, gradients) = operatorCase.run(inputs, weights: all("weight"))
        expectEqual(outputs, all("output"), "\(operatorCase.name), output")
        expectEqual(gradients, all("gradient"), "\(operatorCase.name), gradient")
    }

    @Test("The goldens hold these cases and no others")
    func completeness() throws {
        let names = try GoldenTests.goldens.get().keys.compactMap { $0.split(separator: ".").first }
        #expect(Set(names.map(String.init)) == Set(OperatorCase.all.map(\.name)))
    }

    private func expectEqual(_ actual: [Tensor], _ expected: [Tensor], _ what: String) {
        #expect(actual.count == expected.count, "\(what)")
        for (index, (a, e)) in zip(actual, expected).enumerated() {
            let difference = difference(
                a.scalars, shape: a.shape, from: e.scalars, shape: e.shape, absolute: 1e-5,
                relative: 1e-5)
            #expect(difference == nil, "\(what) \(index)")
        }
    }
}
