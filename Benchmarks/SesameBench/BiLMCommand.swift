import ArgumentParser
import Sesame

/// A training step and a forward pass of a bidirectional LSTM language model: ELMo's trunk without characters.
struct BiLMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bilm",
        abstract: "Times training steps and forward passes of a bidirectional LSTM language model.",
        discussion: """
            Two layers a direction, the second with a residual; 32 sequences of 20 words, 10,000 words. A training step is
            the forward pass, both directions' losses over the whole vocabulary through one shared output layer, backward,
            clipping at norm 10 and Adam. Inference ends with the last layer's states.

            Example: sesame-bench bilm --hidden 512 --projection 128
            """)

    @Option(help: "Size of the LSTMs' cells.")
    var hidden = 512

    @Option(help: "Size of words and of the LSTMs' output; equal to --hidden means no projection.")
    var projection = 128

    @Option(help: "Precision of matrix products: float32 or bfloat16.")
    var precision: Precision = .float32

    @Flag(help: "Accepted for symmetry: every line is a JSON object.")
    var json = false

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        guard hidden > 0, projection > 0 else {
            throw ValidationError("--hidden \(hidden) and --projection \(projection) are above 0")
        }
    }

    func run() throws {
        measurement.apply()
        let (batch, time, vocabulary) = (32, 20, 10_000)
        var model = BiLanguageModel(
            vocabularySize: vocabulary, hiddenSize: hidden, projectionSize: projection)
        var optimizer = Adam()
        var generator = RandomGenerator(seed: 2)
        let ids = IDTensor(
            (0..<(batch * time)).map { _ in Int32(generator.next(below: vocabulary)) },
            shape: [batch, time])
        var lastLoss: Float = 0
        let training = measurement.times {
            let (loss, gradients) = model.valueWithGradients {
                $0.loss(ids, context: .evaluation(precision: precision))
            }
            optimizer.update(
                &model, with: gradients, learningRate: 1e-3,
                gradientScale: gradients.clipScale(maxNorm: 10))
            lastLoss = loss
        }
        report("train", batch * time, training, "loss", Double(lastLoss))
        var sum = 0.0
        let inference = measurement.times {
            let states = model.states(ids, context: .evaluation(precision: precision))
            sum += Double(states[0].withUnsafeBufferPointer { $0[$0.count - 1] })
        }
        report("infer", batch * time, inference, "check", sum / Double(inference.count))
    }

    private func report(
        _ part: String, _ words: Int, _ times: [Double], _ key: String, _ value: Double
    ) {
        var line = MeasurementLine(
            name: "bilm.\(part)", amount: Double(words), unit: "words/s", times: times)
        line.add("precision", text: precision.rawValue)
        line.add("hidden", Double(hidden))
        line.add("projection", Double(projection))
        line.add(key, value)
        line.printed()
    }
}

/// The model of Benchmarks/peers/pytorch_peer.py bilm.
private struct BiLanguageModel: Module {
    var embedding: Embedding
    var network: RecurrentNetwork
    var output: Linear

    init(vocabularySize: Int, hiddenSize: Int, projectionSize: Int) {
        let key = RandomKey(seed: 1)
        embedding = Embedding(
            count: vocabularySize, size: projectionSize, initializer: .normal(1),
            key: key.derived(0))
        network = RecurrentNetwork(
            RecurrentOptions(
                cell: .lstm, inputSize: projectionSize, hiddenSize: hiddenSize,
                projectionSize: projectionSize == hiddenSize ? nil : projectionSize, layerCount: 2,
                bidirectional: true, independentDirections: true, residual: true),
            key: key.derived(1))
        output = Linear(
            inputSize: projectionSize, outputSize: vocabularySize, initializer: .inverseRootInputs,
            key: key.derived(2))
    }

    /// The last layer's states, forward and backward, `[tokens, projection]`, time-major.
    func states(_ ids: IDTensor, context: ForwardContext) -> [Tensor] {
        let layout = TimeMajorLayout(batchSize: ids.shape[0], timeCount: ids.shape[1])
        let words = layout.places.scalars.map { ids.scalars[Int($0)] }
        let x = embedding(IDTensor(words, shape: [words.count]), context: context)
        return network.directionOutputs(packed: x, layout: layout, context: context).outputs[1]
    }

    /// The sum of both directions' mean losses.
    func loss(_ ids: IDTensor, context: ForwardContext) -> Tensor {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        // Row t of a direction's states predicts the next word in its direction.
        var targets: [Int32] = []
        for direction in [1, -1] {
            for t in 0..<time {
                let place = t + direction
                for row in 0..<batch {
                    targets.append(
                        (0..<time).contains(place) ? ids.scalars[row * time + place] : -100)
                }
            }
        }
        let result = projectedCrossEntropy(
            hidden: concatenated(states(ids, context: context), axis: 0), weight: output.weight,
            bias: output.bias, targets: IDTensor(targets, shape: [targets.count]),
            precision: context.precision)
        return result.loss * 2
    }

    mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        embedding.visitParameters(&visitor, at: path / "embedding")
        network.visitParameters(&visitor, at: path / "network")
        output.visitParameters(&visitor, at: path / "output")
    }
}
