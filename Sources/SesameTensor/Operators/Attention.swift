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

/// Multi-head scaled dot-product attention: softmax(q · kᵀ / √d) · v for each head.
///
/// Heads are consecutive parts of the channels. The time × time matrix is never stored.
/// - Parameters:
///   - query: `[batch, queries, channels]`.
///   - key: `[batch, keys, channels]`.
///   - value: `[batch, keys, channels]`.
///   - headCount: divides `channels`.
///   - causal: whether query i sees keys j ≤ i + (keys - queries) only.
///   - keyMask: `[batch, keys]`; hides padding. A query without any visible key gives zeros.
///   - dropout: drops attention weights; nil for none.
///   - precision: how the products compute; the softmax is always Float32.
/// - Returns: `[batch, queries, channels]`.
///
/// Source: Vaswani et al. 2017, "Attention is all you need", equation 1; in blocks after Dao et al. 2022,
/// "FlashAttention".
public func attention(
    query: Tensor, key: Tensor, value: Tensor, headCount: Int, causal: Bool,
    keyMask: AttentionMask? = nil, dropout: DropoutSite? = nil, precision: Precision = .float32
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
        keyMask: keyMask, dropout: dropout, precision: precision)
    let recorded = query.requiresGradient || key.requiresGradient || value.requiresGradient
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
///   - keyMask: `[batch, time]`; hides padding. A query without any visible key gives zeros.
///   - dropout: drops attention weights; nil for none.
///   - precision: how the products compute; the softmax is always Float32.
/// - Returns: `[batch, time, channels]`.
public func attention(
    packed qkv: Tensor, headCount: Int, causal: Bool, keyMask: AttentionMask? = nil,
    dropout: DropoutSite? = nil, precision: Precision = .float32
) -> Tensor {
    require(
        qkv.shape.count == 3 && qkv.shape[2] % 3 == 0,
        "attention: expected packed [B, T, 3C], found \(qkv.shape)")
    let (batch, time, channels) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
    let call = AttentionCall(
        batch: batch, queryCount: time, keyCount: time, channels: channels,
        queryStride: 3 * channels, keyStride: 3 * channels, headCount: headCount, causal: causal,
        keyMask: keyMask, dropout: dropout, precision: precision)
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
    let keyMask: [UInt8]?
    let dropout: DropoutSite?
    let precision: Precision

    init(
        batch: Int, queryCount: Int, keyCount: Int, channels: Int, queryStride: Int, keyStride: Int,
        headCount: Int, causal: Bool, keyMask: AttentionMask?, dropout: DropoutSite?,
        precision: Precision
    ) {
        require(
            headCount > 0 && channels % headCount == 0,
            "attention: \(headCount) heads do not divide \(channels) channels")
        if let keyMask {
            require(
                keyMask.batchSize == batch && keyMask.keyCount == keyCount,
                "attention: expected a key mask [\(batch), \(keyCount)], found \(keyMask.shape)")
        }
        self.batch = batch
        self.queryCount = queryCount
        self.keyCount = keyCount
        self.channels = channels
        self.queryStride = queryStride
        self.keyStride = keyStride
        self.headCount = headCount
        self.causal = causal
        self.keyMask = keyMask?.scalars
        self.dropout = dropout
        self.precision = precision
    }

    /// One value for each head and query.
    var rowShape: Shape { Shape(batch, headCount, queryCount) }

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
        func run(_ mask: UnsafePointer<UInt8>?) {
            var shape = sesame_attention()
            shape.batch = batch
            shape.heads = headCount
            shape.head_size = headSize
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
            shape.key_mask = mask
            shape.dropout = dropout?.probability ?? 0
            shape.key = (dropout?.key ?? RandomKey(seed: 0)).kernel
            shape.precision = precision.kernel
            withUnsafePointer(to: &shape) { body($0) }
        }
        if let keyMask {
            keyMask.withUnsafeBufferPointer { run($0.baseAddress) }
        } else {
            run(nil)
        }
    }
}
