import SesameTensor

/// The keys and values of the tokens seen so far, for decoding one token at a time.
///
/// Each self-attention layer writes its keys and values of the new tokens behind those already there, and
/// attends to all of them; the work for a new token then grows with the length instead of its square.
/// A copy of a cache is a snapshot.
public struct KeyValueCache: Sendable {
    /// One layer's keys and values, each `[batch, capacity, hidden]`; rows from ``KeyValueCache/count`` on are unused.
    struct Layer: Sendable {
        var keys: Tensor
        var values: Tensor
    }

    var layers: [Layer]
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
        layers = (0..<layerCount).map { _ in
            Layer(keys: Tensor(zeros: shape), values: Tensor(zeros: shape))
        }
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
}
