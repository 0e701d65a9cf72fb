#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Puts vectors on a plane so that neighbours stay neighbours: t-SNE, exact, for up to a few thousand vectors.
///
/// The similarity of i to j is a Gaussian around i whose width gives every i as many neighbours, in effect, as
/// ``perplexity`` says; on the plane it is Student's t with one degree of freedom, and gradient descent brings the
/// two distributions together (Kullback-Leibler). The first quarter of the steps exaggerates the similarities
/// twelvefold, which lets clusters form; learning rate, momentum and gains are those of van der Maaten's
/// program. The start is the first two principal components, so that the same vectors give the same map at any
/// number of threads; there is no chance in it.
///
/// Source: van der Maaten & Hinton 2008, "Visualizing Data using t-SNE"; the start and the learning rate are of Kobak &
/// Berens 2019.
public struct NeighbourMap: Sendable {
    /// How many neighbours count, in effect; at most a third of the vectors is used.
    public var perplexity = 30.0
    /// Steps of gradient descent.
    public var stepCount = 1000
    /// The most vectors taken: time and memory grow with their square.
    public static let largestCount = 5000

    /// The defaults.
    public init() {}

    /// The places of vectors on the plane.
    ///
    /// - Parameters:
    ///   - vectors: All of one width; compared by cosine, as search does.
    ///   - onStep: Called after each step; throws to stop.
    /// - Throws: ``VectorError`` with code `.invalidOption` for too many vectors or too few, or a perplexity below 1.
    public func places(
        of vectors: [[Float]], onStep: (Int) throws -> Void = { _ in }
    ) throws -> [(x: Double, y: Double)] {
        let count = vectors.count
        guard (4...Self.largestCount).contains(count) else {
            throw VectorError(
                .invalidOption(
                    name: "words on a map by t-SNE", expected: "4 to \(Self.largestCount)",
                    found: "\(count)"))
        }
        guard perplexity >= 1, perplexity.isFinite, stepCount >= 1 else {
            throw VectorError(
                .invalidOption(
                    name: "perplexity and steps", expected: "at least 1",
                    found: "\(perplexity), \(stepCount)"))
        }
        let units = vectors.map(VectorSearch.unit)
        let p = similarities(units)
        var y = start(units)
        var velocity = [Double](repeating: 0, count: 2 * count)
        var gains = [Double](repeating: 1, count: 2 * count)
        let early = stepCount / 4
        let rate = max(Double(count) / 12 / 4, 50)
        for step in 0..<stepCount {
            let gradient = gradient(p, y, exaggeration: step < early ? 12 : 1)
            let momentum = step < early ? 0.5 : 0.8
            for i in y.indices {
                let isSame = gradient[i] * velocity[i] > 0
                gains[i] = max(0.01, isSame ? gains[i] * 0.8 : gains[i] + 0.2)
                velocity[i] = momentum * velocity[i] - rate * gains[i] * gradient[i]
                y[i] += velocity[i]
            }
            try onStep(step + 1)
        }
        return (0..<count).map { (y[2 * $0], y[2 * $0 + 1]) }
    }

    /// The first two principal components, made small.
    private func start(_ units: [[Float]]) -> [Double] {
        let components = PrincipalComponents(of: units, count: min(2, units[0].count))
        var places = units.flatMap { unit -> [Double] in
            let place = components.place(unit)
            return [place[0], place.count > 1 ? place[1] : 0]
        }
        let deviation =
            (stride(from: 0, to: places.count, by: 2).reduce(0) { $0 + places[$1] * places[$1] }
            / Double(units.count)).squareRoot()
        let scale = deviation > 0 ? 1e-4 / deviation : 1
        // Equal vectors would never part: each is moved by a little of its own.
        for i in places.indices {
            places[i] = places[i] * scale + 1e-7 * Double((i &* 7919) % 101 - 50) / 50
        }
        return places
    }

    /// The joint similarities, `count × count`: symmetric, their sum 1.
    private func similarities(_ units: [[Float]]) -> [Float] {
        let count = units.count
        let goal = log(min(perplexity, Double(count - 1) / 3))
        let rows = parallelMap(count) { i -> [Double] in
            let distances = (0..<count).map { j -> Double in
                var sum = 0.0
                for place in units[i].indices {
                    let difference = Double(units[i][place]) - Double(units[j][place])
                    sum += difference * difference
                }
                return sum
            }
            return Self.conditional(distances, i, entropy: goal)
        }
        var p = [Float](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in 0..<count where i != j {
                p[i * count + j] = Float(
                    max((rows[i][j] + rows[j][i]) / Double(2 * count), 1e-12))
            }
        }
        return p
    }

    /// The similarities of i to all others, of the entropy asked for; their sum is 1.
    private static func conditional(_ distances: [Double], _ i: Int, entropy: Double) -> [Double] {
        var (beta, low, high) = (1.0, 0.0, Double.infinity)
        var row = distances
        for _ in 0..<64 {
            var (sum, weighted) = (0.0, 0.0)
            for j in distances.indices {
                row[j] = j == i ? 0 : exp(-distances[j] * beta)
                sum += row[j]
                weighted += row[j] * distances[j]
            }
            sum = max(sum, 1e-300)
            let found = log(sum) + beta * weighted / sum
            for j in row.indices { row[j] /= sum }
            if abs(found - entropy) < 1e-5 { break }
            if found > entropy {
                low = beta
                beta = high.isFinite ? (beta + high) / 2 : beta * 2
            } else {
                high = beta
                beta = (beta + low) / 2
            }
        }
        return row
    }

    /// The gradient of the divergence: 4 Σ (p - q) (y_i - y_j) / (1 + |y_i - y_j|²).
    private func gradient(_ p: [Float], _ y: [Double], exaggeration: Double) -> [Double] {
        let count = y.count / 2
        let rows = p.withUnsafeBufferPointer { p in
            y.withUnsafeBufferPointer { y in
                parallelMap(count) { i -> (near: [Double], far: [Double], sum: Double) in
                    var (nearX, nearY, farX, farY, sum) = (0.0, 0.0, 0.0, 0.0, 0.0)
                    for j in 0..<count where j != i {
                        let dx = y[2 * i] - y[2 * j]
                        let dy = y[2 * i + 1] - y[2 * j + 1]
                        let q = 1 / (1 + dx * dx + dy * dy)
                        let near = Double(p[i * count + j]) * q
                        nearX += near * dx
                        nearY += near * dy
                        farX += q * q * dx
                        farY += q * q * dy
                        sum += q
                    }
                    return ([nearX, nearY], [farX, farY], sum)
                }
            }
        }
        let total = max(rows.reduce(0) { $0 + $1.sum }, 1e-300)
        return rows.flatMap { row in
            (0..<2).map { 4 * (exaggeration * row.near[$0] - row.far[$0] / total) }
        }
    }
}
