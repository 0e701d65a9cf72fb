import CSesameKernels

/// Causal self-attention of new tokens to themselves and to earlier ones, whose keys and values are kept.
///
/// The new keys and values are written behind the first `count` rows, and the kernel reads the kept ones with
/// their own strides, so that nothing is copied but the new rows. For inference: no gradient is recorded.
/// - Parameters:
///   - qkv: `[batch, time, 3 · hidden]`: queries, keys and values of the new tokens.
///   - keys: `[batch, capacity, hidden]`, changed in place.
///   - values: the same.
///   - count: how many tokens are kept already.
///   - headCount: how many heads share the hidden axis.
///   - band: how many tokens each sees, itself included; nil for all.
///   - precision: how the products compute.
/// - Returns: `[batch, time, hidden]`.
package func attentionAppending(
    _ qkv: Tensor, keys: inout Tensor, values: inout Tensor, count: Int, headCount: Int,
    band: Int? = nil, precision: Precision
) -> Tensor {
    require(
        qkv.shape.count == 3 && keys.shape.count == 3 && qkv.shape[2] == 3 * keys.shape[2]
            && qkv.shape[0] == keys.shape[0] && keys.shape == values.shape,
        "attentionAppending: expected qkv [B, T, 3C] and kept [B, N, C], "
            + "found \(qkv.shape), \(keys.shape) and \(values.shape)")
    let (B, T, C) = (qkv.shape[0], qkv.shape[1], keys.shape[2])
    let capacity = keys.shape[1]
    require(
        headCount > 0 && C % headCount == 0,
        "attentionAppending: \(C) is no multiple of \(headCount) heads")
    require(
        count >= 0 && count + T <= capacity,
        "attentionAppending: \(count) tokens and \(T) more do not fit \(capacity)")
    requireBand("attentionAppending", band)
    var shape = sesame_attention()
    (shape.batch, shape.heads, shape.head_size) = (B, headCount, C / headCount)
    (shape.query_count, shape.key_count) = (T, count + T)
    (shape.query_time_stride, shape.query_batch_stride) = (3 * C, T * 3 * C)
    (shape.key_time_stride, shape.key_batch_stride) = (C, capacity * C)
    (shape.value_time_stride, shape.value_batch_stride) = (C, capacity * C)
    (shape.output_time_stride, shape.output_batch_stride) = (C, T * C)
    shape.scale = 1 / Float(C / headCount).squareRoot()
    shape.causal = true
    shape.band = band ?? 0
    shape.precision = precision.kernel
    return Tensor(shape: Shape(B, T, C)) { out in
        qkv.withPointer { qkv in
            keys.withUnsafeMutableBufferPointer { keys in
                values.withUnsafeMutableBufferPointer { values in
                    guard let keys = keys.baseAddress, let values = values.baseAddress else {
                        return
                    }
                    for b in 0..<B {
                        let row = qkv + b * T * 3 * C
                        let place = (b * capacity + count) * C
                        sesame_copy_block(T, C, row + C, 3 * C, false, keys + place, C)
                        sesame_copy_block(T, C, row + 2 * C, 3 * C, false, values + place, C)
                    }
                    sesame_attention_forward(&shape, qkv, keys, values, out, nil)
                }
            }
        }
    }
}
