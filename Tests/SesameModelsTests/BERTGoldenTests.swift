import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// The whole BERT with both heads against Hugging Face's `BertForPreTraining`.
struct BERTGoldenTests {
    static let configuration = BERTConfig(
        vocabularySize: 61, maxSequenceLength: 16, hiddenSize: 32, layerCount: 2, headCount: 4,
        feedForwardSize: 64, dropoutProbability: 0)

    static func model(_ golden: Golden) throws -> BERTForPretraining {
        var model = BERTForPretraining(configuration, key: RandomKey(seed: 1, stream: 0))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        return model
    }

    static func batch(_ golden: Golden) throws -> BERTPretrainingBatch {
        BERTPretrainingBatch(
            ids: try golden.ids("ids"), typeIDs: try golden.ids("types"),
            mask: try golden.mask("mask"), labels: try golden.ids("labels"),
            nextSentence: try golden.ids("following"))
    }

    @Test(arguments: InstructionSet.available)
    func matchesTransformers(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            try BERTGoldenTests.wholeModelMatches(on: name)
            try BERTGoldenTests.layersMatchTransformers(on: name)
            try BERTGoldenTests.tenStepsMatchTransformers(on: name)
        }
    }

    static func wholeModelMatches(on instructionSet: String) throws {
        let golden = try Golden("bert")
        let model = try Self.model(golden)
        let batch = try Self.batch(golden)
        let context = ForwardContext.evaluation()
        let (hidden, pooled) = model.bert.encode(
            batch.ids, typeIDs: batch.typeIDs, mask: batch.mask, context: context)
        expectClose(hidden, try golden("hidden/2"), "\(instructionSet): hidden")
        expectClose(pooled, try golden("pooled"), "\(instructionSet): pooled")
        let logits = model.tokenLogits(hidden, rows: (0..<36).map { $0 }, context: context)
        expectClose(
            logits.reshaped([3, 12, 61]), try golden("logits"), "\(instructionSet): logits")
        let following = try #require(model.nextSentence)
        expectClose(
            following(pooled, context: context), try golden("following_logits"),
            "\(instructionSet): next sentence")

        let (value, loss, gradients) = model.valueWithGradients { model in
            let loss = model.loss(batch, context: context)
            return (loss: loss.total, extra: loss)
        }
        let masked = try golden("masked_loss").scalars[0]
        let followingLoss = try golden("following_loss").scalars[0]
        #expect(abs(loss.masked.loss.scalar - masked) < 1e-5 * masked)
        #expect(abs((loss.nextSentence?.scalar ?? 0) - followingLoss) < 1e-5)
        #expect(abs(value - masked - followingLoss) < 1e-5 * (masked + followingLoss))
        #expect(loss.masked.scoredCount == 6 && loss.nextSentenceCount == 3)
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

    static func layersMatchTransformers(on instructionSet: String) throws {
        let golden = try Golden("bert")
        let bert = try Self.model(golden).bert
        let batch = try Self.batch(golden)
        expectClose(
            bert.embed(batch.ids, typeIDs: batch.typeIDs, context: .evaluation()),
            try golden("hidden/0"), "\(instructionSet): embeddings")
        for i in 0..<2 {
            let x = try golden("hidden/\(i)")
            expectClose(
                bert.layers[i](x, keyMask: batch.mask, context: .evaluation()),
                try golden("hidden/\(i + 1)"), "\(instructionSet): layer \(i)")
        }
    }

    static func tenStepsMatchTransformers(on instructionSet: String) throws {
        let golden = try Golden("bert")
        let batch = try Self.batch(golden)
        let (losses, norms) = (try golden("curve").scalars, try golden("norms").scalars)
        var model = try Self.model(golden)
        var optimizer = AdamW(beta2: 0.95, weightDecay: 0.1)
        for step in 0..<10 {
            let (loss, gradients) = model.valueWithGradients {
                $0.loss(batch, context: .training(seed: 1, step: step)).total
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
}
