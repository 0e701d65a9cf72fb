import SesameTensor

/// The parameters of one direction of a recurrent layer, as `RecurrentCell` explains them.
public struct RecurrentDirection: Module {
    /// W, `[gates · hidden, inputs]`: PyTorch's `weight_ih`.
    public var inputWeight: Tensor
    /// U, `[gates · hidden, outputs]`: PyTorch's `weight_hh`.
    public var recurrentWeight: Tensor
    /// b, `[gates · hidden]`: PyTorch's `bias_ih`.
    public var inputBias: Tensor
    /// c, `[gates · hidden]`: PyTorch's `bias_hh`.
    public var recurrentBias: Tensor
    /// P, `[outputs, hidden]`: PyTorch's `weight_hr`; nil without a projection.
    public var projection: Tensor?

    /// Fresh parameters, all uniform in ±1/√hidden as PyTorch draws them.
    init(_ options: RecurrentOptions, inputSize: Int, key: RandomKey) {
        let rows = options.cell.gateCount * options.hiddenSize
        let initializer = Initializer.uniform(1 / Float(options.hiddenSize).squareRoot())
        inputWeight = initializer([rows, inputSize], key: key.derived(0))
        recurrentWeight = initializer([rows, options.directionSize], key: key.derived(1))
        inputBias = initializer([rows], key: key.derived(2))
        recurrentBias = initializer([rows], key: key.derived(3))
        projection = options.projectionSize.map {
            initializer([$0, options.hiddenSize], key: key.derived(4))
        }
    }

    /// Visits the parameters in PyTorch's order.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&inputWeight, at: path / "inputWeight")
        visitor.visit(&recurrentWeight, at: path / "recurrentWeight")
        visitor.visit(&inputBias, at: path / "inputBias")
        visitor.visit(&recurrentBias, at: path / "recurrentBias")
        if var value = projection.take() {
            visitor.visit(&value, at: path / "projection")
            projection = value
        }
    }

    func pass(_ x: Tensor, reverse: Bool, hidden: Tensor?, cell: Tensor?) -> RecurrentPass {
        RecurrentPass(
            x: x, inputWeight: inputWeight, recurrentWeight: recurrentWeight, inputBias: inputBias,
            recurrentBias: recurrentBias, projection: projection, reverse: reverse, hidden: hidden,
            cell: cell)
    }
}

/// The directions of a recurrent layer.
public struct RecurrentLayer: Module {
    /// From the first token to the last.
    public var forward: RecurrentDirection
    /// From the last token to the first; nil where the network has one direction.
    public var backward: RecurrentDirection?

    init(_ options: RecurrentOptions, inputSize: Int, key: RandomKey) {
        forward = RecurrentDirection(options, inputSize: inputSize, key: key.derived(0))
        if options.bidirectional {
            backward = RecurrentDirection(options, inputSize: inputSize, key: key.derived(1))
        }
    }

    /// Visits the parameters in a fixed order: forward, backward.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        forward.visitParameters(&visitor, at: path / "forward")
        if var value = backward.take() {
            value.visitParameters(&visitor, at: path / "backward")
            backward = value
        }
    }

    var directions: [RecurrentDirection] { [forward] + (backward.map { [$0] } ?? []) }
}
