/// The directions in which vectors differ most.
///
/// Source: Pearson 1901; the components are eigenvectors of the covariance matrix.
public struct PrincipalComponents: Sendable {
    /// The mean of the vectors.
    public let mean: [Double]
    /// Directions of length 1, that of the greatest variance first, each with its largest entry positive.
    public let components: [[Double]]
    /// The share of the variance that each direction has, 0...1.
    public let shares: [Double]

    /// The first components of vectors.
    ///
    /// - Parameters:
    ///   - vectors: One at least, all of one width.
    ///   - count: How many components; at most the width.
    public init(of vectors: [[Float]], count: Int) {
        let width = vectors.first?.count ?? 0
        precondition(
            width > 0 && vectors.allSatisfy { $0.count == width } && (1...width).contains(count),
            "PrincipalComponents: \(count) of \(vectors.count) vectors of \(width) values")
        var mean = [Double](repeating: 0, count: width)
        for vector in vectors { for place in 0..<width { mean[place] += Double(vector[place]) } }
        mean = mean.map { $0 / Double(vectors.count) }
        let centred = vectors.map { zip($0, mean).map { Double($0) - $1 } }
        let matrix = scatter(centred, width: width)
        let total = (0..<width).reduce(0) { $0 + matrix[$1 * width + $1] }
        let eigen = SymmetricEigenvectors(matrix, size: width, count: count)
        self.mean = mean
        components = eigen.vectors
        shares = eigen.values.map { total > 0 ? max(0, $0) / total : 0 }
    }

    /// Where a vector lies along each component.
    public func place(_ vector: [Float]) -> [Double] {
        components.map { component in
            vector.indices.reduce(0) { $0 + (Double(vector[$1]) - mean[$1]) * component[$1] }
        }
    }
}
