import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    @Suite struct LayerNorm {
        @Test(arguments: [(0, 4), (1, 1), (3, 5), (2, 16), (70, 33), (40, 384)])
        func matchesDouble(rows: Int, cols: Int) {
            var random = TestRandom(UInt64(cols)), n = rows * cols
            n = rows * cols
            let x = random.floats(n).map { $0 + 3 }, residual = random.floats(n)
            let weight = random.floats(cols), bias = random.floats(cols)
            let dy = random.floats(n), dsum = random.floats(n)
            let eps: Float = 1e-5
            var y = [Double](repeating: 0, count: n), dx = y
            var dweight = [Double](repeating: 0, count: cols), dbias = dweight
            for r in 0..<rows {
                let s = (0..<cols).map { Double(x[r * cols + $0] + residual[r * cols + $0]) }
                let mean = s.reduce(0, +) / Double(cols)
                let variance = s.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(cols)
                let rstd = 1 / (variance + Double(eps)).squareRoot()
                var sumG = 0.0, sumGX = 0.0
                for j in 0..<cols {
                    let xhat = (s[j] - mean) * rstd, d = Double(dy[r * cols + j])
                    y[r * cols + j] = xhat * Double(weight[j]) + Double(bias[j])
                    sumG += d * Double(weight[j])
                    sumGX += d * Double(weight[j]) * xhat
                    dweight[j] += d * xhat
                    dbias[j] += d
                }
                for j in 0..<cols {
                    let xhat = (s[j] - mean) * rstd, at = r * cols + j
                    let g = Double(dy[at]) * Double(weight[j])
                    dx[at] =
                        rstd * (g - sumG / Double(cols) - xhat * sumGX / Double(cols))
                        + Double(dsum[at])
                }
            }
            withEachISA { isa in
                var out = x, sum = x
                var mean = [Float](repeating: 0, count: rows), rstd = mean
                sesame_layer_norm_forward(
                    rows, cols, x, residual, weight, bias, eps, &sum, &out, &mean, &rstd)
                #expect(sum == zip(x, residual).map { $0 + $1 })
                // One column: rstd is 316 and multiplies every rounding.
                let bound = cols == 1 ? 1e-3 : 1e-5
                expectClose(out, y, absolute: bound, isaName(isa))
                var plain = x
                sesame_layer_norm_forward(
                    rows, cols, sum, nil, weight, bias, eps, nil, &plain, nil, nil)
                #expect(plain == out || rows == 0)
                var dw = [Float](repeating: 3, count: cols), db = dw, d = x
                sesame_layer_norm_backward(
                    rows, cols, sum, weight, mean, rstd, dy, dsum, &d, &dw, &db)
                expectClose(d, dx, absolute: bound * 4, isaName(isa))
                expectClose(dw, dweight, absolute: bound * Double(rows + 1), isaName(isa))
                expectClose(db, dbias, absolute: 1e-6 * Double(rows + 1), isaName(isa))
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            let (rows, cols) = (300, 130)
            var random = TestRandom(8)
            let x = random.floats(rows * cols), dy = random.floats(rows * cols)
            let weight = random.floats(cols), bias = random.floats(cols)
            expectSameBits {
                var y = x, dx = x, mean = [Float](repeating: 0, count: rows), rstd = mean
                var dw = weight, db = weight
                sesame_layer_norm_forward(
                    rows, cols, x, nil, weight, bias, 1e-5, nil, &y, &mean, &rstd)
                sesame_layer_norm_backward(
                    rows, cols, x, weight, mean, rstd, dy, nil, &dx, &dw, &db)
                return y + dx + dw + db
            }
        }
    }

    @Suite struct Softmax {
        @Test(arguments: [(0, 3), (1, 1), (4, 7), (3, 16), (50, 65), (9, 5000)])
        func matchesDouble(rows: Int, cols: Int) {
            var random = TestRandom(UInt64(cols))
            let x = random.floats(rows * cols, in: -9...9), dy = random.floats(rows * cols)
            var y = [Double](), logY = y, dx = y, dLog = y
            for r in 0..<rows {
                let row = (0..<cols).map { Double(x[r * cols + $0]) }
                let top = row.max() ?? 0, sum = row.reduce(0) { $0 + exp($1 - top) }
                let p = row.map { exp($0 - top) / sum }
                let d = (0..<cols).map { Double(dy[r * cols + $0]) }
                let dot = zip(p, d).reduce(0) { $0 + $1.0 * $1.1 }, total = d.reduce(0, +)
                y += p
                logY += row.map { $0 - top - log(sum) }
                dx += zip(p, d).map { $0 * ($1 - dot) }
                dLog += zip(p, d).map { $1 - $0 * total }
            }
            withEachISA { isa in
                var out = x
                sesame_softmax_forward(rows, cols, out, &out)
                // x - max, as far as 18, is rounded before the exponential.
                expectClose(out, y, absolute: 1e-30, relative: 40 * epsilon, isaName(isa))
                var d = dy
                sesame_softmax_backward(rows, cols, out, d, &d)
                expectClose(d, dx, absolute: 1e-6, isaName(isa))
                out = x
                sesame_log_softmax_forward(rows, cols, out, &out)
                expectClose(out, logY, absolute: 64 * epsilon, isaName(isa))
                d = dy
                sesame_log_softmax_backward(rows, cols, out, d, &d)
                expectClose(d, dLog, absolute: 1e-4, isaName(isa))
                var best = [Int32](repeating: -1, count: rows)
                sesame_argmax_rows(rows, cols, x, &best)
                for r in 0..<rows {
                    let row = x[r * cols..<(r + 1) * cols]
                    #expect(Int(best[r]) == row.firstIndex(of: row.max()!)! - r * cols)
                }
            }
        }

        @Test func hiddenAndHugeValues() {
            withEachISA { isa in
                var y: [Float] = [-.infinity, -.infinity, 0, 1e30, -1e30, 1e30, -.infinity, 2]
                sesame_softmax_forward(4, 2, y, &y)
                #expect(y == [0, 0, 0, 1, 0, 1, 0, 1], "\(isaName(isa))")
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            var random = TestRandom(8)
            let x = random.floats(300 * 130, in: -5...5)
            expectSameBits {
                var y = x
                sesame_softmax_forward(300, 130, x, &y)
                return y
            }
        }
    }
}
