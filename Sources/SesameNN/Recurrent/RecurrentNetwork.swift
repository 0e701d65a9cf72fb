import SesameTensor

/// A stack of recurrent layers: RNN, GRU or LSTM, in one direction or both.
///
/// A layer runs over the whole sequence in one operation (`recurrent(_:_:layout:cellClip:projectionClip:precision:)`),
/// on the tokens alone: padding costs nothing and changes nothing.
public struct RecurrentNetwork: Module {
    /// The layers, from the input on.
    public var layers: [RecurrentLayer]
    /// The sizes and choices.
    public let options: RecurrentOptions

    /// A network with fresh weights, all uniform in ±1/√hidden as PyTorch draws them.
    public init(_ options: RecurrentOptions, key: RandomKey) {
        precondition(
            options.inputSize > 0 && options.hiddenSize > 0 && options.layerCount > 0
                && (options.projectionSize ?? 1) > 0,
            "a recurrent network's sizes are above 0: \(options)")
        precondition(
            options.cell == .lstm
                || options.projectionSize == nil && options.cellClip == nil
                    && options.projectionClip == nil,
            "projection and clipping belong to an LSTM: \(options)")
        self.options = options
        layers = (0..<options.layerCount).map {
            RecurrentLayer(
                options, inputSize: options.inputSize(ofLayer: $0), key: key.derived(UInt64($0)))
        }
    }

    /// The size of the output's last axis.
    public var outputSize: Int { options.outputSize }

    /// Reads sequences.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, inputs]`.
    ///   - lengths: How many tokens of each row are not padding; nil for all.
    ///   - state: What came before; nil for zeros. Only of a network of one direction it makes sense to hand on the
    ///     state that an earlier call gave.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `output` is the last layer's h at each token, `[batch, time, outputs]`, the forward direction's and
    ///   then the backward direction's, and zeros at padding; `state` is that after the last token of each
    ///   row (of the backward direction after the first).
    public func callAsFunction(
        _ x: Tensor, lengths: [Int]? = nil, state: RecurrentState? = nil, context: ForwardContext
    ) -> (output: Tensor, state: RecurrentState) {
        let layout = layout(x, lengths)
        let (outputs, state) = run(layout.packed(x), layout, state, context)
        return (layout.padded(joined(outputs[outputs.count - 1])), state)
    }

    /// Reads sequences, and gives every layer's output.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, inputs]`.
    ///   - lengths: How many tokens of each row are not padding; nil for all.
    ///   - state: What came before; nil for zeros.
    ///   - context: Gives precision, mode and key.
    /// - Returns: One `[batch, time, outputs]` a layer, and the state, as in the other call.
    public func layerOutputs(
        _ x: Tensor, lengths: [Int]? = nil, state: RecurrentState? = nil, context: ForwardContext
    ) -> (outputs: [Tensor], state: RecurrentState) {
        let layout = layout(x, lengths)
        let (outputs, state) = run(layout.packed(x), layout, state, context)
        return (outputs.map { layout.padded(joined($0)) }, state)
    }

    /// Reads sequences whose tokens lie in a layout already, and gives every layer's output of every direction.
    ///
    /// - Parameters:
    ///   - x: `[tokens, inputs]`.
    ///   - layout: Where the tokens lie.
    ///   - state: What came before, in batch order; nil for zeros.
    ///   - context: Gives precision, mode and key.
    /// - Returns: For each layer and each direction of it `[tokens, size]`, and the state in batch order.
    public func directionOutputs(
        packed x: Tensor, layout: TimeMajorLayout, state: RecurrentState? = nil,
        context: ForwardContext
    ) -> (outputs: [[Tensor]], state: RecurrentState) {
        run(x, layout, state, context)
    }

    /// Visits the parameters layer by layer.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        for index in layers.indices {
            layers[index].visitParameters(&visitor, at: path / "layers" / index)
        }
    }

    private func layout(_ x: Tensor, _ lengths: [Int]?) -> TimeMajorLayout {
        precondition(
            x.shape.count == 3 && x.shape[2] == options.inputSize
                && (lengths == nil || lengths?.count == x.shape[0]),
            "expected [batch, time, \(options.inputSize)] and a length a row, found \(x.shape) and "
                + "\(lengths?.count ?? x.shape[0]) lengths")
        return lengths.map { TimeMajorLayout(lengths: $0, timeCount: x.shape[1]) }
            ?? TimeMajorLayout(batchSize: x.shape[0], timeCount: x.shape[1])
    }

    private func joined(_ directions: [Tensor]) -> Tensor {
        directions.count == 1 ? directions[0] : concatenated(directions, axis: 1)
    }

    private func run(
        _ x: Tensor, _ layout: TimeMajorLayout, _ state: RecurrentState?, _ context: ForwardContext
    ) -> (outputs: [[Tensor]], state: RecurrentState) {
        let count = options.directionCount
        precondition(
            state.map { $0.hidden.count == layers.count * count } ?? true,
            "a state has \(layers.count * count) tensors, not \(state?.hidden.count ?? 0)")
        var streams = [Tensor](repeating: x, count: count)
        var outputs: [[Tensor]] = []
        var final = RecurrentState(hidden: [])
        for (index, layer) in layers.enumerated() {
            let inputs = index == 0 ? streams : dropped(streams, layout, context.site(index))
            let passes = layer.directions.enumerated().map { direction, parameters in
                let place = index * count + direction
                return parameters.pass(
                    inputs[direction], reverse: direction == 1,
                    hidden: state.map { layout.ordered($0.hidden[place]) },
                    cell: state.flatMap {
                        $0.cell.isEmpty ? nil : layout.ordered($0.cell[place])
                    })
            }
            let results = recurrent(
                options.cell, passes, layout: layout, cellClip: options.cellClip,
                projectionClip: options.projectionClip, precision: context.precision)
            for result in results {
                final.hidden.append(layout.restored(result.hidden))
                if let cell = result.cell { final.cell.append(layout.restored(cell)) }
            }
            var layerOutputs = results.map(\.output)
            if options.independentDirections || count == 1 {
                if options.residual && index > 0 {
                    layerOutputs = zip(layerOutputs, streams).map { $0 + $1 }
                }
                streams = layerOutputs
            } else {
                var both = joined(layerOutputs)
                if options.residual && index > 0 {
                    both = both + streams[0]
                    layerOutputs = [both]
                }
                streams = [both, both]
            }
            outputs.append(layerOutputs)
        }
        return (outputs, final)
    }

    /// Dropout between two layers.
    private func dropped(
        _ streams: [Tensor], _ layout: TimeMajorLayout, _ context: ForwardContext
    ) -> [Tensor] {
        guard context.drops(options.dropout) else { return streams }
        func drop(_ x: Tensor, _ context: ForwardContext) -> Tensor {
            guard options.variationalDropout else {
                return dropout(x, probability: options.dropout, key: context.key)
            }
            let ones = Tensor(repeating: 1, shape: [layout.batchSize, x.shape.last])
            let mask = dropout(ones, probability: options.dropout, key: context.key)
            return x * mask.selectedRows(layout.rowsOfTokens)
        }
        guard options.independentDirections else {
            let shared = drop(streams[0], context)
            return streams.map { _ in shared }
        }
        return streams.enumerated().map { drop($1, context.site($0)) }
    }
}
