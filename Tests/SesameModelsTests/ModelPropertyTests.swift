import SesameModels
import SesameNN
import SesameTensor
import Testing

/// What must hold of the models whatever their weights.
struct ModelPropertyTests {
    static let gpt = GPT(
        GPTConfig(
            vocabularySize: 50, maxSequenceLength: 24, hiddenSize: 48, layerCount: 2, headCount: 4,
            dropoutProbability: 0.1, initializerDeviation: 0.2),
        key: RandomKey(seed: 1, stream: 0))
    static let bert = BERT(
        BERTConfig(
            vocabularySize: 50, maxSequenceLength: 24, hiddenSize: 48, layerCount: 2, headCount: 4,
            feedForwardSize: 96, initializerDeviation: 0.2), key: RandomKey(seed: 2, stream: 0))

    static func ids(_ rows: Int, _ time: Int, seed: UInt64 = 3) -> IDTensor {
        var generator = RandomGenerator(seed: seed)
        return IDTensor(
            (0..<(rows * time)).map { _ in Int32(generator.next(below: 50)) }, shape: [rows, time])
    }

    @Test func theFutureIsHidden() {
        let ids = Self.ids(2, 16)
        var changed = ids.scalars
        changed[9] = (changed[9] + 1) % 50
        let before = Self.gpt.logits(ids, context: .evaluation())
        let after = Self.gpt.logits(
            IDTensor(changed, shape: [2, 16]), context: .evaluation())
        for t in 0..<16 {
            let same =
                before.sliced(axis: 1, t..<(t + 1)).scalars.prefix(50)
                == after.sliced(axis: 1, t..<(t + 1)).scalars.prefix(50)
            #expect(same == (t < 9), "position \(t)")
        }
        #expect(
            before.sliced(axis: 0, 1..<2).scalars == after.sliced(axis: 0, 1..<2).scalars,
            "the other text")
    }

    @Test func paddingChangesNoRealPosition() {
        // Three texts of 9, 5 and 12 tokens, alone and padded to 16 with different fillers.
        let lengths = [9, 5, 12]
        let text = Self.ids(3, 16).scalars
        for filler in [Int32(0), 7] {
            var padded = text
            for (b, length) in lengths.enumerated() {
                for t in length..<16 { padded[b * 16 + t] = filler }
            }
            let together = Self.bert.hidden(
                IDTensor(padded, shape: [3, 16]),
                mask: AttentionMask(lengths: lengths, keyCount: 16), context: .evaluation())
            for (b, length) in lengths.enumerated() {
                let alone = Self.bert.hidden(
                    IDTensor(Array(text[(b * 16)..<(b * 16 + length)]), shape: [1, length]),
                    context: .evaluation())
                let real = together.sliced(axis: 0, b..<(b + 1)).sliced(axis: 1, 0..<length)
                expectClose(real, alone, "text \(b), filler \(filler)", tolerance: 2e-6)
            }
        }
    }

    @Test func fillersAreNeverSeen() {
        let mask = AttentionMask(lengths: [9, 5], keyCount: 16)
        func run(_ filler: Int32) -> [Float] {
            var padded = Self.ids(2, 16).scalars
            for t in 9..<16 { padded[t] = filler }
            for t in 5..<16 { padded[16 + t] = filler }
            let x = Self.bert.hidden(
                IDTensor(padded, shape: [2, 16]), mask: mask, context: .evaluation())
            return x.sliced(axis: 0, 0..<1).sliced(axis: 1, 0..<9).scalars
                + x.sliced(axis: 0, 1..<2).sliced(axis: 1, 0..<5).scalars
        }
        #expect(run(0) == run(7))
    }

    @Test func cachedLogitsMatchWholeTexts() {
        let ids = Self.ids(2, 12)
        let whole = Self.gpt.logits(ids, context: .evaluation())
        var cache = Self.gpt.makeCache(batchSize: 2)
        var start = 0
        for count in [5, 1, 1, 3, 1, 1] {
            let part = (0..<2).flatMap { b in
                ids.scalars[(b * 12 + start)..<(b * 12 + start + count)]
            }
            let logits = Self.gpt.nextLogits(IDTensor(part, shape: [2, count]), cache: &cache)
            start += count
            let expected = whole.sliced(axis: 1, (start - 1)..<start).reshaped([2, 50])
            expectClose(logits, expected, "after \(start) tokens", tolerance: 5e-6)
        }
    }

    @Test func generationMatchesWithoutCache() throws {
        let prompt: [Int32] = [3, 14, 15, 9]
        var sampler = try Sampler(temperature: 0.8, topK: 20, topP: 0.95, seed: 5)
        var other = sampler
        let generated = try Self.gpt.generate(prompt, count: 20, sampler: &sampler)
        var text = prompt
        for _ in 0..<20 {
            let logits = Self.gpt.logits(
                IDTensor(text, shape: [1, text.count]), context: .evaluation())
            text.append(other.next(Array(logits.scalars.suffix(50))))
        }
        #expect(generated == Array(text.dropFirst(4)))
    }

    @Test func generationGoesOnBeyondTheContext() throws {
        var sampler = try Sampler(seed: 5)
        var seen: [Int32] = []
        let generated = try Self.gpt.generate([1, 2, 3], count: 60, sampler: &sampler) {
            seen.append($0)
            return true
        }
        #expect(generated.count == 60 && seen == generated)
        // When 24 positions are in use, the last 12 tokens are read again: the 25th of the text is predicted
        // from tokens 12 to 23.
        var replayed = try Sampler(seed: 5)
        var text: [Int32] = [1, 2, 3]
        var start = 0
        for _ in 0..<60 {
            if text.count - start > 24 { start = text.count - 12 }
            let logits = Self.gpt.logits(
                IDTensor(Array(text[start...]), shape: [1, text.count - start]),
                context: .evaluation())
            text.append(replayed.next(Array(logits.scalars.suffix(50))))
        }
        #expect(generated == Array(text.dropFirst(3)))
        // A prompt beyond the context is cut from the left.
        var (first, second) = (Sampler.greedy, Sampler.greedy)
        let long = (0..<40).map { Int32($0) }
        let a = try Self.gpt.generate(long, count: 1, sampler: &first)
        let b = try Self.gpt.generate(Array(long.suffix(24)), count: 1, sampler: &second)
        #expect(a == b)
    }

    @Test func generationStops() throws {
        var sampler = Sampler.greedy
        let free = try Self.gpt.generate([1], count: 8, sampler: &sampler)
        let stopped = try Self.gpt.generate([1], count: 8, sampler: &sampler, stopIDs: [free[3]])
        let end = try #require(free.firstIndex(of: free[3]))
        #expect(stopped == Array(free[...end]))
        let interrupted = try Self.gpt.generate([1], count: 8, sampler: &sampler) { _ in false }
        #expect(interrupted == [free[0]])
        #expect(throws: ModelError.self) {
            try Self.gpt.generate([], count: 1, sampler: &sampler)
        }
        #expect(throws: ModelError.self) {
            try Self.gpt.generate([1, 50], count: 1, sampler: &sampler)
        }
    }

    @Test func sameSeedSameModel() {
        let again = GPT(Self.gpt.configuration, key: RandomKey(seed: 1, stream: 0))
        let other = GPT(Self.gpt.configuration, key: RandomKey(seed: 2, stream: 0))
        for ((a, b), c) in zip(zip(Self.gpt.parameters, again.parameters), other.parameters) {
            #expect(a.tensor.scalars == b.tensor.scalars, "\(a.path)")
            #expect(
                a.tensor.shape.count < 2 || a.tensor.scalars != c.tensor.scalars, "\(a.path)")
        }
    }

    @Test func freshGPTHasGPT2sDeviations() {
        let model = GPT(.baby(vocabularySize: 500), key: RandomKey(seed: 1, stream: 0))
        for (path, tensor) in model.parameters where tensor.shape.count == 2 {
            let values = tensor.scalars.map(Double.init)
            let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
            let residual = path.hasSuffix("output.weight") || path.hasSuffix("outer.weight")
            let expected = residual ? 0.02 / 12.0.squareRoot() : 0.02
            #expect(abs(deviation / expected - 1) < 0.02, "\(path): \(deviation)")
        }
        // 500 · 384 + 256 · 384 + 6 · (12 · 384² + 13 · 384) + 2 · 384.
        #expect(model.parameterCount == 10_937_856)
    }

    @Test func trainingHasTheSameBitsOnAnyThreadCount() async {
        await #expect(processExitsWith: .success) { try ModelPropertyTests.compareThreadCounts() }
    }

    static func compareThreadCounts() throws {
        let ids = Self.ids(3, 20)
        let targets = Self.ids(3, 20, seed: 4)
        for precision in Precision.allCases {
            try expectSameForEachThreadCount("a GPT's training in \(precision)") {
                var model = Self.gpt
                var optimizer = AdamW()
                for step in 0..<3 {
                    let context = ForwardContext.training(
                        seed: 1, step: step, precision: precision)
                    let (_, gradients) = model.valueWithGradients {
                        $0.loss(ids, targets: targets, context: context).loss
                    }
                    optimizer.update(
                        &model, with: gradients, learningRate: 1e-2,
                        gradientScale: gradients.clipScale(maxNorm: 1))
                }
                return model.parameters.map(\.tensor.scalars)
            }
        }
        let mask = AttentionMask(lengths: [20, 13, 7], keyCount: 20)
        let classifier = SequenceClassifier(
            bert: Self.bert, head: .classification(labels: ["a", "b"]),
            key: RandomKey(seed: 5, stream: 0))
        try expectSameForEachThreadCount("a BERT's gradients") {
            let (_, gradients) = classifier.valueWithGradients {
                $0.loss(
                    ids, mask: mask, targets: .labels(IDTensor([0, 1, 1], shape: [3])),
                    context: .training(seed: 1, step: 0)
                ).loss
            }
            return gradients.paths.indices.map { gradients[$0]?.scalars ?? [] }
        }
    }

    @Test func classifiersReadTheRightState() throws {
        let ids = Self.ids(2, 12)
        let mask = AttentionMask(lengths: [12, 7], keyCount: 12)
        var onGPT = SequenceClassifier(
            gpt: Self.gpt, head: .classification(labels: ["x", "y", "z"]),
            key: RandomKey(seed: 6, stream: 0))
        let short = IDTensor(Array(ids.scalars[12..<19]), shape: [1, 7])
        let logits = onGPT.logits(ids, mask: mask, context: .evaluation())
        expectClose(
            logits.sliced(axis: 0, 1..<2), onGPT.logits(short, context: .evaluation()),
            "GPT, padded", tolerance: 5e-6)
        let onBERT = SequenceClassifier(
            bert: Self.bert, head: .classification(labels: ["x", "y"]),
            key: RandomKey(seed: 6, stream: 0))
        expectClose(
            onBERT.logits(ids, mask: mask, context: .evaluation()).sliced(axis: 0, 1..<2),
            onBERT.logits(short, context: .evaluation()), "BERT, padded", tolerance: 5e-6)
        let chances = onBERT.probabilities(ids, mask: mask).scalars
        #expect(abs(chances[0] + chances[1] - 1) < 1e-6)
        // A few steps separate two texts.
        var optimizer = AdamW()
        var last: Float = 0
        for step in 0..<30 {
            let (loss, gradients) = onGPT.valueWithGradients {
                $0.loss(
                    ids, mask: mask, targets: .labels(IDTensor([0, 2], shape: [2])),
                    context: .training(seed: 2, step: step)
                ).loss
            }
            last = loss
            optimizer.update(&onGPT, with: gradients, learningRate: 1e-3)
        }
        #expect(last < 0.1)
    }

    @Test func fillMaskRanksAllTokens() throws {
        let model = BERTForPretraining(
            Self.bert.configuration, key: RandomKey(seed: 7, stream: 0))
        let ids: [Int32] = [1, 4, 9, 4, 2]
        let filled = try model.fillMask(ids, maskID: 4, count: 50)
        #expect(filled.map(\.position) == [1, 3])
        for (_, predictions) in filled {
            #expect(predictions.count == 50 && Set(predictions.map(\.id)).count == 50)
            #expect(abs(predictions.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
            #expect(
                zip(predictions, predictions.dropFirst()).allSatisfy {
                    $0.probability >= $1.probability
                })
        }
        let few = try model.fillMask(ids, maskID: 4, count: 3)
        #expect(few[0].predictions == Array(filled[0].predictions.prefix(3)))
        #expect(try model.fillMask(ids, maskID: 3).isEmpty)
        #expect(throws: ModelError.self) { try model.fillMask([1, 50], maskID: 4) }
        #expect(throws: ModelError.self) {
            try model.fillMask([Int32](repeating: 4, count: 25), maskID: 4)
        }
    }
}
