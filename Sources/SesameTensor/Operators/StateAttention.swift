import CSesameKernels

/// Scores of additive attention, score(i, t) = vector · tanh(query i + key t), without storing the tanh.
///
/// - Parameters:
///   - query: `[batch, queries, size]`, projected.
///   - key: `[batch, time, size]`, projected.
///   - vector: `[size]`.
///   - lengths: How many keys each sequence has; nil for all. No work is done beyond them.
/// - Returns: `[batch, queries, time]`; -inf beyond the lengths.
///
/// Source: Bahdanau et al. 2015, "Neural machine translation by jointly learning to align and translate",
/// appendix A.1.2.
public func additiveScores(query: Tensor, key: Tensor, vector: Tensor, lengths: [Int]? = nil)
    -> Tensor
{
    require(
        query.shape.count == 3 && key.shape.count == 3 && query.shape[0] == key.shape[0]
            && query.shape[2] == key.shape[2] && vector.shape == [query.shape[2]],
        "additiveScores: expected query [B, Q, A], key [B, T, A] and vector [A], "
            + "found \(query.shape), \(key.shape) and \(vector.shape)")
    let (batch, queries, keys, size) = (
        query.shape[0], query.shape[1], key.shape[1], query.shape[2]
    )
    let limits = lengths.map {
        checkedLengths("additiveScores", $0, batch: batch, time: keys)
    }
    var scores = Tensor(shape: Shape(batch, queries, keys)) { out in
        withPointers(query, key, vector) { query, key, vector in
            limits.withLengths {
                sesame_additive_scores_forward(
                    batch, queries, keys, size, $0, query, key, vector, out)
            }
        }
    }
    if query.requiresGradient || key.requiresGradient || vector.requiresGradient {
        let (q, k, v) = (query.detached(), key.detached(), vector.detached())
        scores.record(inputs: [query.edge, key.edge, vector.edge]) { pass in
            let dScores = pass.takeOnly()
            let dQuery = Tensor(shape: q.shape) { _ in }
            let dKey = Tensor(shape: k.shape) { _ in }
            let dVector = Tensor(shape: v.shape) { _ in }
            withPointers(q, k, v) { q, k, v in
                dScores.withPointer { dScores in
                    limits.withLengths {
                        sesame_additive_scores_backward(
                            batch, queries, keys, size, $0, q, k, v, dScores,
                            dQuery.storage.pointer, dKey.storage.pointer, dVector.storage.pointer)
                    }
                }
            }
            pass.add(dQuery, to: 0)
            pass.add(dKey, to: 1)
            pass.add(dVector, to: 2)
        }
    }
    return scores
}

/// The softmax of the first values of each row, and zeros after them.
///
/// - Parameters:
///   - x: `[batch, time]` or `[batch, rows, time]`.
///   - lengths: How many values count in each sequence's rows. A row of length 0 is all zeros.
/// - Returns: The shape of `x`.
public func softmax(_ x: Tensor, lengths: [Int]) -> Tensor {
    require(
        x.shape.count == 2 || x.shape.count == 3,
        "softmax(lengths:): expected [batch, time] or [batch, rows, time], found \(x.shape)")
    let (rows, columns) = (x.shape.leading, x.shape.last)
    let group = x.shape.count == 3 ? x.shape[1] : 1
    let limits = checkedLengths("softmax", lengths, batch: x.shape[0], time: columns)
    var y = Tensor(shape: x.shape) { out in
        x.withPointer { sesame_prefix_softmax_forward(rows, columns, limits, group, $0, out) }
    }
    if x.requiresGradient {
        let kept = y.detached()
        y.record(inputs: [x.edge]) { pass in
            let gradient = pass.takeOnly().overwritten { dY, dX in
                kept.withPointer {
                    sesame_prefix_softmax_backward(rows, columns, limits, group, $0, dY, dX)
                }
            }
            pass.add(gradient, to: 0)
        }
    }
    return y
}

/// Lengths of sequences as kernels read them, checked.
func checkedLengths(_ operation: String, _ lengths: [Int], batch: Int, time: Int) -> [Int32] {
    require(
        lengths.count == batch,
        "\(operation): \(lengths.count) lengths for \(batch) sequences")
    if let index = lengths.firstIndex(where: { $0 < 0 || $0 > time }) {
        invariantBroken(
            "\(operation): length \(lengths[index]) of sequence \(index) is outside 0...\(time)")
    }
    return lengths.map(Int32.init)
}

extension [Int32]? {
    /// Calls `body` with the lengths, or with nil for whole sequences.
    func withLengths<Result>(_ body: (UnsafePointer<Int32>?) -> Result) -> Result {
        switch self {
        case .some(let lengths): lengths.withUnsafeBufferPointer { body($0.baseAddress) }
        case .none: body(nil)
        }
    }
}
