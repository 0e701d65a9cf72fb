import SesameTensor

extension OperatorCase {
    /// The operators of recurrent and convolutional models; Goldens/make_sequence_goldens.py has the same.
    static let sequences: [OperatorCase] = stateAttentions + convolutions + tagging

    static let stateAttentions: [OperatorCase] = [
        OperatorCase("additiveScores", [[2, 3, 9], [2, 5, 9], [9]]) {
            additiveScores(query: $0[0], key: $0[1], vector: $0[2])
        },
        OperatorCase("additiveWeights", [[3, 2, 19], [3, 4, 19], [19]]) {
            let lengths = [4, 0, 2]
            let scores = additiveScores(
                query: $0[0], key: $0[1], vector: $0[2], lengths: lengths)
            return softmax(scores, lengths: lengths)
        },
        OperatorCase("softmaxLengths", [[3, 2, 5]]) { softmax($0[0] * 2, lengths: [5, 3, 0]) },
        OperatorCase("softmaxLengthsMatrix", [[3, 7]]) {
            softmax($0[0] * 2, lengths: [1, 7, 4])
        },
    ]

    static let convolutions: [OperatorCase] = [
        OperatorCase("conv1d", [[2, 7, 3], [5, 4, 3], [5]]) {
            conv1d($0[0], weight: $0[1], bias: $0[2])
        },
        OperatorCase("conv1dPadded", [[2, 4, 3], [5, 3, 3], [5]]) {
            conv1d($0[0], weight: $0[1], bias: $0[2], padding: 1)
        },
        OperatorCase("conv1dLengths", [[4, 5, 3], [2, 3, 3], [2]]) {
            conv1d($0[0], weight: $0[1], bias: $0[2], lengths: [3, 5, 1, 0])
        },
        OperatorCase("conv1dWide", [[3, 4, 2], [3, 5, 2]]) {
            conv1d($0[0], weight: $0[1], bias: nil, padding: 4, lengths: [1, 4, 0])
        },
        OperatorCase("conv1dShared", [[2, 5, 3], [3, 2, 3]]) {
            conv1d($0[0].tanh(), weight: $0[1], bias: nil)
                * conv1d($0[0], weight: $0[1], bias: nil)
        },
        OperatorCase("maxOverTime", [[2, 4, 5]], prepare: apart) { $0[0].maxOverTime() },
        OperatorCase("maxOverTimeLengths", [[3, 4, 5]], prepare: apart) {
            $0[0].maxOverTime(lengths: [4, 1, 0])
        },
        OperatorCase("meanOverTime", [[2, 4, 5]]) { $0[0].meanOverTime() },
        OperatorCase("meanOverTimeLengths", [[3, 4, 5]]) {
            $0[0].meanOverTime(lengths: [3, 0, 1])
        },
        OperatorCase("highway", [[2, 3, 5], [2, 3, 10]], prepare: awayFromZero) {
            highway($0[0], gates: $0[1])
        },
        OperatorCase("highwayTanh", [[4, 19], [4, 38]]) {
            highway($0[0], gates: $0[1], activation: .tanh)
        },
        OperatorCase("batchNorm", [[5, 7], [7], [7]]) {
            batchNorm($0[0], weight: $0[1], bias: $0[2]).output
        },
        OperatorCase("batchNormLengths", [[3, 4, 5], [5], [5]]) {
            batchNorm($0[0], weight: $0[1], bias: $0[2], lengths: [4, 0, 2]).output
        },
        OperatorCase("batchNormFixed", [[4, 3], [3], [3]]) {
            let statistics = BatchStatistics(
                mean: Tensor([0.5, -0.25, 0], shape: [3]),
                variance: Tensor([2, 0.5, 1], shape: [3]), rowCount: 0)
            return batchNorm($0[0], weight: $0[1], bias: $0[2], statistics: statistics).output
        },
    ]

    static let tagging: [OperatorCase] = [
        OperatorCase("crfLoss", [[4, 5, 3], [3, 3], [3], [3]]) {
            crfLoss(
                emissions: $0[0] * 3, transitions: $0[1] * 2, start: $0[2], end: $0[3],
                targets: IDTensor([
                    [0, 2, 1, 1, 0], [2, 2, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0],
                ]), lengths: [5, 3, 1, 0])
        }
    ]

    /// Puts each feature's values 0.15 apart, in their order, so that no largest one has an equal.
    static let apart: @Sendable ([Tensor]) -> [Tensor] = { inputs in
        inputs.map { x in
            let values = x.scalars
            let features = x.shape.last
            var result = values
            for feature in 0..<features {
                let order = stride(from: feature, to: values.count, by: features).sorted {
                    values[$0] < values[$1]
                }
                for (rank, index) in order.enumerated() {
                    result[index] = 0.15 * Float(rank - order.count / 2)
                }
            }
            return Tensor(result, shape: x.shape)
        }
    }

    /// The same at sizes beyond one block, with odd tails.
    static let largeSequences: [OperatorCase] = [
        OperatorCase("additive 5×7×23, 130", [[5, 7, 130], [5, 23, 130], [130]]) {
            let lengths = [23, 1, 17, 0, 22]
            let scores = additiveScores(
                query: $0[0], key: $0[1], vector: $0[2] * 0.1, lengths: lengths)
            return softmax(scores, lengths: lengths)
        },
        OperatorCase("conv1d 9×41×37, 5 → 67", [[9, 41, 37], [67, 5, 37], [67]]) {
            conv1d(
                $0[0] * 0.2, weight: $0[1], bias: $0[2], padding: 2,
                lengths: [41, 3, 17, 0, 40, 1, 2, 30, 25])
        },
        OperatorCase("maxOverTime 7×13×101", [[7, 13, 101]], prepare: apart) {
            $0[0].maxOverTime(lengths: [13, 1, 7, 0, 12, 13, 2])
        },
        OperatorCase("meanOverTime 7×13×101", [[7, 13, 101]]) { $0[0].meanOverTime() },
        OperatorCase("highway 300×65", [[300, 65], [300, 130]]) {
            highway($0[0], gates: $0[1], activation: .tanh)
        },
        OperatorCase("batchNorm 11×29×35", [[11, 29, 35], [35], [35]]) {
            batchNorm(
                $0[0], weight: $0[1], bias: $0[2],
                lengths: [29, 4, 0, 17, 23, 29, 8, 1, 14, 22, 29]
            ).output
        },
        OperatorCase("crf 9×31×17", [[9, 31, 17], [17, 17], [17], [17]]) {
            crfLoss(
                emissions: $0[0] * 3, transitions: $0[1], start: $0[2], end: $0[3],
                targets: IDTensor((0..<279).map { $0 * 5 % 17 }, shape: [9, 31]),
                lengths: [31, 1, 30, 0, 17, 2, 8, 31, 25]) * 10
        },
    ]
}
