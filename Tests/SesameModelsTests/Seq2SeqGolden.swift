import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// A model that turns a sequence into another beside PyTorch's: what its goldens say of it, and what holds of every
/// such model.
struct Seq2SeqGolden<Model: Seq2SeqModel> {
    let name: String
    let golden: Golden
    let model: Model
    let epsilon: Float

    /// Lengths of the goldens' sources, and of their targets with the end.
    let lengths = [4, 2, 3]
    let targetLengths = [3, 5, 1]

    /// The model with the goldens' weights.
    ///
    /// - Parameter epsilon: AdamW's, in the goldens' ten steps. The gradient of a key's bias is 0 but for
    ///   rounding, which a small one would make steps of.
    init(_ name: String, of file: String, _ start: Model, epsilon: Float = 1e-8) throws {
        self.name = name
        self.epsilon = epsilon
        golden = try Golden(file)
        var model = start
        try model.loadCheckpoint(golden.group("\(name)/weight/"), from: "the goldens")
        self.model = model
    }

    func loss(
        _ model: Model, smoothing: Float, context: ForwardContext = .evaluation()
    ) throws -> ProjectedLoss {
        model.loss(
            try golden.ids("source"), sourceLengths: lengths, input: try golden.ids("input"),
            output: try golden.ids("output"), targetLengths: targetLengths,
            labelSmoothing: smoothing, context: context)
    }

    /// Losses with and without smoothing, and the gradients.
    func checkGradients(on set: String) throws {
        let (value, gradients) = try model.valueWithGradients {
            try loss($0, smoothing: 0.1).loss
        }
        let expected = try golden("\(name)/loss").scalar
        #expect(abs(value - expected) < 1e-5 * expected, "\(set), \(name): \(value)")
        let plain = try loss(model, smoothing: 0)
        #expect(plain.scoredCount == 9)
        let plainExpected = try golden("\(name)/plainLoss").scalar
        #expect(abs(plain.loss.scalar - plainExpected) < 1e-5 * plainExpected, "\(set), \(name)")
        let all = golden.group("\(name)/gradient/")
        #expect(all.count == gradients.paths.count)
        for index in gradients.paths.indices {
            let path = gradients.paths[index].description
            expectClose(
                try #require(gradients[index]), try #require(all[path]),
                "\(set), \(name): d\(path)")
        }
    }

    /// Ten steps of AdamW.
    func checkSteps(on set: String) throws {
        var model = model
        var optimizer = AdamW(beta2: 0.98, epsilon: epsilon, weightDecay: 0.1)
        for (step, expected) in try golden("\(name)/losses").scalars.enumerated() {
            let (value, gradients) = try model.valueWithGradients {
                try loss($0, smoothing: 0.1).loss
            }
            #expect(abs(value - expected) < 1e-5 * expected, "\(set), \(name), step \(step)")
            optimizer.update(&model, with: gradients, learningRate: 1e-2)
        }
        let trained = golden.group("\(name)/trained/")
        for (path, tensor) in model.parameters {
            expectClose(
                tensor, try #require(trained[path]), "\(set), \(name): \(path) after ten steps",
                tolerance: 1e-4)
        }
    }

    /// Step by step, with the rows in another order and repeated, a decoder gives what training gives.
    func checkDecoding(on set: String) throws {
        let decoder = model.decoder(precision: .float32)
        let input = try golden.ids("input")
        let (logits, weights) = (
            try golden("\(name)/logProbabilities"), try? golden("\(name)/attention")
        )
        var state = model.encoded(
            try golden.ids("source"), lengths: lengths, precision: .float32)
        var rows = [0, 1, 2]
        for time in 0..<5 {
            let step = decoder.next(rows.map { input.scalars[$0 * 5 + time] }, state: &state)
            for (place, row) in rows.enumerated() where time < targetLengths[row] {
                func at(_ tensor: Tensor) -> Tensor {
                    tensor.sliced(axis: 0, row..<row + 1).sliced(axis: 1, time..<time + 1)
                        .reshaped([tensor.shape.last])
                }
                func found(_ tensor: Tensor) -> Tensor {
                    tensor.sliced(axis: 0, place..<place + 1).reshaped([tensor.shape.last])
                }
                expectClose(
                    found(step.logProbabilities), at(logits), "\(set), \(name), time \(time)")
                #expect((step.attention == nil) == (weights == nil))
                if let weights, let attention = step.attention {
                    expectClose(found(attention), at(weights), "\(set), \(name), time \(time)")
                }
            }
            let order: [Int32] = time == 0 ? [2, 1, 1, 0, 1] : time == 1 ? [4, 3, 1] : [0, 1, 2]
            decoder.select(order, in: &state)
            rows = order.map { rows[Int($0)] }
        }
    }

    /// The same bits of loss and gradients, with dropout, at any thread count.
    func checkThreads() throws {
        try expectSameForEachThreadCount(name) {
            let context = ForwardContext.training(seed: 3, step: 2)
            let (value, gradients) = try model.valueWithGradients {
                try loss($0, smoothing: 0.1, context: context).loss
            }
            return [[value]] + gradients.paths.indices.map { gradients[$0]?.scalars ?? [] }
        }
    }

    func checkPadding() throws {
        func widened(_ ids: IDTensor, by count: Int, with filler: Int32) -> IDTensor {
            let width = ids.shape[1]
            return IDTensor(
                (0..<ids.shape[0]).map { row in
                    Array(ids.scalars[row * width..<(row + 1) * width])
                        + [Int32](repeating: filler, count: count)
                })
        }
        let expected = try loss(model, smoothing: 0.1).loss.scalar
        let found = model.loss(
            widened(try golden.ids("source"), by: 3, with: 7), sourceLengths: lengths,
            input: widened(try golden.ids("input"), by: 2, with: 5),
            output: widened(try golden.ids("output"), by: 2, with: -100),
            targetLengths: targetLengths, labelSmoothing: 0.1, context: .evaluation())
        #expect(abs(found.loss.scalar - expected) < 1e-6)
    }

    /// What a greedy search finds has the probability that teacher forcing gives it.
    func checkGreedySearch() throws {
        let source = try golden.ids("source")
        let found = beamSearch(
            with: model.decoder(precision: .float32),
            state: model.encoded(source, lengths: lengths, precision: .float32), startID: 1,
            maximumLengths: [6, 6, 6], options: .greedy(endID: 2), sourceLengths: lengths,
            keepsAttention: true)
        for (row, hypotheses) in found.enumerated() {
            let tokens = hypotheses[0].tokens
            #expect(hypotheses[0].attention.isEmpty == !model.hasAttention)
            let output = tokens + (hypotheses[0].isFinished ? [2] : [])
            guard !output.isEmpty else { continue }
            let input = [1] + output.dropLast()
            let width = source.shape[1]
            let loss = model.loss(
                IDTensor(
                    Array(source.scalars[row * width..<(row + 1) * width]), shape: [1, width]),
                sourceLengths: [lengths[row]], input: IDTensor([input]),
                output: IDTensor([output]), targetLengths: [output.count], labelSmoothing: 0,
                context: .evaluation())
            let sum = -Double(loss.loss.scalar) * Double(output.count)
            #expect(abs(sum - hypotheses[0].logProbability) < 1e-4)
        }
    }
}
