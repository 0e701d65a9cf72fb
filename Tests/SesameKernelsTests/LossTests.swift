import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    @Suite struct Losses {
        /// Losses and the gradient of their sum, in Double.
        static func reference(
            _ logits: [Double], _ targets: [Int32], classes: Int, smoothing: Double
        ) -> (losses: [Double], gradients: [Double]) {
            var losses = [Double](), gradients = [Double]()
            for (r, target) in targets.enumerated() {
                let x = logits[r * classes..<(r + 1) * classes].map { $0 }
                guard target != -100 else {
                    losses.append(0)
                    gradients += [Double](repeating: 0, count: classes)
                    continue
                }
                let top = x.max()!, sum = x.reduce(0) { $0 + exp($1 - top) }
                var loss = 0.0
                for j in 0..<classes {
                    let q = (j == Int(target) ? 1 - smoothing : 0) + smoothing / Double(classes)
                    loss -= q * (x[j] - top - log(sum))
                    gradients.append(exp(x[j] - top) / sum - q)
                }
                losses.append(loss)
            }
            return (losses, gradients)
        }

        @Test(arguments: [(1, 1), (3, 5), (20, 65), (6, 9000)])
        func crossEntropy(rows: Int, classes: Int) {
            var random = TestRandom(UInt64(classes))
            let logits = random.floats(rows * classes, in: -8...8)
            var targets = random.ids(rows, below: classes)
            if rows > 2 { targets[1] = -100 }
            for smoothing in [0, 0.1] as [Float] {
                let expected = Self.reference(
                    logits.map(Double.init), targets, classes: classes, smoothing: Double(smoothing)
                )
                withEachISA { isa in
                    var losses = [Float](repeating: 9, count: rows), gradient = logits
                    sesame_cross_entropy(
                        rows, classes, gradient, targets, -100, smoothing, 0.5, &losses, &gradient)
                    expectClose(
                        losses, expected.losses, absolute: 2e-6, relative: 2e-7, isaName(isa))
                    expectClose(
                        gradient, expected.gradients.map { $0 / 2 }, absolute: 1e-6, isaName(isa))
                    var alone = losses
                    sesame_cross_entropy(
                        rows, classes, logits, targets, -100, smoothing, 0.5, &alone, nil)
                    #expect(alone == losses)
                }
            }
        }

        @Test(arguments: [(1, 3, 2, 1), (7, 16, 65, 3), (700, 20, 9000, 5), (30, 8, 33, 1000)])
        func projected(rows: Int, cols: Int, classes: Int, ignoreEvery: Int) {
            var random = TestRandom(UInt64(classes))
            let hidden = random.floats(rows * cols), weight = random.floats(classes * cols)
            let bias = random.floats(classes)
            var targets = random.ids(rows, below: classes)
            for i in targets.indices where i % ignoreEvery == 2 { targets[i] = -100 }
            var logits = [Double](repeating: 0, count: rows * classes)
            for r in 0..<rows {
                for v in 0..<classes {
                    var sum = Double(bias[v])
                    for c in 0..<cols {
                        sum += Double(hidden[r * cols + c]) * Double(weight[v * cols + c])
                    }
                    logits[r * classes + v] = sum
                }
            }
            let expected = Self.reference(logits, targets, classes: classes, smoothing: 0)
            var dhidden = [Double](repeating: 0, count: rows * cols)
            var dweight = [Double](repeating: 0, count: classes * cols)
            var dbias = [Double](repeating: 0, count: classes)
            for r in 0..<rows where targets[r] != -100 {
                for v in 0..<classes {
                    let g = expected.gradients[r * classes + v]
                    dbias[v] += g
                    for c in 0..<cols {
                        dhidden[r * cols + c] += g * Double(weight[v * cols + c])
                        dweight[v * cols + c] += g * Double(hidden[r * cols + c])
                    }
                }
            }
            withEachISA { isa in
                var losses = [Float](repeating: 9, count: rows), dh = hidden, dw = weight, db = bias
                var predictions = [Int32](repeating: 7, count: rows)
                sesame_projected_cross_entropy(
                    SESAME_FLOAT32, rows, cols, classes, hidden, weight, bias, targets, -100, 0, 1,
                    &losses, &dh, &dw, &db, &predictions)
                expectClose(losses, expected.losses, absolute: 4e-6, isaName(isa))
                expectClose(dh, dhidden, absolute: 4e-6, isaName(isa))
                expectClose(dw, dweight, absolute: 2e-5, isaName(isa))
                expectClose(db, dbias, absolute: 2e-5, isaName(isa))
                for r in 0..<rows {
                    let row = logits[r * classes..<(r + 1) * classes]
                    let best = Int32(row.firstIndex(of: row.max()!)! - r * classes)
                    #expect(predictions[r] == (targets[r] == -100 ? -1 : best), "\(isaName(isa))")
                }
            }
        }

        @Test func nothingCounted() {
            withEachISA { _ in
                var losses: [Float] = [5, 5], dh: [Float] = [1, 1], dw: [Float] = [1, 1, 1]
                var db: [Float] = [1, 1, 1]
                sesame_projected_cross_entropy(
                    SESAME_FLOAT32, 2, 1, 3, [1, 2], [1, 2, 3], nil, [-1, -1], -1, 0, 1, &losses,
                    &dh, &dw, &db, nil)
                #expect(losses == [0, 0] && dh == [0, 0] && dw == [0, 0, 0] && db == [0, 0, 0])
            }
        }

        @Test func elementwiseLosses() {
            let x: [Float] = [-100, -20, -1, 0, 0.5, 3, 20, 100],
                t: [Float] = [0, 1, 0, 0.5, 1, 0, 1, 0]
            withEachISA { _ in
                var losses = x, dx = x
                sesame_binary_cross_entropy(x.count, x, t, &losses, &dx)
                let pairs = zip(x, t).map { (Double($0), Double($1)) }
                expectClose(
                    losses,
                    pairs.map { max($0, 0) - $0 * $1 + log1p(exp(-abs($0))) },
                    absolute: 1e-30, relative: 4 * epsilon)
                expectClose(dx, pairs.map { 1 / (1 + exp(-$0)) - $1 }, absolute: 2 * epsilon)
                sesame_squared_error(x.count, x, t, &losses, &dx)
                #expect(losses == zip(x, t).map { ($0 - $1) * ($0 - $1) })
                #expect(dx == zip(x, t).map { 2 * ($0 - $1) })
                sesame_absolute_error(3, [1, 2, 3], [1, 4, 2], &losses, &dx)
                #expect(losses.prefix(3) == [0, 2, 1] && dx.prefix(3) == [0, -1, 1])
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            let (rows, cols, classes) = (600, 24, 9000)
            var random = TestRandom(3)
            let hidden = random.floats(rows * cols), weight = random.floats(classes * cols)
            let targets = random.ids(rows, below: classes)
            expectSameBits {
                var losses = [Float](repeating: 0, count: rows), dh = hidden, dw = weight
                var db = [Float](repeating: 0, count: classes)
                sesame_projected_cross_entropy(
                    SESAME_FLOAT32, rows, cols, classes, hidden, weight, nil, targets, -100, 0.1, 1,
                    &losses, &dh, &dw, &db, nil)
                return losses + dh + dw + db
            }
        }
    }

    @Suite struct Embeddings {
        @Test(arguments: [(0, 4, 3), (1, 1, 1), (50, 7, 3), (900, 130, 40)])
        func gatherAndScatter(count: Int, cols: Int, vocabulary: Int) {
            var random = TestRandom(UInt64(count))
            let table = random.floats(vocabulary * cols), dy = random.floats(count * cols)
            let ids = random.ids(count, below: vocabulary)
            withEachISA { isa in
                var out = dy
                sesame_embedding_gather(count, cols, table, ids, false, &out)
                let rows = ids.flatMap { table[Int($0) * cols..<(Int($0) + 1) * cols] }
                #expect(out == rows, "\(isaName(isa))")
                sesame_embedding_gather(count, cols, table, ids, true, &out)
                #expect(out == rows.map { $0 + $0 }, "\(isaName(isa))")
                var sums = table, expected = table
                sesame_embedding_scatter_add(count, cols, ids, dy, &sums)
                for (i, id) in ids.enumerated() {
                    for j in 0..<cols { expected[Int(id) * cols + j] += dy[i * cols + j] }
                }
                #expect(sums == expected, "\(isaName(isa))")
            }
            expectSameBits {
                var sums = table
                sesame_embedding_scatter_add(count, cols, ids, dy, &sums)
                return sums
            }
        }
    }
}
