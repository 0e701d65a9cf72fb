import SesameTensor

extension OperatorCase {
    /// The operators of recurrent and convolutional models; Goldens/make_sequence_goldens.py has the same.
    static let sequences: [OperatorCase] = stateAttentions

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

    /// The same at sizes beyond one block, with odd tails.
    static let largeSequences: [OperatorCase] = [
        OperatorCase("additive 5×7×23, 130", [[5, 7, 130], [5, 23, 130], [130]]) {
            let lengths = [23, 1, 17, 0, 22]
            let scores = additiveScores(
                query: $0[0], key: $0[1], vector: $0[2] * 0.1, lengths: lengths)
            return softmax(scores, lengths: lengths)
        }
    ]
}
