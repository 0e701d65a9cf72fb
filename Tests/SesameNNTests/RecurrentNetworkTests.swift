import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Stacks of recurrent layers against PyTorch's, and what must hold of any of them.
struct RecurrentNetworkTests {
    /// The cases of Goldens/make_recurrent_goldens.py.
    static let cases: [String: RecurrentOptions] = [
        "rnn_tanh": options(.tanhRNN, layerCount: 2, bidirectional: true),
        "rnn_relu": options(.reluRNN),
        "gru": options(.gru, layerCount: 2),
        "gru_bidirectional": options(.gru, bidirectional: true),
        "gru_reset_before": options(.gruResetBefore, layerCount: 2, bidirectional: true),
        "lstm": options(.lstm, layerCount: 2),
        "lstm_bidirectional": options(.lstm, layerCount: 2, bidirectional: true),
        "lstm_projected": options(
            .lstm, projectionSize: 3, layerCount: 2, bidirectional: true),
        "lstm_residual": options(.lstm, layerCount: 3, bidirectional: true, residual: true),
        "elmo": options(
            .lstm, projectionSize: 5, layerCount: 2, bidirectional: true, independent: true,
            residual: true, cellClip: 0.4, projectionClip: 0.2),
    ]
    static let lengths = [4, 6, 1, 5]

    static func options(
        _ cell: RecurrentCell, projectionSize: Int? = nil, layerCount: Int = 1,
        bidirectional: Bool = false, independent: Bool = false, residual: Bool = false,
        dropout: Float = 0, cellClip: Float? = nil, projectionClip: Float? = nil
    ) -> RecurrentOptions {
        RecurrentOptions(
            cell: cell, inputSize: 5, hiddenSize: 7, projectionSize: projectionSize,
            layerCount: layerCount, bidirectional: bidirectional,
            independentDirections: independent, residual: residual, dropout: dropout,
            cellClip: cellClip, projectionClip: projectionClip)
    }

    /// A network with its input and first state, so that these have gradients too.
    struct Block: Module {
        var network: RecurrentNetwork
        var x: Tensor
        var hidden: [Tensor]
        var cell: [Tensor]

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            network.visitParameters(&visitor, at: path)
            visitor.visit(&x, at: path / "x")
            for i in hidden.indices { visitor.visit(&hidden[i], at: path / "hidden" / i) }
            for i in cell.indices { visitor.visit(&cell[i], at: path / "cell" / i) }
        }
    }

    @Test(arguments: InstructionSet.available)
    func matchesPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            let golden = try Golden("recurrent")
            for (row, options) in RecurrentNetworkTests.cases {
                try RecurrentNetworkTests.forwardAndBackward(row, options, golden, on: name)
                try RecurrentNetworkTests.training(row, options, golden, on: name)
            }
        }
    }

    static func forwardAndBackward(
        _ row: String, _ options: RecurrentOptions, _ golden: Golden, on name: String
    ) throws {
        var network = RecurrentNetwork(options, key: RandomKey(seed: 1))
        try network.load(golden.group("\(row)/weight/"))
        let count = options.layerCount * options.directionCount
        let block = Block(
            network: network, x: try golden("\(row)/x"),
            hidden: try (0..<count).map { try golden("\(row)/state/hidden.\($0)") },
            cell: options.cell == .lstm
                ? try (0..<count).map { try golden("\(row)/state/cell.\($0)") } : [])
        let upstream = try golden("\(row)/upstream")
        let (_, found, gradients) = block.valueWithGradients { block in
            let (output, state) = block.network(
                block.x, lengths: lengths,
                state: RecurrentState(hidden: block.hidden, cell: block.cell),
                context: .evaluation())
            var loss = (output * upstream).sum()
            for tensor in state.hidden + state.cell { loss = loss + (tensor * tensor).sum() }
            return (loss, (output: output.detached(), state: state.detached()))
        }
        expectClose(found.output, try golden("\(row)/output"), "\(row) on \(name): output")
        for i in 0..<count {
            expectClose(
                found.state.hidden[i], try golden("\(row)/final/hidden.\(i)"),
                "\(row) on \(name): hidden \(i)")
        }
        for (i, cell) in found.state.cell.enumerated() {
            expectClose(
                cell, try golden("\(row)/final/cell.\(i)"), "\(row) on \(name): cell \(i)")
        }
        for (index, path) in gradients.paths.enumerated() {
            let isInput = path == "x" || path.hasPrefix("hidden") || path.hasPrefix("cell")
            expectClose(
                try #require(gradients[index], "\(row) on \(name): \(path)"),
                try golden("\(row)/\(isInput ? "gradient_of" : "gradient")/\(path)"),
                "\(row) on \(name): gradient of \(path)")
        }
    }

    static func training(
        _ row: String, _ options: RecurrentOptions, _ golden: Golden, on name: String
    ) throws {
        var network = RecurrentNetwork(options, key: RandomKey(seed: 1))
        try network.load(golden.group("\(row)/weight/"))
        let (x, target) = (try golden("\(row)/x"), try golden("\(row)/upstream"))
        var optimizer = Adam()
        var losses: [Float] = []
        for _ in 0..<10 {
            let (loss, gradients) = network.valueWithGradients { network in
                let (output, _) = network(x, lengths: lengths, context: .evaluation())
                return meanSquaredError(output, targets: target)
            }
            losses.append(loss)
            optimizer.update(&network, with: gradients, learningRate: 0.01)
        }
        expectClose(
            Tensor(losses, shape: [10]), try golden("\(row)/losses"), "\(row) on \(name): losses")
        for (path, tensor) in network.parameters {
            expectClose(
                tensor, try golden("\(row)/trained/\(path)"),
                "\(row) on \(name): \(path) after ten steps")
        }
    }

    private static func network(_ options: RecurrentOptions) -> RecurrentNetwork {
        RecurrentNetwork(options, key: RandomKey(seed: 3))
    }

    private static let x = Tensor.normal([4, 6, 5], key: RandomKey(seed: 4))

    @Test("More padding, and what lies in it, change no bit", arguments: cases.keys.sorted())
    func paddingChangesNothing(_ row: String) throws {
        var options = try #require(Self.cases[row])
        options.dropout = 0.3
        for variational in [false, true] {
            options.variationalDropout = variational
            let network = Self.network(options)
            let wide = concatenated(
                [Self.x, .normal([4, 3, 5], standardDeviation: 9, key: RandomKey(seed: 5))],
                axis: 1)
            func run(_ x: Tensor) -> (output: Tensor, state: RecurrentState, gradients: Gradients) {
                let (_, extra, gradients) = network.valueWithGradients {
                    let (output, state) = $0(
                        x, lengths: Self.lengths, context: .training(seed: 1, step: 2))
                    return (
                        (output * output).sum(),
                        (output: output.detached(), state: state.detached())
                    )
                }
                return (extra.output, extra.state, gradients)
            }
            let (a, b) = (run(Self.x), run(wide))
            #expect(a.output.scalars == b.output.sliced(axis: 1, 0..<6).scalars)
            #expect(b.output.sliced(axis: 1, 6..<9).scalars.allSatisfy { $0 == 0 })
            #expect(a.state.hidden.map(\.scalars) == b.state.hidden.map(\.scalars))
            #expect(a.state.cell.map(\.scalars) == b.state.cell.map(\.scalars))
            for index in 0..<a.gradients.count {
                #expect(a.gradients[index]?.scalars == b.gradients[index]?.scalars)
            }
        }
    }

    @Test("A sequence alone gives what it gives in a batch", arguments: cases.keys.sorted())
    func rowsAreIndependent(_ row: String) throws {
        let network = Self.network(try #require(Self.cases[row]))
        let whole = network(Self.x, lengths: Self.lengths, context: .evaluation())
        for (index, length) in Self.lengths.enumerated() {
            let one = Self.x.sliced(axis: 0, index..<(index + 1)).sliced(axis: 1, 0..<length)
            let alone = network(one, context: .evaluation())
            expectClose(
                alone.output,
                whole.output.sliced(axis: 0, index..<(index + 1)).sliced(axis: 1, 0..<length),
                "row \(index)", tolerance: 1e-6)
            for (a, b) in zip(alone.state.hidden, whole.state.hidden) {
                expectClose(a, b.sliced(axis: 0, index..<(index + 1)), "state", tolerance: 1e-6)
            }
        }
    }

    @Test(
        "Reading in pieces with a carried state equals reading at once",
        arguments: cases.keys.sorted())
    func carriedState(_ row: String) throws {
        var options = try #require(Self.cases[row])
        options.bidirectional = false
        options.independentDirections = false
        let network = Self.network(options)
        let whole = network(Self.x, context: .evaluation())
        var state: RecurrentState?
        for range in [0..<2, 2..<3, 3..<6] {
            let part = network(
                Self.x.sliced(axis: 1, range), state: state, context: .evaluation())
            expectClose(
                part.output, whole.output.sliced(axis: 1, range), "tokens \(range)",
                tolerance: 1e-6)
            state = part.state
        }
        let rows = IDTensor([2, 0, 0, 3, 1], shape: [5])
        let selected = try #require(state).selectedRows(rows)
        for (found, expected) in zip(
            selected.hidden + selected.cell, whole.state.hidden + whole.state.cell)
        {
            expectClose(found, expected.selectedRows(rows), "selected state", tolerance: 1e-6)
        }
    }

    @Test("Every layer's output is that of a network that ends there")
    func layerOutputs() {
        let options = Self.options(.lstm, layerCount: 3, bidirectional: true, residual: true)
        let network = Self.network(options)
        let (outputs, _) = network.layerOutputs(
            Self.x, lengths: Self.lengths, context: .evaluation())
        #expect(outputs.count == 3)
        for count in 1...3 {
            var shorter = options
            shorter.layerCount = count
            let end = Self.network(shorter)(Self.x, lengths: Self.lengths, context: .evaluation())
            #expect(end.output.scalars == outputs[count - 1].scalars)
        }
    }

    @Test("A variational mask is the same at every token, an ordinary one is not")
    func dropoutMasks() {
        var options = Self.options(.tanhRNN, layerCount: 2, dropout: 0.5)
        func zeros(_ variational: Bool) -> Bool {
            options.variationalDropout = variational
            var network = Self.network(options)
            // The second layer passes on what it reads; the first gives the same at every token.
            network.updateParameters { path, tensor in
                let place = path.description
                guard place.hasPrefix("layers.1"), place.hasSuffix("inputWeight") else {
                    tensor.scale(by: place.hasPrefix("layers.0.forward.inputBias") ? 1 : 0)
                    return
                }
                tensor = Tensor(
                    (0..<49).map { $0 % 8 == 0 ? 1 : 0 }, shape: [7, 7])
            }
            let y = network(Self.x, context: .training(seed: 3, step: 1)).output.scalars
            return (0..<4).allSatisfy { row in
                (1..<6).allSatisfy { time in
                    (0..<7).allSatisfy {
                        (y[(row * 6 + time) * 7 + $0] == 0) == (y[row * 42 + $0] == 0)
                    }
                }
            }
        }
        #expect(zeros(true))
        #expect(!zeros(false))
    }

    @Test("First values are uniform in ±1/√hidden, and named like this")
    func parameters() {
        let network = Self.network(
            Self.options(.lstm, projectionSize: 3, layerCount: 2, bidirectional: true))
        let parts = ["inputWeight", "recurrentWeight", "inputBias", "recurrentBias", "projection"]
        let paths = (0..<2).flatMap { layer in
            ["forward", "backward"].flatMap { direction in
                parts.map { "layers.\(layer).\(direction).\($0)" }
            }
        }
        #expect(network.parameters.map(\.path) == paths)
        let bound = 1 / Float(7).squareRoot()
        for (path, tensor) in network.parameters {
            let largest = tensor.scalars.reduce(0) { max($0, abs($1)) }
            #expect(largest <= bound && largest > 0.7 * bound, "\(path)")
        }
    }
}
