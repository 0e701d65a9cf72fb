/// The largest eigenvalues of a symmetric matrix and their vectors, by cyclic Jacobi rotations, in Double.
///
/// Source: Golub & Van Loan, Matrix Computations, section 8.5. A few hundred rows take less than a second or two.
struct SymmetricEigenvectors {
    /// The largest first.
    private(set) var values: [Double] = []
    /// A vector of length 1 for each, its largest entry positive.
    private(set) var vectors: [[Double]] = []

    /// - Parameters:
    ///   - matrix: `size × size`, row after row.
    ///   - count: How many to return.
    init(_ matrix: [Double], size: Int, count: Int) {
        var a = matrix
        var v = [Double](repeating: 0, count: size * size)
        for i in 0..<size { v[i * size + i] = 1 }
        let scale = a.reduce(0) { $0 + $1 * $1 }
        a.withUnsafeMutableBufferPointer { a in
            v.withUnsafeMutableBufferPointer { v in
                for _ in 0..<60 {
                    var off = 0.0
                    for i in 0..<size {
                        for j in i + 1..<max(i + 1, size) {
                            off += a[i * size + j] * a[i * size + j]
                        }
                    }
                    if off <= 1e-26 * scale { break }
                    for p in 0..<size {
                        for q in p + 1..<max(p + 1, size) { Self.rotate(a, v, size, p, q) }
                    }
                }
            }
        }
        let order = (0..<size).sorted { a[$0 * size + $0] > a[$1 * size + $1] }.prefix(count)
        for column in order {
            values.append(a[column * size + column])
            var vector = (0..<size).map { v[$0 * size + column] }
            let largest = vector.indices.max { abs(vector[$0]) < abs(vector[$1]) } ?? 0
            if vector[largest] < 0 { vector = vector.map { -$0 } }
            vectors.append(vector)
        }
    }

    /// Brings the entry at (p, q) to zero.
    private static func rotate(
        _ a: UnsafeMutableBufferPointer<Double>, _ v: UnsafeMutableBufferPointer<Double>,
        _ size: Int, _ p: Int, _ q: Int
    ) {
        let entry = a[p * size + q]
        guard entry != 0 else { return }
        let tau = (a[q * size + q] - a[p * size + p]) / (2 * entry)
        let t = (tau >= 0 ? 1.0 : -1.0) / (abs(tau) + (1 + tau * tau).squareRoot())
        let c = 1 / (1 + t * t).squareRoot()
        let s = t * c
        for k in 0..<size {
            let (x, y) = (a[k * size + p], a[k * size + q])
            a[k * size + p] = c * x - s * y
            a[k * size + q] = s * x + c * y
        }
        for k in 0..<size {
            let (x, y) = (a[p * size + k], a[q * size + k])
            a[p * size + k] = c * x - s * y
            a[q * size + k] = s * x + c * y
        }
        for k in 0..<size {
            let (x, y) = (v[k * size + p], v[k * size + q])
            v[k * size + p] = c * x - s * y
            v[k * size + q] = s * x + c * y
        }
    }
}

/// Σ x xᵀ over rows of `width` values, `width × width`.
func scatter(_ rows: [[Double]], width: Int) -> [Double] {
    let parts = parallelMap(width) { i in
        var sums = [Double](repeating: 0, count: width)
        for row in rows where row[i] != 0 {
            for j in i..<width { sums[j] += row[i] * row[j] }
        }
        return sums
    }
    var matrix = [Double](repeating: 0, count: width * width)
    for i in 0..<width {
        for j in i..<width {
            matrix[i * width + j] = parts[i][j]
            matrix[j * width + i] = parts[i][j]
        }
    }
    return matrix
}
