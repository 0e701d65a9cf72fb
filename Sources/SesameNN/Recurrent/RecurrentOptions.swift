import SesameTensor

/// The sizes and choices of a ``RecurrentNetwork``.
public struct RecurrentOptions: Codable, Sendable, Hashable {
    /// What a step does; the order of the gates is that of `RecurrentCell`, as in PyTorch.
    public var cell: RecurrentCell
    /// The size of the input's last axis.
    public var inputSize: Int
    /// The size of the state; of an LSTM with a projection that of c.
    public var hiddenSize: Int
    /// What an LSTM's h is projected to; nil for none.
    public var projectionSize: Int?
    /// How many layers are stacked.
    public var layerCount: Int
    /// Whether a second set of layers reads from the last token to the first.
    public var bidirectional: Bool
    /// Whether the two directions are stacks of their own, which see nothing of each other: a bidirectional
    /// language model. Otherwise a layer reads both directions of the layer below.
    public var independentDirections: Bool
    /// Whether a layer's input is added to its output, from the second layer on.
    public var residual: Bool
    /// The probability of dropping a value between two layers.
    public var dropout: Float
    /// Whether a sequence's dropout mask is the same at all its tokens (Gal & Ghahramani 2016,
    /// https://arxiv.org/abs/1512.05287).
    public var variationalDropout: Bool
    /// The bound of an LSTM's |c|; nil for none. Gradients of values that are cut off are 0.
    public var cellClip: Float?
    /// The bound of a projected |h|; nil for none.
    public var projectionClip: Float?

    /// Options whose defaults are PyTorch's.
    public init(
        cell: RecurrentCell, inputSize: Int, hiddenSize: Int, projectionSize: Int? = nil,
        layerCount: Int = 1, bidirectional: Bool = false, independentDirections: Bool = false,
        residual: Bool = false, dropout: Float = 0, variationalDropout: Bool = false,
        cellClip: Float? = nil, projectionClip: Float? = nil
    ) {
        self.cell = cell
        self.inputSize = inputSize
        self.hiddenSize = hiddenSize
        self.projectionSize = projectionSize
        self.layerCount = layerCount
        self.bidirectional = bidirectional
        self.independentDirections = independentDirections
        self.residual = residual
        self.dropout = dropout
        self.variationalDropout = variationalDropout
        self.cellClip = cellClip
        self.projectionClip = projectionClip
    }

    /// How many directions a layer has.
    public var directionCount: Int { bidirectional ? 2 : 1 }

    /// The size of one direction's h.
    public var directionSize: Int { projectionSize ?? hiddenSize }

    /// The size of the output's last axis: that of all directions, side by side.
    public var outputSize: Int { directionSize * directionCount }

    /// The size of what one direction of a layer reads.
    package func inputSize(ofLayer layer: Int) -> Int {
        layer == 0 ? inputSize : independentDirections ? directionSize : outputSize
    }
}
