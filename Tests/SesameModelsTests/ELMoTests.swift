import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

struct ELMoTests {
    static let configuration = ELMoConfig(
        vocabularySize: 9, characterSize: 3,
        filters: [.init(width: 1, count: 4), .init(width: 3, count: 5)], projectionSize: 6,
        hiddenSize: 7, cellClip: nil, projectionClip: nil, dropoutProbability: 0)
    static let sentences = [["the", "cat", "sat"], ["a"], [], ["on", "the", "mat", "é", "cat"]]

    static func model(_ seed: UInt64 = 1) throws -> ELMo {
        try ELMo(configuration: configuration, key: RandomKey(seed: seed))
    }

    private static func batch() -> (WordBatch, [Int32]) {
        let words = ["the", "cat", "sat", "a", "on", "mat"]
        let batch = WordBatch(
            sentences: [[0, 1, 2], [3], [4, 0, 5, 1]], maxWordBytes: 50
        ) { Array(words[$0].utf8) }
        return (batch, batch.numbers.map { Int32($0 + 1) })
    }

    @Test("Words are spelled once, between marks; sentences between their own words")
    func wordBatches() {
        let batch = WordBatch(sentences: [["ab", "c"], ["c"]], maxWordBytes: 1)
        #expect(batch.characters.shape == [4, 3])
        #expect(
            batch.characters.scalars == [257, 259, 258, 257, 260, 258, 257, 98, 258, 257, 100, 258])
        // Step by step: both beginnings; ab and c; c and the end; the end.
        #expect(batch.words.scalars == [0, 0, 2, 3, 3, 1, 1])
        #expect(batch.layout.rowCounts == [2, 2, 2, 1] && batch.wordLayout.rowCounts == [2, 1])
    }

    @Test("A vector is a function of its sentence alone")
    func vectorsArePure() throws {
        let model = try Self.model()
        let together = model.layers(of: Self.sentences)
        #expect(together.count == 3 && together.allSatisfy { $0.shape == [4, 5, 12] })
        #expect(model.layers(of: Self.sentences).map(\.scalars) == together.map(\.scalars))
        for (row, sentence) in Self.sentences.enumerated() {
            let alone = model.layers(of: [sentence])
            for (a, b) in zip(alone, together) {
                let whole = b.sliced(axis: 0, row..<(row + 1))
                let difference = difference(
                    a, from: whole.sliced(axis: 1, 0..<sentence.count), tolerance: 1e-6)
                #expect(difference == nil)
                #expect(
                    whole.sliced(axis: 1, sentence.count..<5).scalars.allSatisfy { $0 == 0 })
            }
        }
        // The lowest layer does not see the context, the others do.
        func cat(_ layer: Int, _ row: Int, _ place: Int) -> [Float] {
            together[layer].sliced(axis: 0, row..<(row + 1)).sliced(axis: 1, place..<(place + 1))
                .scalars
        }
        #expect(zip(cat(0, 0, 1), cat(0, 3, 4)).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(zip(cat(1, 0, 1), cat(1, 3, 4)).contains { abs($0 - $1) > 1e-3 })
    }

    @Test(
        "Forward states know nothing of what follows, backward states nothing of what comes before")
    func directions() throws {
        let model = try Self.model()
        let a = model.layers(of: [["one", "two", "three", "four"]])
        let b = model.layers(of: [["one", "two", "three", "five"]])
        let c = model.layers(of: [["six", "two", "three", "four"]])
        for layer in 1...2 {
            let forward = 0..<6
            let backward = 6..<12
            func part(_ x: [Tensor], _ time: Int, _ columns: Range<Int>) -> [Float] {
                x[layer].sliced(axis: 1, time..<(time + 1)).sliced(axis: 2, columns).scalars
            }
            #expect(part(a, 2, forward) == part(b, 2, forward))
            #expect(part(a, 2, backward) != part(b, 2, backward))
            #expect(part(a, 1, backward) == part(c, 1, backward))
            #expect(part(a, 1, forward) != part(c, 1, forward))
        }
    }

    @Test("Losses are those of the logits, boundaries included")
    func losses() throws {
        let model = try Self.model()
        let (batch, classes) = Self.batch()
        let loss = model.loss(batch, classes: classes, context: .evaluation())
        // 3 + 1 + 4 words and the boundary at the end of each sentence.
        #expect(loss.forward.scoredCount == 11 && loss.backward.scoredCount == 11)
        // The lone "a", class 4: its sentence begins as every other does.
        let one = WordBatch(sentences: [[3]], maxWordBytes: 50) { _ in Array("a".utf8) }
        let single = model.loss(one, classes: [4], context: .evaluation())
        #expect(single.forward.scoredCount == 2)
        // Log of the classes for a model without an opinion.
        var silent = model
        silent.updateParameters { path, tensor in
            if path.description.hasPrefix("output") { tensor.scale(by: 0) }
        }
        let flat = silent.loss(batch, classes: classes, context: .evaluation()).mean.scalar
        #expect(abs(flat - Float(10).logarithm) < 1e-5)
    }

    @Test("Sampling every class gives the whole softmax's loss and gradients")
    func samplingAll() throws {
        let model = try Self.model()
        let (batch, classes) = Self.batch()
        let order = (0..<10).map { Int32($0) }
        // Enough draws expect each class once, so that corrections vanish.
        let samples = SampledClasses(10, order: order, ranks: order, key: RandomKey(seed: 2))
        #expect(Set(samples.classes) == Set(order) && samples.drawCount >= 10)
        let (whole, gradients) = model.valueWithGradients {
            $0.loss(batch, classes: classes, context: .evaluation()).mean
        }
        var shifted = model
        // Biases that cancel the corrections.
        shifted.output.bias = Tensor(
            zip(model.output.bias?.scalars ?? [], order).map {
                $0 + samples.logExpectedCount(ofClass: $1)
            }, shape: [10])
        let (sampled, sampledGradients) = shifted.valueWithGradients {
            $0.sampledLoss(batch, classes: classes, samples: samples, context: .evaluation())
        }
        #expect(abs(whole - sampled) < 1e-5)
        for index in 0..<gradients.count {
            let (a, b) = (
                try #require(gradients[index]), try #require(sampledGradients[index])
            )
            #expect(difference(b, from: a, tolerance: 1e-5) == nil, "\(gradients.paths[index])")
        }
    }

    @Test("Expected counts are those of drawing until enough distinct classes are found")
    func expectedCounts() {
        let order = (0..<50).map { Int32($0) }
        var found = [Double](repeating: 0, count: 50)
        var expected = found
        for seed in 0..<400 {
            let samples = SampledClasses(
                12, order: order, ranks: order, key: RandomKey(seed: UInt64(seed)))
            for index in samples.classes { found[Int(index)] += 1 }
            for index in 0..<50 {
                expected[index] += Double(
                    samples.logExpectedCount(ofClass: Int32(index)).exponential)
            }
        }
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 0.25 * b + 15, "\(a), \(b)") }
    }

    @Test("Gradients equal central differences along a direction")
    func gradients() throws {
        let (batch, classes) = Self.batch()
        let order = (0..<10).map { Int32($0) }
        let samples = SampledClasses(4, order: order, ranks: order, key: RandomKey(seed: 2))
        let context = ForwardContext.evaluation()
        let losses: [@Sendable (ELMo) -> Tensor] = [
            { $0.loss(batch, classes: classes, context: context).mean },
            { $0.sampledLoss(batch, classes: classes, samples: samples, context: context) },
        ]
        for loss in losses {
            let model = try Self.model()
            let (_, gradients) = model.valueWithGradients { loss($0) }
            var slope = 0.0
            var (up, down) = (model, model)
            let step: Float = 1e-3
            for (i, (_, parameter)) in model.parameters.enumerated() {
                let direction = Tensor.uniform(
                    parameter.shape, in: -1.0..<1.0, key: RandomKey(seed: 9, stream: UInt64(i)))
                for (g, d) in zip(try #require(gradients[i]).scalars, direction.scalars) {
                    slope += Double(g) * Double(d)
                }
                func move(_ model: inout ELMo, _ factor: Float) {
                    var j = 0
                    model.updateParameters { _, tensor in
                        if j == i { tensor.add(scaled: factor, direction) }
                        j += 1
                    }
                }
                move(&up, step)
                move(&down, -step)
            }
            let measured = Double(loss(up).scalar - loss(down).scalar) / Double(2 * step)
            #expect(abs(measured - slope) < 5e-3 * (1 + abs(slope)), "\(measured) and \(slope)")
        }
    }

    @Test("Training lowers the loss; a folder gives back the same vectors")
    func trainingAndFolder() throws {
        var model = try Self.model()
        let (batch, classes) = Self.batch()
        var optimizer = Adam()
        var losses: [Float] = []
        for step in 0..<100 {
            let (loss, gradients) = model.valueWithGradients {
                $0.loss(batch, classes: classes, context: .training(seed: 1, step: step)).mean
            }
            losses.append(loss)
            optimizer.update(&model, with: gradients, learningRate: 0.01)
        }
        #expect(losses[99] < 0.5 * losses[0])
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("elmo-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.writeFiles(into: folder)
        let loaded = try ELMo.load(from: folder)
        #expect(loaded.configuration == Self.configuration)
        #expect(
            loaded.layers(of: Self.sentences).map(\.scalars)
                == model.layers(of: Self.sentences).map(\.scalars))
        #expect(try ModelFolder.summary(of: folder).modelType == "sesame-elmo")
    }

    @Test("A mix begins as the mean, and its gradients equal central differences")
    func mix() throws {
        let layers = (0..<3).map { Tensor.normal([2, 4], key: RandomKey(seed: UInt64($0))) }
        var mix = LayerMix(layerCount: 3)
        let mean = (layers[0] + layers[1] + layers[2]) * (1 / 3)
        #expect(
            difference(mix(layers, context: .evaluation()), from: mean, tolerance: 1e-6) == nil)
        mix.weights = Tensor([0.3, -0.2, 0.9], shape: [3])
        mix.scale = Tensor([1.5], shape: [1])
        let shares = mix.shares
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6 && shares[2] > shares[0])
        func value(_ mix: LayerMix) -> Tensor {
            let y = mix(layers, context: .evaluation())
            return (y * y).sum()
        }
        let (_, gradients) = mix.valueWithGradients(value)
        for index in 0..<3 {
            var (up, down) = (mix, mix)
            let unit = Tensor((0..<3).map { $0 == index ? 1 : 0 }, shape: [3])
            up.weights.add(scaled: 0.01, unit)
            down.weights.add(scaled: -0.01, unit)
            let slope = (value(up).scalar - value(down).scalar) / 0.02
            let found = try #require(gradients["weights"]).scalars[index]
            #expect(abs(slope - found) < 1e-2 * (1 + abs(found)))
        }
    }

    @Test("Bad sizes are refused by their key")
    func badConfigurations() {
        var bad = Self.configuration
        bad.filters = []
        #expect(throws: ModelError.self) { try bad.validate() }
        bad = Self.configuration
        bad.cellClip = -1
        #expect(throws: ModelError.self) { try bad.validate() }
        bad = Self.configuration
        bad.maxWordBytes = 0
        #expect(throws: ModelError.self) { try bad.validate() }
    }
}

extension Float {
    fileprivate var logarithm: Float { Float(Foundation.log(Double(self))) }
    fileprivate var exponential: Float { Float(Foundation.exp(Double(self))) }
}
