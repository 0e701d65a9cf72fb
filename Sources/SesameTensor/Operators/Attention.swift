import CSesameKernels

/// A place where dropout happens: how likely an element is dropped, and the key of the mask.
///
/// Masks are computed from the key wherever they are needed, and never stored.
public struct DropoutSite: Sendable, Hashable {
    /// The probability of dropping an element, in `0..<1`.
    public var probability: Float

    /// The key of the mask.
    public var key: RandomKey

    /// Dropout with a probability in `0..<1`.
    public init(probability: Float, key: RandomKey) {
        require(
            probability >= 0 && probability < 1,
            "DropoutSite: expected a probability in 0..<1, found \(probability)")
        self.probability = probability
        self.key = key
    }
}

/// Which rows belong to which sequence, where sequences of several lengths lie end to end.
public struct AttentionSequences: Sendable, Hashable {
    /// Of each sequence the rows of its queries: one after the other, without gaps.
    public var queries: [Range<Int>]

    /// Of each sequence the rows of its keys and values.
    public var keys: [Range<Int>]

    /// As many ranges of queries as of keys.
    public init(queries: [Range<Int>], keys: [Range<Int>]) {
        require(
            queries.count == keys.count,
            "AttentionSequences: \(queries.count) sequences of queries, \(keys.count) of keys")
        self.queries = queries
        self.keys = keys
    }

    /// Whether the queries cover so many rows once, and the keys lie within theirs.
    func fit(_ queryCount: Int, _ keyCount: Int) -> Bool {
        Self.cover(queries, queryCount)
            && keys.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= keyCount }
    }

    /// Whether the keys too cover their rows once.
    func coverKeys(_ keyCount: Int) -> Bool { Self.cover(keys, keyCount) }

    private static func cover(_ ranges: [Range<Int>], _ count: Int) -> Bool {
        var end = 0
        for range in ranges {
            guard range.lowerBound == end else { return false }
            end = range.upperBound
        }
        return end == count
    }
}

/// Multi-head scaled dot-product attention: softmax(q · kᵀ / √d) · v for each head.
///
/// Heads are consecutive parts of the channels. The time × time matrix is never stored.
/// - Parameters:
///   - query: `[batch, queries, channels]`.
///   - key: `[batch, keys, channels]`.
///   - value: `[batch, keys, channels]`.
///   - headCount: divides `channels`.
///   - causal: whether query i sees keys j ≤ i + (keys - queries) only.
///   - band: with `causal`, how many of those keys a query sees, counted back from the last, its own included;
///     nil for all. What lies outside is never computed (Child et al. 2019, "Generating long sequences with
///     sparse Transformers").
///   - keyMask: `[batch, keys]`; hides padding. A query without any visible key gives zeros.
///   - sequences: where sequences of several lengths lie end to end: the rows of each one's queries, in order
///     and without gaps, and of its keys. All tensors are then `[1, rows, channels]`, and there is no mask.
///     Several may have the same keys where no gradient is needed.
///   - dropout: drops attention weights; nil for none.
///   - precision: how the products compute; the softmax is always Float32.
/// - Returns: `[batch, queries, channels]`.
///
/// Source: Vaswani et al. 2017, "Attention is all you need", equation 1; in blocks after Dao et al. 2022,
/// "FlashAttention".
public func attention(
    query: Tensor, key: Tensor, value: Tensor, headCount: Int, causal: Bool,
    band: Int? = nil, keyMask: AttentionMask? = nil, sequences: AttentionSequences? = nil,
    dropout: DropoutSite? = nil, precision: Precision = .float32
) -> Tensor {
    require(
        query.shape.count == 3 && key.shape.count == 3 && key.shape == value.shape
            && query.shape[0] == key.shape[0] && query.shape[2] == key.shape[2],
        "attention: expected query [B, Tq, C], key and value [B, Tk, C], "
            + "found \(query.shape), \(key.shape) and \(value.shape)")
    let (queryCount, keyCount, channels) = (query.shape[1], key.shape[1], query.shape[2])
    let call = AttentionCall(
        batch: query.shape[0], queryCount: queryCount, keyCount: keyCount, channels: channels,
        queryStride: channels, keyStride: channels, headCount: headCount, causal: causal,
        band: band, keyMask: keyMask, sequences: sequences, dropout: dropout, precision: precision)
    let recorded = query.requiresGradient || key.requiresGradient || value.requiresGradient
    require(
        !recorded || sequences.map { $0.coverKeys(keyCount) } ?? true,
        "attention: a gradient needs sequences whose keys cover the \(keyCount) rows once")
    let logSumExp = recorded ? Tensor(shape: call.rowShape) { _ in } : nil
    var output = Tensor(shape: query.shape) { output in
        withPointers(query, key, value) { query, key, value in
            call.forward(query, key, value, output, logSumExp)
        }
    }
    guard let logSumExp else { return output }
    let (q, k, v, y) = (query.detached(), key.detached(), value.detached(), output.detached())
    output.record(inputs: [query.edge, key.edge, value.edge]) { pass in
        let dOutput = pass.takeOnly()
        let dQuery = Tensor(shape: q.shape) { _ in }
        let dKey = Tensor(shape: k.shape) { _ in }
        let dValue = Tensor(shape: v.shape) { _ in }
        withPointers(q, k, v) { q, k, v in
            call.backward(
                q, k, v, y, logSumExp, dOutput, dQuery.storage.pointer, dKey.storage.pointer,
                dValue.storage.pointer)
        }
        pass.add(dQuery, to: 0)
        pass.add(dKey, to: 1)
        pass.add(dValue, to: 2)
    }
    return output
}

/// Multi-head scaled dot-product self-attention on a packed projection, without copies.
///
/// - Parameters:
///   - qkv: `[batch, time, 3 · channels]`: query, key and value of each position beside each other.
///   - headCount: divides `channels`.
///   - causal: whether a position sees itself and those before it only.
///   - band: with `causal`, how many positions it sees, itself included; nil for all.
///   - keyMask: `[batch, time]`; hides padding. A query without any visible key gives zeros.
///   - sequences: the rows of each sequence, in order and without gaps, where sequences of several lengths lie
///     end to end: `qkv` is then `[1, rows, 3 · channels]`, and there is no mask.
///   - dropout: drops attention weights; nil for none.
///   - precision: how the products compute; the softmax is always Float32.
/// - Returns: `[batch, time, channels]`.
public func attention(
    packed qkv: Tensor, headCount: Int, causal: Bool, band: Int? = nil,
    keyMask: AttentionMask? = nil,
    sequences: [Range<Int>]? = nil, dropout: DropoutSite? = nil, precision: Precision = .float32
) -> Tensor {
    require(
        qkv.shape.count == 3 && qkv.shape[2] % 3 == 0,
        "attention: expected packed [B, T, 3C], found \(qkv.shape)")
    let (batch, time, channels) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
    let call = AttentionCall(
        batch: batch, queryCount: time, keyCount: time, channels: channels,
        queryStride: 3 * channels, keyStride: 3 * channels, headCount: headCount, causal: causal,
        band: band, keyMask: keyMask,
        sequences: sequences.map { AttentionSequences(queries: $0, keys: $0) }, dropout: dropout,
        precision: precision)
    let logSumExp = qkv.requiresGradient ? Tensor(shape: call.rowShape) { _ in } : nil
    var output = Tensor(shape: Shape(batch, time, channels)) { output in
        qkv.withPointer { qkv in
            call.forward(qkv, qkv + channels, qkv + 2 * channels, output, logSumExp)
        }
    }
    guard let logSumExp else { return output }
    let kept = qkv.detached()
    let y = output.detached()
    output.record(inputs: [qkv.edge]) { pass in
        let dOutput = pass.takeOnly()
        let gradient = Tensor(shape: kept.shape) { out in
            kept.withPointer { qkv in
                call.backward(
                    qkv, qkv + channels, qkv + 2 * channels, y, logSumExp, dOutput, out,
                    out + channels, out + 2 * channels)
            }
        }
        pass.add(gradient, to: 0)
    }
    return output
}

/// The weights of an attention, to look at: softmax(q · kᵀ / √d) for each head.
///
/// - Parameters: As for ``attention(query:key:value:headCount:causal:keyMask:sequences:dropout:precision:)``.
/// - Returns: `[batch, heads, queries, keys]`; of sequences of several lengths one entry each, as long as the
///   longest, with zeros behind the ends of shorter ones. No gradient is recorded.
public func attentionWeights(
    query: Tensor, key: Tensor, headCount: Int, causal: Bool, band: Int? = nil,
    keyMask: AttentionMask? = nil, sequences: AttentionSequences? = nil
) -> Tensor {
    require(
        query.shape.count == 3 && key.shape.count == 3 && query.shape[0] == key.shape[0]
            && query.shape[2] == key.shape[2],
        "attentionWeights: expected query [B, Tq, C] and key [B, Tk, C], "
            + "found \(query.shape) and \(key.shape)")
    let channels = query.shape[2]
    let call = AttentionCall(
        batch: query.shape[0], queryCount: query.shape[1], keyCount: key.shape[1],
        channels: channels, queryStride: channels, keyStride: channels, headCount: headCount,
        causal: causal, band: band, keyMask: keyMask, sequences: sequences, dropout: nil,
        precision: .float32)
    return Tensor(shape: call.weightShape) { out in
        withPointers(query, key) { query, key in call.weights(query, key, out) }
    }
}

/// What the forward and the backward pass of one attention have in common.
private struct AttentionCall: Sendable {
    let batch: Int
    let queryCount: Int
    let keyCount: Int
    let channels: Int
    let queryStride: Int
    let keyStride: Int
    let headCount: Int
    let causal: Bool
    let band: Int?
    let keyMask: [UInt8]?
    /// Rows of each sequence's queries and keys; empty where all sequences are alike.
    let queries: [sesame_rows]
    let keys: [sesame_rows]
    let dropout: DropoutSite?
    let precision: Precision

    init(
        batch: Int, queryCount: Int, keyCount: Int, channels: Int, queryStride: Int, keyStride: Int,
        headCount: Int, causal: Bool, band: Int?, keyMask: AttentionMask?,
        sequences: AttentionSequences?,
        dropout: DropoutSite?, precision: Precision
    ) {
        requireBand("attention", band, causal: causal)
        require(
            headCount > 0 && channels % headCount == 0,
            "attention: \(headCount) heads do not divide \(channels) channels")
        if let keyMask {
            require(
                keyMask.batchSize == batch && keyMask.keyCount == keyCount,
                "attention: expected a key mask [\(batch), \(keyCount)], found \(keyMask.shape)")
        }
        if let sequences {
            require(
                batch == 1 && keyMask == nil && sequences.fit(queryCount, keyCount),
                "attention: sequences \(sequences) do not lie in [1, \(queryCount)] queries and "
                    + "[1, \(keyCount)] keys without a mask, found \(batch) batch entries")
            self.batch = sequences.queries.count
            self.queryCount = sequences.queries.lazy.map(\.count).max() ?? 0
            self.keyCount = sequences.keys.lazy.map(\.count).max() ?? 0
            queries = sequences.queries.map { sesame_rows(first: $0.lowerBound, count: $0.count) }
            keys = sequences.keys.map { sesame_rows(first: $0.lowerBound, count: $0.count) }
        } else {
            (self.batch, self.queryCount, self.keyCount) = (batch, queryCount, keyCount)
            (queries, keys) = ([], [])
        }
        self.channels = channels
        self.queryStride = queryStride
        self.keyStride = keyStride
        self.headCount = headCount
        self.causal = causal
        self.band = band
        self.keyMask = keyMask?.scalars
        self.dropout = dropout
        self.precision = precision
    }

    /// One value for each head and query.
    var rowShape: Shape { Shape(batch, headCount, queryCount) }

    /// One value for each head, query and key.
    var weightShape: Shape { [batch, headCount, queryCount, keyCount] }

    func weights(
        _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>,
        _ weights: UnsafeMutablePointer<Float>
    ) {
        withKernelShape { sesame_attention_weights($0, query, key, weights) }
    }

    func forward(
        _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ output: UnsafeMutablePointer<Float>, _ logSumExp: Tensor?
    ) {
        withKernelShape { shape in
            logSumExp.withOptionalPointer {
                sesame_attention_forward(
                    shape, query, key, value, output, UnsafeMutablePointer(mutating: $0))
            }
        }
    }

    func backward(
        _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ output: Tensor, _ logSumExp: Tensor, _ dOutput: Tensor,
        _ dQuery: UnsafeMutablePointer<Float>, _ dKey: UnsafeMutablePointer<Float>,
        _ dValue: UnsafeMutablePointer<Float>
    ) {
        withKernelShape { shape in
            withPointers(output, logSumExp, dOutput) { output, logSumExp, dOutput in
                sesame_attention_backward(
                    shape, query, key, value, output, logSumExp, dOutput, dQuery, dKey, dValue)
            }
        }
    }

    private func withKernelShape(_ body: (UnsafePointer<sesame_attention>) -> Void) {
        let headSize = channels / headCount
        func run(
            _ mask: UnsafePointer<UInt8>?, _ queries: UnsafePointer<sesame_rows>?,
            _ keys: UnsafePointer<sesame_rows>?
        ) {
            var shape = sesame_attention()
            shape.batch = batch
            shape.heads = headCount
            shape.head_size = headSize
            shape.queries = queries
            shape.keys = keys
            shape.query_count = queryCount
            shape.key_count = keyCount
            shape.query_time_stride = queryStride
            shape.query_batch_stride = queryCount * queryStride
            shape.key_time_stride = keyStride
            shape.key_batch_stride = keyCount * keyStride
            shape.value_time_stride = keyStride
            shape.value_batch_stride = keyCount * keyStride
            shape.output_time_stride = channels
            shape.output_batch_stride = queryCount * channels
            shape.scale = 1 / Float(headSize).squareRoot()
            shape.causal = causal
            shape.band = band ?? 0
            shape.key_mask = mask
            shape.dropout = dropout?.probability ?? 0
            shape.key = (dropout?.key ?? RandomKey(seed: 0)).kernel
            shape.precision = precision.kernel
            withUnsafePointer(to: &shape) { body($0) }
        }
        if let keyMask {
            keyMask.withUnsafeBufferPointer { run($0.baseAddress, nil, nil) }
        } else if queries.isEmpty {
            run(nil, nil, nil)
        } else {
            queries.withUnsafeBufferPointer { queries in
                keys.withUnsafeBufferPointer { run(nil, queries.baseAddress, $0.baseAddress) }
            }
        }
    }
}

/// A band is part of what a causal position sees.
func requireBand(_ operation: String, _ band: Int?, causal: Bool = true) {
    guard let band else { return }
    require(
        causal && band > 0,
        "\(operation): expected a band of 1 or more in causal attention, found \(band), "
            + "causal \(causal)")
}
