import CSesameKernels

/// The matrix product op(a) · op(b).
///
/// - Parameters:
///   - a: `[m, k]`, or `[k, m]` where `transposeA`; or a batch of such matrices, `[batch, m, k]`.
///   - b: `[k, n]`, or `[n, k]` where `transposeB`; as many axes as `a` has, and the same batch.
///   - transposeA: whether `a` is stored transposed.
///   - transposeB: whether `b` is stored transposed.
///   - precision: how the product and those of its gradient compute.
/// - Returns: `[m, n]` or `[batch, m, n]`.
public func matmul(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false,
    precision: Precision = .float32
) -> Tensor {
    let rank = a.shape.count
    require(
        (rank == 2 || rank == 3) && b.shape.count == rank
            && (rank == 2 || a.shape[0] == b.shape[0]),
        "matmul: expected two matrices or two equal batches, found \(a.shape) and \(b.shape)")
    let batch = rank == 3 ? a.shape[0] : 1
    let m = a.shape[transposeA ? rank - 1 : rank - 2]
    let k = a.shape[transposeA ? rank - 2 : rank - 1]
    let n = b.shape[transposeB ? rank - 2 : rank - 1]
    let innerB = b.shape[transposeB ? rank - 1 : rank - 2]
    require(
        k == innerB,
        "matmul: inner sizes \(k) and \(innerB) differ: \(a.shape)\(transposeA ? "ᵀ" : ""), "
            + "\(b.shape)\(transposeB ? "ᵀ" : "")")
    let shape = rank == 3 ? Shape(batch, m, n) : Shape(m, n)
    var product = Tensor(shape: shape) { out in
        withPointers(a, b) { a, b in
            multiply(precision, batch, m, n, k, a, transposeA, b, transposeB, false, out)
        }
    }
    if a.requiresGradient || b.requiresGradient {
        let keptA = b.requiresGradient ? a.detached() : nil
        let keptB = a.requiresGradient ? b.detached() : nil
        let shapeA = a.shape
        let shapeB = b.shape
        product.record(inputs: [a.edge, b.edge]) { pass in
            let gradient = pass.takeOnly()
            if let keptB {
                pass.accumulate(to: 0, shape: shapeA) { out, accumulating in
                    withPointers(gradient, keptB) { g, b in
                        if transposeA {  // dA = op(B) · Gᵀ
                            multiply(
                                precision, batch, k, m, n, b, transposeB, g, true, accumulating, out
                            )
                        } else {  // dA = G · op(B)ᵀ
                            multiply(
                                precision, batch, m, k, n, g, false, b, !transposeB, accumulating,
                                out)
                        }
                    }
                }
            }
            if let keptA {
                pass.accumulate(to: 1, shape: shapeB) { out, accumulating in
                    withPointers(gradient, keptA) { g, a in
                        if transposeB {  // dB = Gᵀ · op(A)
                            multiply(
                                precision, batch, n, k, m, g, true, a, transposeA, accumulating, out
                            )
                        } else {  // dB = op(A)ᵀ · G
                            multiply(
                                precision, batch, k, n, m, a, !transposeA, g, false, accumulating,
                                out)
                        }
                    }
                }
            }
        }
    }
    return product
}

/// A batch of products of dense matrices.
func multiply(
    _ precision: Precision, _ batch: Int, _ m: Int, _ n: Int, _ k: Int,
    _ a: UnsafePointer<Float>, _ transposeA: Bool, _ b: UnsafePointer<Float>, _ transposeB: Bool,
    _ accumulate: Bool, _ c: UnsafeMutablePointer<Float>
) {
    let lda = transposeA ? m : k
    let ldb = transposeB ? k : n
    if batch == 1 {
        sesame_gemm(
            precision.kernel, transposeA, transposeB, m, n, k, a, lda, b, ldb, accumulate, c, n, nil
        )
    } else {
        sesame_gemm_batched(
            precision.kernel, transposeA, transposeB, batch, m, n, k, a, lda, m * k, b, ldb, k * n,
            accumulate, c, n, m * n)
    }
}
