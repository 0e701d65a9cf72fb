import SesameNN
import SesameTensor

/// Bengio's neural probabilistic language model: a network over the vectors of the last n − 1 tokens.
///
///     x = (C(w₁), …, C(wₙ₋₁))          the oldest first
///     logits = b + U tanh(d + H x)      and + W x with direct connections
///
/// W lies beside U in one matrix, so that both are one product. Where the text has fewer tokens so far, the vector of
/// "nothing", one more row of C, stands in.
///
/// Source: Bengio et al. 2003, A Neural Probabilistic Language Model, eq. 1,
/// https://www.jmlr.org/papers/v3/bengio03a.html.
public struct NNLM: OwnLayoutModel {
    /// The sizes and choices.
    public let configuration: NNLMConfig
    /// C, `[vocabulary + 1, embedding]`; the last row stands for nothing.
    public var tokenEmbedding: Embedding
    /// H and d: `[hidden, context · embedding]`.
    public var hiddenLayer: Linear
    /// U, with W on its right where there are direct connections, and b: `[vocabulary, hidden (+ context · embedding)]`.
    public var output: Linear
    private let dropoutLayer: Dropout

    /// A model with fresh weights: vectors normal with a deviation of 0.1, the rest as PyTorch draws linear maps.
    ///
    /// - Precondition: The configuration is valid; see ``NNLMConfig/validate()``.
    public init(_ configuration: NNLMConfig, key: RandomKey) {
        self.configuration = configuration
        tokenEmbedding = Embedding(
            count: configuration.vocabularySize + 1, size: configuration.embeddingSize,
            initializer: .normal(0.1), key: key.derived(0))
        hiddenLayer = Linear(
            inputSize: configuration.inputSize, outputSize: configuration.hiddenSize,
            initializer: .inverseRootInputs, key: key.derived(1))
        output = Linear(
            inputSize: configuration.hiddenSize
                + (configuration.hasDirectConnections ? configuration.inputSize : 0),
            outputSize: configuration.vocabularySize, initializer: .inverseRootInputs,
            key: key.derived(2))
        dropoutLayer = Dropout(configuration.dropoutProbability)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: NNLMConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(configuration, key: key)
    }

    /// `SesameNNLM`.
    public var architecture: String { "SesameNNLM" }

    /// What the logits are a linear map of: tanh(d + H x), and x behind it with direct connections.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`; nothing is before the first token of a row.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, features]`: at each token those for the next one.
    public func features(_ ids: IDTensor, context: ForwardContext) -> Tensor {
        precondition(ids.shape.count == 2, "ids are [batch, time], not \(ids.shape)")
        let (rows, time) = (ids.shape[0], ids.shape[1])
        let length = configuration.contextLength
        let nothing = Int32(configuration.vocabularySize)
        var windows = [Int32](repeating: nothing, count: rows * time * length)
        for row in 0..<rows {
            for position in 0..<time {
                let base = (row * time + position) * length
                for back in 0..<min(length, position + 1) {
                    windows[base + length - 1 - back] = ids.scalars[row * time + position - back]
                }
            }
        }
        let vectors = tokenEmbedding(
            IDTensor(windows, shape: [rows * time, length]), context: context)
        let x = dropoutLayer(
            vectors.reshaped([rows * time, configuration.inputSize]), context: context.site(0))
        var result = dropoutLayer(
            hiddenLayer(x, activation: .tanh, context: context), context: context.site(1))
        if configuration.hasDirectConnections { result = concatenated([result, x], axis: 1) }
        return result.reshaped([rows, time, result.shape.last])
    }

    /// The logits of the next token at each position, `[batch, time, vocabulary]`.
    public func logits(_ ids: IDTensor, context: ForwardContext) -> Tensor {
        output(features(ids, context: context), context: context)
    }

    /// The mean cross-entropy of the next tokens, in nats.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`.
    ///   - targets: The token that follows each position, `[batch, time]`; -100 is not scored.
    ///   - context: Gives precision, mode and key.
    public func loss(_ ids: IDTensor, targets: IDTensor, context: ForwardContext) -> ProjectedLoss {
        precondition(
            ids.shape == targets.shape, "ids have shape \(ids.shape), targets \(targets.shape)")
        return projectedCrossEntropy(
            hidden: features(ids, context: context), weight: output.weight, bias: output.bias,
            targets: targets, precision: context.precision)
    }

    /// Visits the parameters in a fixed order: C; H, d; U (and W), b.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        tokenEmbedding.visitParameters(&visitor, at: path / "tokenEmbedding")
        hiddenLayer.visitParameters(&visitor, at: path / "hidden")
        output.visitParameters(&visitor, at: path / "output")
    }
}

extension NNLM: TextContinuing {
    /// Continues a text; see ``TextContinuing``.
    public func generate(
        _ prompt: [Int32], count: Int, sampler: inout Sampler, stopIDs: Set<Int32> = [],
        precision: Precision = .float32, onToken: (Int32) throws -> Bool = { _ in true }
    ) throws -> [Int32] {
        guard !prompt.isEmpty else {
            throw ModelError(.input, "the prompt is empty, expected at least one token")
        }
        try InputCheck.ids(prompt, below: configuration.vocabularySize)
        let context = ForwardContext.evaluation(precision: precision)
        var window = Array(prompt.suffix(configuration.contextLength))
        var result: [Int32] = []
        while result.count < count {
            let states = features(IDTensor(window, shape: [1, window.count]), context: context)
                .reshaped([window.count, output.weight.shape[1]])
                .sliced(axis: 0, (window.count - 1)..<window.count)
            let token = output(states, context: context)
                .withUnsafeBufferPointer { sampler.next($0) }
            result.append(token)
            window.append(token)
            if window.count > configuration.contextLength { window.removeFirst() }
            guard try onToken(token), !stopIDs.contains(token) else { break }
        }
        return result
    }
}

extension NNLM: LayeredModule {
    /// The hidden layer; what is above it is the output.
    public var layerCount: Int { 1 }

    /// 0 for the token vectors, 1 for the hidden layer, 2 for the output.
    public func depth(of path: String) -> Int {
        path.contains("mbedding") ? 0 : path.contains("hidden") ? 1 : 2
    }
}
