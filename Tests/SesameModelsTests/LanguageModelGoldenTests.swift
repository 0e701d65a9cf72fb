import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Recurrent language models and Bengio's against PyTorch.
struct LanguageModelGoldenTests {
    /// Either kind of model, as one that carries a state.
    protocol Carrying: PretrainedModel {
        func score(
            _ ids: IDTensor, _ targets: IDTensor, _ state: RecurrentState?
        ) -> (loss: Tensor, state: RecurrentState?)
        func scores(
            _ ids: IDTensor, _ state: RecurrentState?
        ) -> (logits: Tensor, state: RecurrentState?)
    }

    static let recurrent: [(name: String, configuration: RNNConfig)] = [
        ("lstm", config(.lstm, 2)), ("lstm-tied", config(.lstm, 2, tied: true)),
        ("lstm-projection", config(.lstm, 2, projection: 8)), ("gru", config(.gru, 2)),
        ("rnn-tanh", config(.tanhRNN, 1, tied: true)),
    ]

    private static func config(
        _ cell: RecurrentCell, _ layers: Int, tied: Bool = false, projection: Int? = nil
    ) -> RNNConfig {
        RNNConfig(
            vocabularySize: 37, cell: cell, embeddingSize: tied ? 16 : 12, hiddenSize: 16,
            projectionSize: projection, layerCount: layers, tiesEmbeddings: tied)
    }

    static let bengio: [(name: String, configuration: NNLMConfig)] = [
        (
            "nnlm",
            NNLMConfig(vocabularySize: 37, contextLength: 3, embeddingSize: 12, hiddenSize: 16)
        ),
        (
            "nnlm-direct",
            NNLMConfig(
                vocabularySize: 37, contextLength: 4, embeddingSize: 12, hiddenSize: 16,
                hasDirectConnections: true)
        ),
    ]

    static let sgd = ["lstm", "gru", "rnn-tanh", "nnlm-direct"]

    @Test(arguments: InstructionSet.available)
    func matchPyTorch(on instructionSet: InstructionSet) async {
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try InstructionSet.use(named: name)
            for (model, configuration) in LanguageModelGoldenTests.recurrent {
                try LanguageModelGoldenTests.check(
                    model, on: name,
                    RNNLanguageModel(
                        configuration: configuration, key: RandomKey(seed: 1, stream: 0)))
            }
            for (model, configuration) in LanguageModelGoldenTests.bengio {
                try LanguageModelGoldenTests.check(
                    model, on: name,
                    NNLM(configuration: configuration, key: RandomKey(seed: 1, stream: 0)))
            }
        }
    }

    static func check(_ name: String, on set: String, _ fresh: some Carrying) throws {
        let golden = try Golden("language-models")
        let what = "\(set): \(name)"
        var model = fresh
        try model.loadCheckpoint(golden.group("\(name)/weight/"), from: "the goldens")
        func batches(_ kind: String) throws -> [IDTensor] {
            let all = try golden.ids("\(name)/\(kind)")
            let half = all.elementCount / 2
            return [0, 1].map {
                IDTensor(
                    Array(all.scalars[$0 * half..<($0 + 1) * half]),
                    shape: [all.shape[1], all.shape[2]])
            }
        }
        let (ids, targets) = (try batches("ids"), try batches("targets"))
        let before = model.scores(ids[0], nil).state?.detached()
        let (logits, after) = model.scores(ids[1], before)
        expectClose(logits, try golden("\(name)/logits"), "\(what) logits")
        for (kind, tensors) in [("hidden", after?.hidden), ("cell", after?.cell)] {
            guard let tensors, !tensors.isEmpty else { continue }
            let expected = try golden("\(name)/\(kind)")
            for (layer, tensor) in tensors.enumerated() {
                expectClose(
                    tensor,
                    expected.sliced(axis: 0, layer..<layer + 1).reshaped(tensor.shape),
                    "\(what) \(kind) \(layer)")
            }
        }
        let (value, gradients) = model.valueWithGradients {
            $0.score(ids[1], targets[1], before).loss
        }
        let expected = try golden("\(name)/loss").scalars[0]
        #expect(abs(value - expected) < 1e-5 * expected, "\(what) loss \(value)")
        let all = golden.group("\(name)/gradient/")
        #expect(gradients.paths.count == all.count)
        for (index, path) in gradients.paths.enumerated() {
            expectClose(
                try #require(gradients[index]), try #require(all["\(path)"]), "\(what) d\(path)")
        }

        // Ten steps over the two batches by turns, the state carried on.
        let (losses, norms) = (
            try golden("\(name)/curve").scalars, try golden("\(name)/norms").scalars
        )
        var adam = AdamW(weightDecay: 0)
        var descent = SGD()
        var state: RecurrentState?
        for step in 0..<10 {
            let (loss, next, gradients) = model.valueWithGradients {
                [state] model -> (loss: Tensor, extra: RecurrentState?) in
                let (loss, next) = model.score(ids[step % 2], targets[step % 2], state)
                return (loss, next?.detached())
            }
            state = next
            let norm = gradients.globalNorm()
            #expect(abs(loss - losses[step]) < 2e-5 * losses[step], "\(what) step \(step)")
            #expect(abs(norm - Double(norms[step])) < 1e-4 * norm, "\(what) step \(step)")
            let scale = Gradients.clipScale(norm: norm, maxNorm: 0.25)
            if sgd.contains(name) {
                descent.update(
                    &model, with: gradients, learningRate: 2, gradientScale: scale)
            } else {
                adam.update(
                    &model, with: gradients, learningRate: 1e-2, gradientScale: scale)
            }
        }
        let final = golden.group("\(name)/final/")
        for (path, tensor) in model.parameters {
            // Adam's quotient magnifies the rounding of gradients that are almost nothing.
            expectClose(
                tensor, try #require(final[path]), "\(what) \(path) after ten steps",
                tolerance: sgd.contains(name) ? 1e-5 : 1e-4)
        }
    }
}

extension RNNLanguageModel: LanguageModelGoldenTests.Carrying {
    func score(
        _ ids: IDTensor, _ targets: IDTensor, _ state: RecurrentState?
    ) -> (loss: Tensor, state: RecurrentState?) {
        let (loss, next) = loss(
            ids, targets: targets, state: state, context: .training(seed: 1, step: 0))
        return (loss.loss, next)
    }

    func scores(
        _ ids: IDTensor, _ state: RecurrentState?
    ) -> (logits: Tensor, state: RecurrentState?) {
        let (logits, next) = logits(ids, state: state, context: .evaluation())
        return (logits, next)
    }
}

extension NNLM: LanguageModelGoldenTests.Carrying {
    func score(
        _ ids: IDTensor, _ targets: IDTensor, _ state: RecurrentState?
    ) -> (loss: Tensor, state: RecurrentState?) {
        (loss(ids, targets: targets, context: .training(seed: 1, step: 0)).loss, nil)
    }

    func scores(
        _ ids: IDTensor, _ state: RecurrentState?
    ) -> (logits: Tensor, state: RecurrentState?) {
        (logits(ids, context: .evaluation()), nil)
    }
}
