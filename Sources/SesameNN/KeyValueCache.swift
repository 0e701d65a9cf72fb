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
    public let batchSize: Int
    /// How many tokens a sequence may have.
    public let capacity: Int
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

    /// Counts `tokens` as held, once every layer has written them; the model calls it at the end of a pass.
    public mutating func advance(by tokens: Int) {
        precondition(tokens <= room, "\(tokens) tokens do not fit in room for \(room)")
        count += tokens
    }

    /// Writes the new keys and values of `packed`, `[batch, time, 3 · hidden]`, into a layer, and attends
    /// from its queries to all that the layer then holds.
    mutating func attend(
        _ packed: Tensor, layer: Int, headCount: Int, precision: Precision
    ) -> Tensor {
        attentionAppending(
            packed, keys: &keys[layer], values: &values[layer], count: count,
            headCount: headCount, precision: precision)
    }
}
