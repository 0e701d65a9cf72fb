import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// The layers of recurrent and convolutional models against PyTorch, with every instruction set.
struct SequenceLayerTests {
    @Test(arguments: InstructionSet.available)
    func matchPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            for row in LayerCase.all { try row.check(place: name) }
        }
    }
}

/// A layer beside PyTorch's: one row of the table.
struct LayerCase: Sendable {
    let name: String
    let check: @Sendable (Golden, _ place: String) throws -> Void

    func check(place: String) throws {
        try check(Golden("sequence-layers"), "\(name) on \(place)")
    }

    /// A layer with fresh weights, which the golden's replace, and its outputs for the golden's inputs.
    init<Layer: Module>(
        _ name: String, _ layer: Layer,
        _ forward: @escaping @Sendable (Layer, _ inputs: [String: Tensor]) -> [Tensor]
    ) {
        self.name = name
        check = { golden, place in
            var layer = layer
            // Running statistics and the like may be left out.
            var weights = Dictionary(
                uniqueKeysWithValues: layer.parameters.map { ($0.path, $0.tensor) })
            weights.merge(golden.group("\(name)/weight/")) { $1 }
            try layer.load(weights)
            let upstream = golden.group("\(name)/upstream/")
            let expected = golden.group("\(name)/output/")
            let block = Inputs(layer: layer, inputs: golden.group("\(name)/input/"))
            let (_, outputs, gradients) = block.valueWithGradients { block in
                let outputs = forward(block.layer, block.inputs)
                var loss = Tensor(0)
                for (index, output) in outputs.enumerated() {
                    if let weight = upstream["\(index)"] { loss = loss + (output * weight).sum() }
                }
                return (loss, outputs.map { $0.detached() })
            }
            #expect(outputs.count == expected.count, "\(place)")
            for (index, output) in outputs.enumerated() {
                expectClose(output, try #require(expected["\(index)"]), "\(place): output \(index)")
            }
            let wanted = golden.group("\(name)/gradient/")
            for (path, value) in wanted {
                expectClose(
                    try #require(gradients[path] ?? gradients["inputs." + path], "\(path)"), value,
                    "\(place): d\(path)")
            }
            #expect(
                gradients.paths.indices.count { gradients[$0] != nil } == wanted.count, "\(place)")
        }
    }

    /// A layer and its inputs, so that the inputs have gradients too.
    private struct Inputs<Layer: Module>: Module {
        var layer: Layer
        var inputs: [String: Tensor]

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            layer.visitParameters(&visitor, at: path)
            for name in inputs.keys.sorted() {
                if var tensor = inputs[name] {
                    visitor.visit(&tensor, at: path / "inputs" / name)
                    inputs[name] = tensor
                }
            }
        }
    }
}

extension LayerCase {
    private static let key = RandomKey(seed: 1)
    private static let lengths = [5, 2, 3]

    static let all: [LayerCase] = attentions + others

    private static let others: [LayerCase] = [
        LayerCase(
            "conv1d", Conv1d(inputSize: 4, outputSize: 5, width: 3, padding: 2, key: key)
        ) { layer, inputs in
            inputs["x"].map { [layer($0, context: .evaluation())] } ?? []
        },
        LayerCase("highway", Highway(size: 6, layerCount: 2, key: key)) { layer, inputs in
            inputs["x"].map { [layer($0, context: .evaluation())] } ?? []
        },
        LayerCase("layerMix", LayerMix(layerCount: 3)) { layer, inputs in
            inputs["layers"].map { [layer($0, context: .evaluation())] } ?? []
        },
        LayerCase("batchNormTraining", BatchNorm(size: 5)) { layer, inputs in
            inputs["x"].map { [layer($0, context: .training(seed: 1, step: 0)).output] } ?? []
        },
    ]

    private static let attentions: [LayerCase] =
        [(StateAttention.Kind.dot, 6, 6, nil), (.bilinear, 6, 7, nil), (.additive, 6, 7, 9)].map {
            kind, querySize, keySize, size in
            LayerCase(
                kind.rawValue,
                StateAttention(
                    kind: kind, querySize: querySize, keySize: keySize, size: size, key: key)
            ) { layer, inputs in
                guard let query = inputs["query"], let states = inputs["states"] else { return [] }
                let result = layer(
                    query: query, states: states, lengths: lengths, context: .evaluation())
                return [result.context, result.weights]
            }
        }
}
