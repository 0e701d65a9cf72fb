import SesameTensor

/// The keys and values of the tokens seen so far, for decoding one token at a time.
///
/// Each self-attention layer writes its keys and values of the new tokens behind those already there, and
/// attends to all of them; the work for a new token then grows with the length instead of its square.
/// A copy of a cache is a snapshot.
public struct KeyValueCache: Sendable {
    /// Each layer's keys, `[batch, capacity, hidden]`; rows from ``count`` on are unused.
    private var keys: [Tensor]
    /// Each layer's values, in the same way.
    private var values: [Tensor]
    /// How many sequences are decoded side by side.
    public private(set) var batchSize: Int
    /// How many tokens a sequence may have.
    public private(set) var capacity: Int
    /// How many tokens are held.
    public private(set) var count = 0

    /// An empty cache.
    ///
    /// - Parameters:
    ///   - layerCount: How many self-attention layers share it.
    ///   - batchSize: How many sequences are decoded side by side.
    ///   - capacity: How many tokens a sequence may have.
    ///   - hiddenSize: The size of a layer's keys, all heads together.
    public init(layerCount: Int, batchSize: Int = 1, capacity: Int, hiddenSize: Int) {
        let shape: Shape = [batchSize, capacity, hiddenSize]
        keys = (0..<layerCount).map { _ in Tensor(zeros: shape) }
        values = (0..<layerCount).map { _ in Tensor(zeros: shape) }
        self.batchSize = batchSize
        self.capacity = capacity
    }

    /// How many more tokens fit.
    public var room: Int { capacity - count }

    /// Forgets all tokens and keeps the memory.
    public mutating func removeAll() { count = 0 }

    /// Forgets all but the first `tokens`: the next ones go on from there.
    public mutating func keepFirst(_ tokens: Int) {
        precondition(
            (0...count).contains(tokens), "\(tokens) tokens are to be kept of \(count)")
        count = tokens
    }

    /// Counts `tokens` as held, once every layer has written them; the model calls it at the end of a pass.
    public mutating func advance(by tokens: Int) {
        precondition(tokens <= room, "\(tokens) tokens do not fit in room for \(room)")
        count += tokens
    }

    /// Makes room for more tokens, where there is none, by doubling the memory.
    public mutating func makeRoom(for tokens: Int) {
        guard room < tokens else { return }
        let added = max(capacity, tokens - room)
        func grown(_ tensor: Tensor) -> Tensor {
            concatenated(
                [tensor, Tensor(zeros: [batchSize, added, tensor.shape.last])], axis: 1)
        }
        keys = keys.map(grown)
        values = values.map(grown)
        capacity += added
    }

    /// Keeps the sequences named, in this order; one may be named several times or not at all.
    public mutating func select(_ rows: [Int32]) {
        guard rows.count != batchSize || !rows.indices.allSatisfy({ rows[$0] == Int32($0) }) else {
            return
        }
        let ids = IDTensor(rows, shape: [rows.count])
        func selected(_ tensor: Tensor) -> Tensor {
            let size = tensor.shape.last
            return tensor.reshaped([batchSize, capacity * size]).selectedRows(ids)
                .reshaped([rows.count, capacity, size])
        }
        keys = keys.map(selected)
        values = values.map(selected)
        batchSize = rows.count
    }

    /// Writes the new keys and values of `packed`, `[batch, time, 3 · hidden]`, into a layer, and attends
    /// from its queries to all that the layer then holds.
    mutating func attend(
        _ packed: Tensor, layer: Int, headCount: Int, band: Int?, precision: Precision
    ) -> Tensor {
        attentionAppending(
            packed, keys: &keys[layer], values: &values[layer], count: count,
            headCount: headCount, band: band, precision: precision)
    }

    /// The same for several sequences that each go on from what the cache holds, `[1, tokens, 3 · hidden]`.
    ///
    /// They take turns in the rows behind ``count``, so that what they share is neither copied nor computed
    /// again; none of them can be gone on from.
    mutating func attend(
        _ packed: Tensor, branches: PackedSequences, layer: Int, headCount: Int, band: Int?,
        precision: Precision
    ) -> Tensor {
        precondition(batchSize == 1, "branches go on from one sequence, not \(batchSize)")
        let attended = branches.ranges.map { range in
            let part = packed.sliced(axis: 1, range)
            return attend(
                part, layer: layer, headCount: headCount, band: band, precision: precision)
        }
        return attended.count == 1 ? attended[0] : concatenated(attended, axis: 1)
    }
}
