import CSesameKernels

/// The cell of a recurrent layer: what one step does.
///
/// x is the input, h the state before the step; W, b are the input's weight and bias, U, c the state's. The
/// rows of W, U, b and c are those of the gates, one after the other in the order given here.
public enum RecurrentCell: String, Codable, Sendable, Hashable, CaseIterable {
    /// Elman's: h' = tanh(W x + b + U h + c).
    ///
    /// Source: Elman 1990, Finding Structure in Time.
    case tanhRNN = "rnn-tanh"

    /// h' = max(W x + b + U h + c, 0).
    case reluRNN = "rnn-relu"

    /// The gated recurrent unit as PyTorch and cuDNN compute it, with the reset after the product. Gates r, z, n:
    ///
    ///     r = σ(Wr x + br + Ur h + cr)      z = σ(Wz x + bz + Uz h + cz)
    ///     n = tanh(Wn x + bn + r ∘ (Un h + cn))      h' = (1 - z) ∘ n + z ∘ h
    ///
    /// Source: Cho et al. 2014, version 1 of https://arxiv.org/abs/1406.1078.
    case gru

    /// The gated recurrent unit with the reset before the product: n = tanh(Wn x + bn + Un (r ∘ h) + cn), and the
    /// rest as in ``gru``.
    ///
    /// Source: Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder,
    /// https://arxiv.org/abs/1406.1078, eq. 5 to 8.
    case gruResetBefore = "gru-reset-before"

    /// Long short-term memory with a forget gate. Gates i, f, g, o:
    ///
    ///     i = σ(Wi x + bi + Ui h + ci)      f = σ(Wf x + bf + Uf h + cf)
    ///     g = tanh(Wg x + bg + Ug h + cg)   o = σ(Wo x + bo + Uo h + co)
    ///     c' = f ∘ c + i ∘ g                h' = o ∘ tanh(c')
    ///
    /// With a projection P, h' = P (o ∘ tanh(c')).
    ///
    /// Source: Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000, Learning to Forget;
    /// projection: Sak et al. 2014, https://arxiv.org/abs/1402.1128.
    case lstm

    /// How many blocks of `hidden` rows the weights have.
    public var gateCount: Int {
        switch self {
        case .tanhRNN, .reluRNN: 1
        case .gru, .gruResetBefore: 3
        case .lstm: 4
        }
    }

    fileprivate var kernel: sesame_cell {
        switch self {
        case .tanhRNN: SESAME_CELL_TANH
        case .reluRNN: SESAME_CELL_RELU
        case .gru: SESAME_CELL_GRU
        case .gruResetBefore: SESAME_CELL_GRU_RESET_BEFORE
        case .lstm: SESAME_CELL_LSTM
        }
    }

    fileprivate var isSimple: Bool { gateCount == 1 }
}

/// One pass of a recurrent layer over a batch, in one direction.
public struct RecurrentPass: Sendable {
    /// `[tokens, inputs]`, laid out by a ``TimeMajorLayout``.
    public var x: Tensor
    /// W: `[gates · hidden, inputs]`.
    public var inputWeight: Tensor
    /// U: `[gates · hidden, outputs]`.
    public var recurrentWeight: Tensor
    /// b: `[gates · hidden]`.
    public var inputBias: Tensor
    /// c: `[gates · hidden]`.
    public var recurrentBias: Tensor
    /// P: `[outputs, hidden]`; of an LSTM only. Without it outputs = hidden.
    public var projection: Tensor?
    /// Whether the pass goes from each sequence's last token to its first.
    public var reverse: Bool
    /// `[batch, outputs]` in the layout's order; nil for zeros.
    public var hidden: Tensor?
    /// `[batch, hidden]` in the layout's order, of an LSTM; nil for zeros.
    public var cell: Tensor?

    /// A pass.
    public init(
        x: Tensor, inputWeight: Tensor, recurrentWeight: Tensor, inputBias: Tensor,
        recurrentBias: Tensor, projection: Tensor? = nil, reverse: Bool = false,
        hidden: Tensor? = nil, cell: Tensor? = nil
    ) {
        self.x = x
        self.inputWeight = inputWeight
        self.recurrentWeight = recurrentWeight
        self.inputBias = inputBias
        self.recurrentBias = recurrentBias
        self.projection = projection
        self.reverse = reverse
        self.hidden = hidden
        self.cell = cell
    }

    fileprivate var inputs: [Tensor?] {
        [
            x, inputWeight, recurrentWeight, inputBias, recurrentBias, projection, hidden, cell,
        ]
    }
}

/// What a pass of a recurrent layer gives.
public struct RecurrentResult: Sendable {
    /// h' of each token, `[tokens, outputs]`.
    public var output: Tensor
    /// h' after the last step of each sequence, `[batch, outputs]` in the layout's order.
    public var hidden: Tensor
    /// c' after the last step of each sequence, `[batch, hidden]` in the layout's order; of an LSTM only.
    public var cell: Tensor?
}

/// Passes of a recurrent layer over whole sequences, in one operation.
///
/// The product with W is one over all tokens; the steps use packed U and apply the gates to each part of a
/// product while it is in the cache. Several passes (two directions, or two stacks) run side by side.
/// - Parameters:
///   - cell: what a step does.
///   - passes: of equal sizes, over sequences of `layout`.
///   - layout: where the tokens lie.
///   - cellClip: an LSTM's c' is kept in ± this before it is used; gradients of what is cut off are 0.
///   - projectionClip: the same for the projected h'.
///   - precision: how products compute; gates and states are Float32.
public func recurrent(
    _ cell: RecurrentCell, _ passes: [RecurrentPass], layout: TimeMajorLayout,
    cellClip: Float? = nil, projectionClip: Float? = nil, precision: Precision = .float32
) -> [RecurrentResult] {
    let work = RecurrentWork(
        cell, passes, layout: layout, cellClip: cellClip, projectionClip: projectionClip,
        precision: precision)
    let runs = passes.map { RecurrentRun($0, work) }
    work.forward(runs)
    var results = runs.map {
        RecurrentResult(output: $0.output, hidden: $0.hidden, cell: $0.cell)
    }
    guard passes.contains(where: { $0.inputs.contains { $0?.requiresGradient == true } }) else {
        return results
    }
    let edges = passes.flatMap { $0.inputs.map { $0?.edge } }
    let node = Node(inputs: edges) { pass in work.backward(runs, &pass) }
    for index in results.indices {
        results[index].output.edge = Edge(node: node, output: 3 * index)
        results[index].hidden.edge = Edge(node: node, output: 3 * index + 1)
        results[index].cell?.edge = Edge(node: node, output: 3 * index + 2)
    }
    return results
}

/// The arrays of a pass that its backward pass needs.
private struct RecurrentRun: Sendable {
    /// Without connections to the tape.
    let pass: RecurrentPass
    /// The input's part of the sums; then the gates' values; in the backward pass the sums' gradients.
    let gates: Tensor
    /// As `sesame_recurrent_run.cells`.
    let cells: Tensor?
    let raw: Tensor?
    let output: Tensor
    let hidden: Tensor
    let cell: Tensor?

    init(_ given: RecurrentPass, _ work: RecurrentWork) {
        var pass = given
        pass.x = pass.x.detached()
        pass.inputWeight = pass.inputWeight.detached()
        pass.recurrentWeight = pass.recurrentWeight.detached()
        pass.inputBias = pass.inputBias.detached()
        pass.recurrentBias = pass.recurrentBias.detached()
        pass.projection = pass.projection?.detached()
        pass.hidden = pass.hidden?.detached()
        pass.cell = pass.cell?.detached()
        self.pass = pass
        func array(_ rows: Int, _ columns: Int) -> Tensor {
            Tensor(shape: Shape(rows, columns)) { _ in }
        }
        let (tokens, batch, size) = (work.tokens, work.batch, work.hiddenSize)
        gates = array(tokens, work.gateSize)
        cells = work.cell.isSimple ? nil : array(tokens, size)
        raw = pass.projection == nil ? nil : array(tokens, size)
        output = array(tokens, work.outputSize)
        hidden = array(batch, work.outputSize)
        cell = work.cell == .lstm ? array(batch, size) : nil
    }

    /// The bias of the input's product: both biases, but for the part that a GRU's reset multiplies.
    func bias(_ work: RecurrentWork) -> Tensor {
        let count = work.gateSize
        let inside = work.cell == .gru ? work.hiddenSize : 0
        return Tensor(shape: [count]) { out in
            withPointers(pass.inputBias, pass.recurrentBias) { input, recurrent in
                sesame_add(count - inside, input, recurrent, out)
                (out + (count - inside)).update(from: input + (count - inside), count: inside)
            }
        }
    }

    func kernel(_ work: RecurrentWork) -> sesame_recurrent_run {
        func pointer(_ tensor: Tensor?) -> UnsafePointer<Float>? {
            tensor.map { UnsafePointer($0.storage.pointer) }
        }
        let candidateBias = pass.recurrentBias.storage.pointer + 2 * work.hiddenSize
        return sesame_recurrent_run(
            reverse: pass.reverse, weight: pointer(pass.recurrentWeight),
            candidate_bias: work.cell == .gru ? UnsafePointer(candidateBias) : nil,
            projection: pointer(pass.projection), gates: gates.storage.pointer,
            cells: cells?.storage.pointer, raw: raw?.storage.pointer,
            output: output.storage.pointer, initial_hidden: pointer(pass.hidden),
            initial_cell: pointer(pass.cell), hidden: hidden.storage.pointer,
            cell: cell?.storage.pointer)
    }
}

/// What the forward and the backward pass have in common.
private struct RecurrentWork: Sendable {
    let cell: RecurrentCell
    let layout: TimeMajorLayout
    let inputSize: Int
    let hiddenSize: Int
    let outputSize: Int
    let cellClip: Float
    let projectionClip: Float
    let precision: Precision

    var tokens: Int { layout.tokenCount }
    var batch: Int { layout.batchSize }
    var gateSize: Int { cell.gateCount * hiddenSize }

    init(
        _ cell: RecurrentCell, _ passes: [RecurrentPass], layout: TimeMajorLayout, cellClip: Float?,
        projectionClip: Float?, precision: Precision
    ) {
        require(!passes.isEmpty, "recurrent: no passes")
        let first = passes[0]
        self.cell = cell
        self.layout = layout
        self.cellClip = cellClip ?? 0
        self.projectionClip = projectionClip ?? 0
        self.precision = precision
        inputSize = first.inputWeight.shape.last
        hiddenSize = first.inputWeight.shape[0] / cell.gateCount
        outputSize = first.projection?.shape[0] ?? hiddenSize
        for pass in passes { check(pass) }
    }

    private func check(_ pass: RecurrentPass) {
        func expect(_ name: String, _ tensor: Tensor?, _ shape: Shape) {
            guard let tensor else { return }
            require(
                tensor.shape == shape, "recurrent: expected \(name) \(shape), found \(tensor.shape)"
            )
        }
        require(
            (pass.projection == nil && pass.cell == nil && cellClip == 0) || cell == .lstm,
            "recurrent: projection, cell state and cell clipping belong to an LSTM, not to \(cell)")
        expect("x", pass.x, Shape(tokens, inputSize))
        expect("inputWeight", pass.inputWeight, Shape(gateSize, inputSize))
        expect("recurrentWeight", pass.recurrentWeight, Shape(gateSize, outputSize))
        expect("inputBias", pass.inputBias, [gateSize])
        expect("recurrentBias", pass.recurrentBias, [gateSize])
        expect("projection", pass.projection, Shape(outputSize, hiddenSize))
        expect("hidden", pass.hidden, Shape(batch, outputSize))
        expect("cell", pass.cell, Shape(batch, hiddenSize))
        require(
            pass.projection != nil || outputSize == hiddenSize,
            "recurrent: every pass has a projection, or none")
    }

    private func withShape(_ body: (UnsafePointer<sesame_recurrent>) -> Void) {
        layout.rowCounts.withUnsafeBufferPointer { counts in
            var shape = sesame_recurrent(
                cell: cell.kernel, precision: precision.kernel, batch: batch, steps: counts.count,
                row_counts: counts.baseAddress, hidden: hiddenSize, output: outputSize,
                cell_clip: cellClip, projection_clip: projectionClip)
            body(&shape)
        }
    }

    func forward(_ runs: [RecurrentRun]) {
        for run in runs {
            let bias = run.bias(self)
            withPointers(run.pass.x, run.pass.inputWeight, bias) { x, weight, bias in
                var epilogue = sesame_epilogue(
                    bias: bias, activation: SESAME_IDENTITY, preactivation: nil, residual: nil)
                sesame_gemm(
                    precision.kernel, false, true, tokens, gateSize, inputSize, x, inputSize,
                    weight, inputSize, false, run.gates.storage.pointer, gateSize, &epilogue)
            }
        }
        let kernels = runs.map { $0.kernel(self) }
        withExtendedLifetime(runs) {
            withShape { sesame_recurrent_forward($0, kernels.count, kernels) }
        }
    }

    func backward(_ runs: [RecurrentRun], _ pass: inout BackwardPass) {
        var gradients: [RecurrentGradients] = []
        for (index, run) in runs.enumerated() {
            gradients.append(
                RecurrentGradients(
                    run, self,
                    output: pass.take(3 * index), hidden: pass.take(3 * index + 1),
                    cell: pass.take(3 * index + 2),
                    wantsInitial: pass.needs(8 * index + 6) || pass.needs(8 * index + 7)))
        }
        let kernels = runs.map { $0.kernel(self) }
        let kernelGradients = gradients.map(\.kernel)
        withExtendedLifetime((runs, gradients)) {
            withShape { sesame_recurrent_backward($0, kernels.count, kernels, kernelGradients) }
        }
        for (index, (run, gradient)) in zip(runs, gradients).enumerated() {
            finish(run, gradient, first: 8 * index, &pass)
        }
    }

    /// The products that give the gradients of input, weights and biases.
    private func finish(
        _ run: RecurrentRun, _ gradients: RecurrentGradients, first: Int, _ pass: inout BackwardPass
    ) {
        let size = hiddenSize
        let (gates, cells) = (run.gates, run.cells)
        let sums = gates.storage.pointer
        let products = cells?.storage.pointer
        /// out (rows × columns) = or += aᵀ · b over all tokens.
        func product(
            _ rows: Int, _ columns: Int, _ a: UnsafePointer<Float>, _ lda: Int,
            _ b: UnsafePointer<Float>, _ accumulate: Bool, _ out: UnsafeMutablePointer<Float>
        ) {
            sesame_gemm(
                precision.kernel, true, false, rows, columns, tokens, a, lda, b, columns,
                accumulate, out, columns, nil)
        }
        withExtendedLifetime((gates, cells)) {
            pass.accumulate(to: first, shape: Shape(tokens, inputSize)) { out, accumulating in
                run.pass.inputWeight.withPointer {
                    sesame_gemm(
                        precision.kernel, false, false, tokens, inputSize, gateSize, sums, gateSize,
                        $0, inputSize, accumulating, out, inputSize, nil)
                }
            }
            pass.accumulate(to: first + 1, shape: Shape(gateSize, inputSize)) { out, accumulating in
                run.pass.x.withPointer { x in
                    product(gateSize, inputSize, sums, gateSize, x, accumulating, out)
                }
            }
            pass.accumulate(to: first + 2, shape: Shape(gateSize, outputSize)) {
                out, accumulating in
                gradients.previous.withPointer { previous in
                    // A GRU's candidate has factors of its own.
                    let common = cell.gateCount == 3 ? 2 * size : gateSize
                    product(common, outputSize, sums, gateSize, previous, accumulating, out)
                    guard common < gateSize, let products else { return }
                    let rest = out + common * outputSize
                    if cell == .gru {
                        product(size, outputSize, products, size, previous, accumulating, rest)
                    } else {
                        product(
                            size, outputSize, sums + common, gateSize, products, accumulating, rest)
                    }
                }
            }
            if let raw = run.raw, let dProjected = gradients.dProjected {
                pass.accumulate(to: first + 5, shape: Shape(outputSize, size)) {
                    out, accumulating in
                    withPointers(dProjected, raw) {
                        product(outputSize, size, $0, outputSize, $1, accumulating, out)
                    }
                }
            }
            guard pass.needs(first + 3) || pass.needs(first + 4) else { return }
            let dBias = Tensor(shape: [gateSize]) { sesame_sum_rows(tokens, gateSize, sums, $0) }
            pass.add(dBias, to: first + 3)
            guard cell == .gru, let products else { return pass.add(dBias, to: first + 4) }
            let dRecurrentBias = Tensor(shape: [gateSize]) { out in
                dBias.withPointer { out.update(from: $0, count: 2 * size) }
                sesame_sum_rows(tokens, size, products, out + 2 * size)
            }
            pass.add(dRecurrentBias, to: first + 4)
        }
        pass.add(gradients.dInitialHidden, to: first + 6)
        if let dInitialCell = gradients.dInitialCell { pass.add(dInitialCell, to: first + 7) }
    }
}

/// The arrays of a pass's gradients.
private struct RecurrentGradients {
    let dOutput: Tensor?
    let dHidden: Tensor?
    let dCell: Tensor?
    let dInitialHidden: Tensor
    let dInitialCell: Tensor?
    let previous: Tensor
    let dProjected: Tensor?
    let wantsInitial: Bool

    init(
        _ run: RecurrentRun, _ work: RecurrentWork, output: Tensor?, hidden: Tensor?, cell: Tensor?,
        wantsInitial: Bool
    ) {
        dOutput = output
        dHidden = hidden
        dCell = cell
        self.wantsInitial = wantsInitial
        let tokens = Shape(work.tokens, work.outputSize)
        dInitialHidden = Tensor(shape: run.hidden.shape) { _ in }
        dInitialCell = run.cell.map { Tensor(shape: $0.shape) { _ in } }
        previous = Tensor(shape: tokens) { _ in }
        dProjected = run.raw == nil ? nil : Tensor(shape: tokens) { _ in }
    }

    var kernel: sesame_recurrent_gradients {
        func pointer(_ tensor: Tensor?) -> UnsafePointer<Float>? {
            tensor.map { UnsafePointer($0.storage.pointer) }
        }
        return sesame_recurrent_gradients(
            doutput: pointer(dOutput), dhidden: pointer(dHidden), dcell: pointer(dCell),
            dinitial_hidden: dInitialHidden.storage.pointer,
            dinitial_cell: dInitialCell?.storage.pointer, wants_initial: wantsInitial,
            previous: previous.storage.pointer, dprojected: dProjected?.storage.pointer)
    }
}
