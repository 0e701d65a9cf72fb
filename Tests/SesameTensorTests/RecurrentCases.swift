import SesameTensor

extension OperatorCase {
    /// The recurrent operator and its layout; beside step, recurrent and recurrent_case of Goldens/make_goldens.py.
    static let recurrent: [OperatorCase] = [
        recurrentCase("rnnTanh", .tanhRNN),
        recurrentCase("rnnTanhReverse", .tanhRNN, reverse: true, states: false),
        recurrentCase("rnnReLU", .reluRNN, prepare: farSums),
        recurrentCase("gru", .gru),
        recurrentCase("gruReverse", .gru, reverse: true, lengths: [3, 3, 1]),
        recurrentCase("gruResetBefore", .gruResetBefore),
        recurrentCase("gruResetBeforeReverse", .gruResetBefore, reverse: true, states: false),
        recurrentCase("lstm", .lstm),
        recurrentCase("lstmZeroState", .lstm, states: false),
        recurrentCase("lstmReverse", .lstm, reverse: true),
        recurrentCase("lstmProjected", .lstm, projection: true),
        OperatorCase(outputs: "lstmTwoPasses", twoPassShapes + twoPassShapes) {
            twoPasses($0, layout: TimeMajorLayout(lengths: [4, 4, 1], timeCount: 4))
        },
        OperatorCase("timeMajor", [[3, 4, 2]]) { unordered.packed($0[0]) },
        OperatorCase("padded", [[9, 2]]) { unordered.padded($0[0]) },
        OperatorCase("orderedState", [[3, 2]]) { unordered.ordered($0[0]) },
        OperatorCase("restoredState", [[3, 2]]) { unordered.restored($0[0]) },
    ]

    /// Sizes beyond a register tile, a panel and a block of depth, shared out to several ranges of rows.
    static let largeRecurrent: [OperatorCase] =
        RecurrentCell.allCases.filter { $0 != .reluRNN }.flatMap { cell in
            [false, true].map { reverse in
                recurrentCase(
                    "\(cell) 23 × 137, reverse \(reverse)", cell, reverse: reverse,
                    lengths: (0..<23).map { 1 + (22 - $0) / 4 }, hidden: 137, inputs: 11,
                    scale: 0.1)
            }
        } + [
            recurrentCase(
                "projected LSTM", .lstm,
                lengths: [5, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1],
                hidden: 401, inputs: 7, projection: true, outputs: 70, scale: 0.1)
        ]

    private static let unordered = TimeMajorLayout(lengths: [2, 4, 3], timeCount: 4)
    private static let twoPassShapes: [Shape] = [[9, 3], [20, 3], [20, 4], [20], [20], [4, 5]]

    private static func twoPasses(_ t: [Tensor], layout: TimeMajorLayout) -> [Tensor] {
        let passes = [0, 6].map {
            RecurrentPass(
                x: t[$0], inputWeight: t[$0 + 1], recurrentWeight: t[$0 + 2], inputBias: t[$0 + 3],
                recurrentBias: t[$0 + 4], projection: t[$0 + 5], reverse: $0 > 0)
        }
        let results = SesameTensor.recurrent(.lstm, passes, layout: layout)
        return [results[0].output, results[1].output, results[1].hidden]
    }

    private static func recurrentCase(
        _ name: String, _ cell: RecurrentCell, reverse: Bool = false, lengths: [Int] = [4, 3, 2],
        hidden: Int = 5, inputs: Int = 3, projection: Bool = false, outputs: Int = 4,
        states: Bool = true, scale: Float = 1,
        prepare: @escaping @Sendable ([Tensor]) -> [Tensor] = { $0 }
    ) -> OperatorCase {
        let (batch, tokens) = (lengths.count, lengths.reduce(0, +))
        let gates = cell.gateCount * hidden
        let size = projection ? outputs : hidden
        var shapes: [Shape] = [
            [tokens, inputs], [gates, inputs], [gates, size], [gates], [gates],
        ]
        if projection { shapes.append([size, hidden]) }
        let count = shapes.count
        if states { shapes.append([batch, size]) }
        if states && cell == .lstm { shapes.append([batch, hidden]) }
        let layout = TimeMajorLayout(lengths: lengths, timeCount: lengths[0])
        var row = OperatorCase(outputs: name, shapes) { t in
            let pass = RecurrentPass(
                x: t[0], inputWeight: t[1] * scale, recurrentWeight: t[2] * scale, inputBias: t[3],
                recurrentBias: t[4], projection: projection ? t[5] : nil, reverse: reverse,
                hidden: states ? t[count] : nil,
                cell: states && cell == .lstm ? t[count + 1] : nil)
            let result = SesameTensor.recurrent(cell, [pass], layout: layout)[0]
            return [result.output, result.hidden] + (result.cell.map { [$0] } ?? [])
        }
        row.prepare = prepare
        return row
    }

    /// Keeps the sums of a ReLU cell clear of 0.
    private static let farSums: @Sendable ([Tensor]) -> [Tensor] = { inputs in
        var inputs = inputs
        inputs[1] = inputs[1] * 0.2
        inputs[2] = inputs[2] * 0.05
        inputs[3] = Tensor([4, -4, 4, -4, 4], shape: [5])
        return inputs
    }
}
