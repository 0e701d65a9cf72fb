import SesameNN
import SesameTensor

/// A recurrent language model: token vectors, a stack of RNN, GRU or LSTM layers, a softmax over the vocabulary.
///
///     logits = h · Wᵀ + b
///
/// with h the last layer's output and W a weight of its own or the token vectors. Dropout is applied to the token
/// vectors, between layers and to h. What came before a sequence is a `RecurrentState` that callers hand on.
///
/// Source: Mikolov et al. 2010, Recurrent neural network based language model; Zaremba et al. 2014, Recurrent
/// Neural Network Regularization, https://arxiv.org/abs/1409.2329; tied output: Press and Wolf 2017,
/// https://arxiv.org/abs/1608.05859.
public struct RNNLanguageModel: OwnLayoutModel {
    /// The sizes and choices.
    public let configuration: RNNConfig
    /// The token vectors, `[vocabulary, embedding]`.
    public var tokenEmbedding: Embedding
    /// The layers.
    public var network: RecurrentNetwork
    /// W, `[vocabulary, output]`; nil where it is the token vectors.
    public var outputWeight: Tensor?
    /// b, `[vocabulary]`.
    public var outputBias: Tensor

    /// A model with fresh weights: token vectors and W uniform within the configuration's bound, b zero, the
    /// layers as PyTorch draws them.
    ///
    /// - Precondition: The configuration is valid; see ``RNNConfig/validate()``.
    public init(_ configuration: RNNConfig, key: RandomKey) {
        self.configuration = configuration
        let initializer = Initializer.uniform(configuration.initializerBound)
        tokenEmbedding = Embedding(
            count: configuration.vocabularySize, size: configuration.embeddingSize,
            initializer: initializer, key: key.derived(0))
        network = RecurrentNetwork(configuration.networkOptions, key: key.derived(1))
        if !configuration.tiesEmbeddings {
            outputWeight = initializer(
                [configuration.vocabularySize, configuration.outputSize], key: key.derived(2))
        }
        outputBias = Tensor(zeros: [configuration.vocabularySize])
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: RNNConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(configuration, key: key)
    }

    /// `SesameRNNLanguageModel`.
    public var architecture: String { "SesameRNNLanguageModel" }

    /// The last layer's outputs and the state after them.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`.
    ///   - state: What came before each row; nil for the beginning of a text.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, output]`, after dropout.
    public func hidden(
        _ ids: IDTensor, state: RecurrentState? = nil, context: ForwardContext
    ) -> (states: Tensor, state: RecurrentState) {
        precondition(ids.shape.count == 2, "ids are [batch, time], not \(ids.shape)")
        let x = drop(tokenEmbedding(ids, context: context), context: context.site(0))
        let (output, next) = network(x, state: state, context: context.site(1))
        return (drop(output, context: context.site(2)), next)
    }

    /// The logits of the next token at each position, `[batch, time, vocabulary]`, and the state after the last.
    public func logits(
        _ ids: IDTensor, state: RecurrentState? = nil, context: ForwardContext
    ) -> (logits: Tensor, state: RecurrentState) {
        let (states, next) = hidden(ids, state: state, context: context)
        return (project(states, context: context), next)
    }

    /// The mean cross-entropy of the next tokens, in nats.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`.
    ///   - targets: The token that follows each position, `[batch, time]`; -100 is not scored.
    ///   - state: What came before each row; nil for the beginning of a text.
    ///   - context: Gives precision, mode and key.
    /// - Returns: The loss, and the state after the last tokens, through which gradients would flow until it is
    ///   `detached()`.
    public func loss(
        _ ids: IDTensor, targets: IDTensor, state: RecurrentState? = nil, context: ForwardContext
    ) -> (loss: ProjectedLoss, state: RecurrentState) {
        precondition(
            ids.shape == targets.shape, "ids have shape \(ids.shape), targets \(targets.shape)")
        let (states, next) = hidden(ids, state: state, context: context)
        let loss = projectedCrossEntropy(
            hidden: states, weight: outputWeight ?? tokenEmbedding.weight, bias: outputBias,
            targets: targets, precision: context.precision)
        return (loss, next)
    }

    private func project(_ states: Tensor, context: ForwardContext) -> Tensor {
        linear(
            states, weight: outputWeight ?? tokenEmbedding.weight, bias: outputBias,
            activation: .identity, residual: nil, precision: context.precision)
    }

    /// Dropout of `[batch, time, size]`, with one mask a row where it is variational.
    private func drop(_ x: Tensor, context: ForwardContext) -> Tensor {
        let probability = configuration.dropoutProbability
        guard context.training, probability > 0 else { return x }
        guard configuration.variationalDropout else {
            return dropout(x, probability: probability, key: context.key)
        }
        let (rows, time, size) = (x.shape[0], x.shape[1], x.shape[2])
        let mask = dropout(
            Tensor(repeating: 1, shape: [rows, size]), probability: probability, key: context.key)
        let places = (0..<rows * time).map { Int32($0 / time) }
        return x * mask.selectedRows(IDTensor(places, shape: [rows * time])).reshaped(x.shape)
    }

    /// Visits the parameters in a fixed order: token vectors, layers, output.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        tokenEmbedding.visitParameters(&visitor, at: path / "tokenEmbedding")
        network.visitParameters(&visitor, at: path)
        if var value = outputWeight.take() {
            visitor.visit(&value, at: path / "output.weight")
            outputWeight = value
        }
        visitor.visit(&outputBias, at: path / "output.bias")
    }
}

extension RNNLanguageModel: TextContinuing {
    /// Continues a text; see ``TextContinuing``. A step costs the same however long the text is.
    public func generate(
        _ prompt: [Int32], count: Int, sampler: inout Sampler, stopIDs: Set<Int32> = [],
        precision: Precision = .float32, onToken: (Int32) throws -> Bool = { _ in true }
    ) throws -> [Int32] {
        guard !prompt.isEmpty else {
            throw ModelError(.input, "the prompt is empty, expected at least one token")
        }
        try InputCheck.ids(prompt, below: configuration.vocabularySize)
        let context = ForwardContext.evaluation(precision: precision)
        var pending = prompt
        var state: RecurrentState?
        var result: [Int32] = []
        while result.count < count {
            let (states, next) = hidden(
                IDTensor(pending, shape: [1, pending.count]), state: state, context: context)
            state = next
            // Only the last token's output is projected.
            let last = states.reshaped([pending.count, states.shape.last])
                .sliced(axis: 0, (pending.count - 1)..<pending.count)
            let token = project(last, context: context)
                .withUnsafeBufferPointer { sampler.next($0) }
            result.append(token)
            pending = [token]
            guard try onToken(token), !stopIDs.contains(token) else { break }
        }
        return result
    }
}

extension RNNLanguageModel: LayeredModule {
    /// The number of recurrent layers.
    public var layerCount: Int { network.layers.count }
}
