import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// The whole GPT against Hugging Face's `GPT2LMHeadModel`.
struct GPTGoldenTests {
    static let configuration = GPTConfig(
        vocabularySize: 61, maxSequenceLength: 16, hiddenSize: 32, layerCount: 2, headCount: 4,
        dropoutProbability: 0)

    static func model(_ golden: Golden) throws -> GPT {
        var model = GPT(configuration, key: RandomKey(seed: 1, stream: 0))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        return model
    }

    @Test(arguments: InstructionSet.available)
    func matchesTransformers(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            try GPTGoldenTests.wholeModelMatches(on: name)
            try GPTGoldenTests.blocksMatchTransformers(on: name)
            try GPTGoldenTests.tenStepsMatchTransformers(on: name)
        }
    }

    static func wholeModelMatches(on instructionSet: String) throws {
        let golden = try Golden("gpt2")
        let model = try Self.model(golden)
        let ids = try golden.ids("ids")
        let targets = try golden.ids("targets")
        let context = ForwardContext.evaluation()
        let logits = model.logits(ids, context: context)
        expectClose(logits, try golden("logits"), "\(instructionSet): logits")
        let hidden = model.hidden(ids, context: context)
        expectClose(hidden, try golden("hidden/2"), "\(instructionSet): hidden")

        let (value, loss, gradients) = model.valueWithGradients { model in
            let loss = model.loss(ids, targets: targets, context: context)
            return (loss: loss.loss, extra: loss)
        }
        let expected = try golden("loss").scalars[0]
        #expect(abs(value - expected) < 1e-5 * expected, "\(instructionSet): \(value)")
        #expect(loss.scoredCount == targets.scalars.count { $0 != -100 })
        let found = model.checkpointLayout.external(
            gradients.paths.indices.compactMap { i in
                gradients[i].map { (gradients.paths[i], $0) }
            })
        let all = golden.group("gradient/")
        #expect(found.count == all.count)
        for (name, gradient) in found {
            expectClose(gradient, try #require(all[name]), "\(instructionSet): d\(name)")
        }
    }

    static func blocksMatchTransformers(on instructionSet: String) throws {
        let golden = try Golden("gpt2")
        let model = try Self.model(golden)
        var x = try golden("hidden/0")
        let ids = try golden.ids("ids")
        let embedded = model.positions(
            model.tokenEmbedding(ids, context: .evaluation()), context: .evaluation())
        expectClose(embedded, x, "\(instructionSet): embeddings")
        x = model.layers[0](x, context: .evaluation())
        expectClose(x, try golden("hidden/1"), "\(instructionSet): block 0")
        let last = model.layers[1](try golden("hidden/1"), context: .evaluation())
        expectClose(
            model.finalNorm(last, context: .evaluation()), try golden("hidden/2"),
            "\(instructionSet): block 1 and the final norm")
    }

    static func tenStepsMatchTransformers(on instructionSet: String) throws {
        let golden = try Golden("gpt2")
        let ids = try golden.ids("ids")
        let targets = try golden.ids("targets")
        let (losses, norms) = (try golden("curve").scalars, try golden("norms").scalars)
        var model = try Self.model(golden)
        var optimizer = AdamW(beta2: 0.95, weightDecay: 0.1)
        for step in 0..<10 {
            let (loss, gradients) = model.valueWithGradients {
                $0.loss(ids, targets: targets, context: .training(seed: 1, step: step)).loss
            }
            let norm = gradients.globalNorm()
            #expect(
                abs(loss - losses[step]) < 1e-5 * losses[step],
                "\(instructionSet): step \(step), loss \(loss), expected \(losses[step])")
            #expect(
                abs(norm - Double(norms[step])) < 3e-5 * norm,
                "\(instructionSet): step \(step), norm \(norm), expected \(norms[step])")
            optimizer.update(
                &model, with: gradients, learningRate: 1e-3,
                gradientScale: Gradients.clipScale(norm: norm, maxNorm: 1))
        }
    }

    @Test func bfloat16StaysClose() throws {
        let golden = try Golden("gpt2")
        let model = try Self.model(golden)
        let loss = model.loss(
            try golden.ids("ids"), targets: try golden.ids("targets"),
            context: .evaluation(precision: .bfloat16))
        #expect(abs(loss.loss.scalar - (try golden("loss")).scalars[0]) < 0.05)
    }
}
