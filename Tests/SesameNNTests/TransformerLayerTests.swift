import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// The layers against PyTorch's `nn.TransformerEncoderLayer` and `nn.TransformerDecoderLayer`.
struct TransformerLayerTests {
    struct Case: Sendable {
        let name: String
        let norm: NormPlacement
        let activation: Activation
        let decoder: Bool
    }

    static let cases = [
        Case(name: "encoder_post", norm: .post, activation: .gelu, decoder: false),
        Case(name: "encoder_pre", norm: .pre, activation: .geluTanh, decoder: false),
        Case(name: "encoder_relu", norm: .post, activation: .relu, decoder: false),
        Case(name: "decoder_post", norm: .post, activation: .gelu, decoder: true),
        Case(name: "decoder_pre", norm: .pre, activation: .gelu, decoder: true),
    ]

    @Test(arguments: InstructionSet.available)
    func matchesPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            for row in TransformerLayerTests.cases {
                try TransformerLayerTests.layerMatches(row, on: name)
            }
        }
    }

    static func layerMatches(_ row: Case, on instructionSet: String) throws {
        let golden = try Golden("layers")
        let options = TransformerLayerOptions(
            hiddenSize: 16, headCount: 2, feedForwardSize: 24, activation: row.activation,
            norm: row.norm)
        let key = RandomKey(seed: 1, stream: 0)
        let place = "\(row.name) on \(instructionSet)"
        let weights = renamed(golden.group("\(row.name)/weight/"), decoder: row.decoder)
        if row.decoder {
            var layer = TransformerDecoderLayer(options, crossAttention: true, key: key)
            try layer.load(weights)
            try check(Block(layer: layer), row, golden, place) { block, x, memory in
                block.layer(
                    x,
                    memory: block.layer.memory(
                        memory, mask: try golden.mask("memory_keep"), context: .evaluation()),
                    context: .evaluation())
            }
        } else {
            var layer = TransformerEncoderLayer(options, key: key)
            try layer.load(weights)
            try check(Block(layer: layer), row, golden, place) { block, x, _ in
                block.layer(x, keyMask: try golden.mask("keep"), context: .evaluation())
            }
        }
    }

    /// A layer and its inputs, so that the inputs have gradients too.
    struct Block<Layer: Module>: Module {
        var layer: Layer
        var x = Tensor(zeros: [])
        var memory = Tensor(zeros: [])

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            layer.visitParameters(&visitor, at: path / "layer")
            visitor.visit(&x, at: path / "x")
            visitor.visit(&memory, at: path / "memory")
        }
    }

    private static func check<Layer: Module>(
        _ start: Block<Layer>, _ row: Case, _ golden: Golden, _ place: String,
        _ forward: (Block<Layer>, Tensor, Tensor) throws -> Tensor
    ) throws {
        var block = start
        block.x = try golden("\(row.name)/x")
        if row.decoder { block.memory = try golden("\(row.name)/memory") }
        let upstream = try golden("\(row.name)/upstream")
        let (_, output, gradients) = try block.valueWithGradients { block in
            let y = try forward(block, block.x, block.memory)
            return (loss: (y * upstream).sum(), extra: y.detached())
        }
        expectClose(output, try golden("\(row.name)/output"), "\(place): output")
        expectClose(
            try #require(gradients["x"]), try golden("\(row.name)/gradient_of/x"), "\(place): dx")
        if row.decoder {
            expectClose(
                try #require(gradients["memory"]), try golden("\(row.name)/gradient_of/memory"),
                "\(place): dmemory")
        }
        let expected = renamed(golden.group("\(row.name)/gradient/"), decoder: row.decoder)
        for (path, value) in expected {
            expectClose(
                try #require(gradients["layer." + path], "\(path)"), value, "\(place): d\(path)")
        }
        // Every parameter, and x; without cross-attention nothing reaches the memory.
        #expect(
            gradients.paths.indices.count { gradients[$0] != nil } == expected.count
                + (row.decoder ? 2 : 1))
    }

    /// PyTorch's names turned into ours; its packed cross-attention becomes three maps.
    private static func renamed(_ tensors: [String: Tensor], decoder: Bool) -> [String: Tensor] {
        let names = [
            "self_attn.in_proj_": "attention.projection.",
            "self_attn.out_proj.": "attention.output.",
            "multihead_attn.out_proj.": "crossAttention.output.",
            "linear1.": "feedForward.inner.", "linear2.": "feedForward.outer.",
            "norm1.": "attentionNorm.",
            "norm2.": decoder ? "crossAttentionNorm." : "feedForwardNorm.",
            "norm3.": "feedForwardNorm.",
        ]
        var result: [String: Tensor] = [:]
        for (name, tensor) in tensors {
            let kind = name.hasSuffix("weight") ? "weight" : "bias"
            if name.hasPrefix("multihead_attn.in_proj_") {
                for (i, part) in ["query", "key", "value"].enumerated() {
                    result["crossAttention.\(part).\(kind)"] = tensor.sliced(
                        axis: 0, (i * 16)..<((i + 1) * 16))
                }
            } else if let (theirs, ours) = names.first(where: { name.hasPrefix($0.key) }) {
                result[ours + name.dropFirst(theirs.count)] = tensor
            }
        }
        return result
    }

    @Test(arguments: NormPlacement.allCases)
    func cachedDecodingMatchesWholeSequence(_ norm: NormPlacement) throws {
        let options = TransformerLayerOptions(
            hiddenSize: 24, headCount: 3, feedForwardSize: 48, norm: norm)
        let layer = TransformerDecoderLayer(options, key: RandomKey(seed: 3, stream: 0))
        let x = Tensor.normal(
            [2, 9, 24], mean: 0, standardDeviation: 1, key: RandomKey(seed: 4, stream: 0))
        let whole = layer(x, context: .evaluation())
        var cache = KeyValueCache(layerCount: 1, batchSize: 2, capacity: 12, hiddenSize: 24)
        for range in [0..<4, 4..<5, 5..<8, 8..<9] {
            let y = layer(
                x.sliced(axis: 1, range), cache: &cache, layer: 0, context: .evaluation())
            cache.advance(by: range.count)
            expectClose(y, whole.sliced(axis: 1, range), "tokens \(range)", tolerance: 2e-6)
        }
        #expect(cache.count == 9 && cache.room == 3)
    }

    /// A cache that grows, whose rows are put in another order, looking at sources of several lengths.
    @Test(arguments: NormPlacement.allCases)
    func aCacheGrowsAndItsRowsMove(_ norm: NormPlacement) throws {
        let options = TransformerLayerOptions(
            hiddenSize: 24, headCount: 3, feedForwardSize: 48, norm: norm)
        let layer = TransformerDecoderLayer(
            options, crossAttention: true, key: RandomKey(seed: 3, stream: 0))
        let x = Tensor.normal(
            [2, 9, 24], mean: 0, standardDeviation: 1, key: RandomKey(seed: 4, stream: 0))
        let sources = Tensor.normal(
            [1, 8, 24], mean: 0, standardDeviation: 1, key: RandomKey(seed: 5, stream: 0))
        let memory = try #require(
            layer.memory(sources, sequences: [0..<3, 3..<8], context: .evaluation()))
        let whole = layer(
            x.reshaped([1, 18, 24]), sequences: PackedSequences(lengths: [9, 9]), memory: memory,
            context: .evaluation()
        ).reshaped([2, 9, 24])
        var cache = KeyValueCache(layerCount: 1, batchSize: 2, capacity: 2, hiddenSize: 24)
        var rows: [Int32] = [0, 1]
        for time in 0..<9 {
            cache.makeRoom(for: 1)
            var memory = memory
            // Neighbouring rows of one source are its queries.
            let groups = rows == [0, 1] ? [0..<1, 1..<2] : [0..<2, 2..<3]
            memory.sequences = groups.map { rows[$0.lowerBound] == 0 ? 0..<3 : 3..<8 }
            let tokens = x.sliced(axis: 1, time..<time + 1).reshaped([2, 24])
                .selectedRows(IDTensor(rows, shape: [rows.count]))
            var shape: Shape?
            let y = layer(
                tokens.reshaped([rows.count, 1, 24]), cache: &cache, layer: 0, memory: memory,
                groups: groups, onWeights: { shape = $0.shape }, context: .evaluation())
            cache.advance(by: 1)
            #expect(shape == [2, 3, rows.count - 1, 5])
            let expected = whole.sliced(axis: 1, time..<time + 1).reshaped([2, 24])
                .selectedRows(IDTensor(rows, shape: [rows.count]))
            expectClose(
                y.reshaped([rows.count, 24]), expected, "token \(time)", tolerance: 2e-6)
            if time == 3 {
                cache.select([1, 1, 0])
                rows = [1, 1, 0]
            }
        }
        #expect(cache.count == 9 && cache.batchSize == 3 && cache.capacity == 16)
    }

    @Test func dropoutIsRepeatableAndOffInEvaluation() throws {
        let options = TransformerLayerOptions(
            hiddenSize: 16, headCount: 2, feedForwardSize: 32, norm: .pre, dropoutProbability: 0.3,
            attentionDropoutProbability: 0.3, activationDropoutProbability: 0.3)
        let layer = TransformerEncoderLayer(options, key: RandomKey(seed: 5, stream: 0))
        let x = Tensor.normal(
            [2, 8, 16], mean: 0, standardDeviation: 1, key: RandomKey(seed: 6, stream: 0))
        func run(_ context: ForwardContext) -> [Float] { layer(x, context: context).scalars }
        let first = run(.training(seed: 1, step: 7))
        #expect(first == run(.training(seed: 1, step: 7)))
        #expect(first != run(.training(seed: 1, step: 8)))
        #expect(first != run(.training(seed: 2, step: 7)))
        #expect(run(.evaluation()) == run(.evaluation()))
        #expect(first != run(.evaluation()))
    }

    @Test(arguments: NormPlacement.allCases)
    func dropoutGradientMatchesDifferences(_ norm: NormPlacement) throws {
        // Dropout takes the other way through the residual stream: the sum is part of the norm.
        let options = TransformerLayerOptions(
            hiddenSize: 8, headCount: 2, feedForwardSize: 16, norm: norm, dropoutProbability: 0.4,
            attentionDropoutProbability: 0.2, activationDropoutProbability: 0.3)
        let context = ForwardContext.training(seed: 11, step: 3)
        let layer = TransformerDecoderLayer(options, key: RandomKey(seed: 7, stream: 0))
        let x = Tensor.normal(
            [1, 5, 8], mean: 0, standardDeviation: 1, key: RandomKey(seed: 8, stream: 0))
        let weights = Tensor.normal(
            [1, 5, 8], mean: 0, standardDeviation: 1, key: RandomKey(seed: 9, stream: 0))
        let (_, gradients) = layer.valueWithGradients {
            ($0(x, context: context) * weights).sum()
        }
        // One random direction through all parameters, in central differences.
        var slope = 0.0
        var (up, down) = (layer, layer)
        var i = 0
        let step: Float = 2e-3
        for (_, parameter) in layer.parameters {
            let direction = Tensor.uniform(
                parameter.shape, in: -1.0..<1.0, key: RandomKey(seed: 10, stream: UInt64(i)))
            let gradient = try #require(gradients[i])
            for (g, d) in zip(gradient.scalars, direction.scalars) {
                slope += Double(g) * Double(d)
            }
            var j = 0
            up.updateParameters {
                if j == i { $1.add(scaled: step, direction) }; _ = $0; j += 1
            }
            j = 0
            down.updateParameters {
                if j == i { $1.add(scaled: -step, direction) }; _ = $0; j += 1
            }
            i += 1
        }
        func value(_ layer: TransformerDecoderLayer) -> Double {
            zip(layer(x, context: context).scalars, weights.scalars)
                .reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let measured = (value(up) - value(down)) / (2 * Double(step))
        #expect(abs(measured - slope) < 2e-3 * (1 + abs(slope)), "\(measured) and \(slope)")
    }
}
