import ArgumentParser
import Sesame

/// A whole training step and an inference forward of a language model, on random ids.
struct LanguageModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lm",
        abstract: "Times training steps and forward passes of language models.",
        discussion: "Example: sesame-bench lm --config nano --precision float32")

    @Option(help: "Which model: \(LanguageModelSize.allNames).")
    var config: LanguageModelSize = .nano

    @Option(help: "Precision of matrix products: float32 or bfloat16.")
    var precision: Precision = .float32

    @Option(help: "Probability of every dropout while training.")
    var dropout: Float = 0

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        guard (0..<1).contains(dropout) else {
            throw ValidationError("--dropout is \(dropout), expected from 0 up to but not 1")
        }
    }

    func run() throws {
        measurement.apply()
        let key = RandomKey(seed: 1, stream: 0)
        if config.causal {
            measure(GPT(config.gpt(dropout: dropout), key: key))
        } else {
            measure(MaskedModel(config, dropout: dropout, key: key))
        }
    }

    private func measure<Model: BenchmarkModel>(_ start: Model) {
        let (B, T, V) = (config.batchSize, config.time, config.vocabularySize)
        var generator = RandomGenerator(seed: 2)
        func randomIDs() -> IDTensor {
            IDTensor((0..<(B * T)).map { _ in Int32(generator.next(below: V)) }, shape: [B, T])
        }
        let (ids, targets) = (randomIDs(), randomIDs())
        var model = start
        var optimizer = AdamW(weightDecay: 0.01)
        var step = 0
        var lastLoss: Float = 0
        let training = measurement.times {
            let context = ForwardContext.training(seed: 3, step: step, precision: precision)
            let (loss, gradients) = model.valueWithGradients {
                $0.benchmarkLoss(ids, targets: targets, context: context)
            }
            optimizer.update(
                &model, with: gradients, learningRate: 3e-4,
                gradientScale: gradients.clipScale(maxNorm: 1))
            lastLoss = loss
            step += 1
        }
        report("train", training, "loss", Double(lastLoss))
        var sum = 0.0
        let inference = measurement.times {
            let states = model.benchmarkHidden(ids, context: .evaluation(precision: precision))
            sum += Double(states.withUnsafeBufferPointer { $0[$0.count - 1] })
        }
        report("infer", inference, "check", sum / Double(inference.count))
    }

    private func report(_ part: String, _ times: [Double], _ key: String, _ value: Double) {
        var line = MeasurementLine(
            name: "lm.\(config.rawValue).\(part)",
            amount: Double(config.batchSize * config.time), unit: "tokens/s", times: times)
        line.add("precision", text: precision.rawValue)
        line.add("batch", Double(config.batchSize))
        line.add("time", Double(config.time))
        line.add("dropout", Double(dropout))
        line.add(key, value)
        line.printed()
    }
}

/// The models that are timed; the same sizes as in the comparison with PyTorch.
enum LanguageModelSize: String, CaseIterable, ExpressibleByArgument {
    case nano, baby, gpt2s, bertmini, bertbase

    static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }

    var layerCount: Int {
        [.nano: 4, .baby: 6, .gpt2s: 12, .bertmini: 4, .bertbase: 12][self] ?? 0
    }
    var headCount: Int { self == .baby ? 6 : self == .nano || self == .bertmini ? 4 : 12 }
    var hiddenSize: Int {
        switch self {
        case .nano: 128
        case .baby: 384
        case .bertmini: 256
        case .gpt2s, .bertbase: 768
        }
    }
    var time: Int {
        switch self {
        case .nano: 64
        case .baby, .gpt2s: 256
        case .bertmini, .bertbase: 128
        }
    }
    var batchSize: Int {
        switch self {
        case .nano: 12
        case .baby: 8
        case .gpt2s: 1
        case .bertmini: 16
        case .bertbase: 2
        }
    }
    var vocabularySize: Int {
        switch self {
        case .nano, .baby: 65
        case .gpt2s: 50257
        case .bertmini, .bertbase: 30522
        }
    }
    var causal: Bool { self != .bertmini && self != .bertbase }

    func gpt(dropout: Float) -> GPTConfig {
        GPTConfig(
            vocabularySize: vocabularySize, maxSequenceLength: time, hiddenSize: hiddenSize,
            layerCount: layerCount, headCount: headCount, dropoutProbability: dropout)
    }
}

private protocol BenchmarkModel: Module {
    func benchmarkHidden(_ ids: IDTensor, context: ForwardContext) -> Tensor
    func benchmarkLoss(_ ids: IDTensor, targets: IDTensor, context: ForwardContext) -> Tensor
}

extension GPT: BenchmarkModel {
    fileprivate func benchmarkHidden(_ ids: IDTensor, context: ForwardContext) -> Tensor {
        hidden(ids, context: context)
    }

    fileprivate func benchmarkLoss(
        _ ids: IDTensor, targets: IDTensor, context: ForwardContext
    ) -> Tensor {
        loss(ids, targets: targets, context: context).loss
    }
}

/// The same block stack as ``GPT``, but not causal, and with 15 % of the positions scored.
private struct MaskedModel: BenchmarkModel {
    var tokenEmbedding: Embedding
    var positions: LearnedPositions
    var layers: [TransformerEncoderLayer]
    var norm: LayerNorm

    init(_ size: LanguageModelSize, dropout: Float, key: RandomKey) {
        let C = size.hiddenSize
        tokenEmbedding = Embedding(count: size.vocabularySize, size: C, key: key.derived(0))
        positions = LearnedPositions(
            maxSequenceLength: size.time, hiddenSize: C, key: key.derived(1))
        let options = TransformerLayerOptions(
            hiddenSize: C, headCount: size.headCount, feedForwardSize: 4 * C,
            activation: .geluTanh, norm: .pre, dropoutProbability: dropout,
            attentionDropoutProbability: dropout, initializer: .normal(0.02))
        layers = (0..<size.layerCount).map {
            TransformerEncoderLayer(options, key: key.derived(UInt64(2 + $0)))
        }
        norm = LayerNorm(size: C)
    }

    func benchmarkHidden(_ ids: IDTensor, context: ForwardContext) -> Tensor {
        var x = positions(tokenEmbedding(ids, context: context), context: context)
        for layer in layers { x = layer(x, context: context) }
        return norm(x, context: context)
    }

    func benchmarkLoss(_ ids: IDTensor, targets: IDTensor, context: ForwardContext) -> Tensor {
        let states = benchmarkHidden(ids, context: context)
        let rows = states.shape.leading
        let scored = rows * 15 / 100
        let picked = states.reshaped([rows, states.shape.last]).sliced(axis: 0, 0..<scored)
        return projectedCrossEntropy(
            hidden: picked, weight: tokenEmbedding.weight,
            targets: IDTensor(Array(targets.scalars.prefix(scored)), shape: [scored]),
            precision: context.precision
        ).loss
    }

    mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        tokenEmbedding.visitParameters(&visitor, at: path / "tokenEmbedding")
        positions.visitParameters(&visitor, at: path / "positions")
        for i in layers.indices {
            layers[i].visitParameters(&visitor, at: path / "layers" / i)
        }
        norm.visitParameters(&visitor, at: path / "norm")
    }
}
