import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    /// The GloVe kernel against its formulas in Double.
    @Suite struct GloVe {
        static let width = 21
        static let stride = 32
        static let words = 9

        static func table(_ random: inout TestRandom, one: Int) -> [Float] {
            (0..<words).flatMap { _ -> [Float] in
                var row = random.floats(width + 2, in: -0.5...0.5)
                row[one] = 1
                row += [Float](repeating: 0, count: stride - width - 2)
                return row + [Float](repeating: 1, count: stride)
            }
        }

        @Test func agreesWithDouble() {
            var random = TestRandom(3)
            let words = Self.table(&random, one: Self.width + 1)
            let contexts = Self.table(&random, one: Self.width)
            // Counts on both sides of x_max; rows and columns come again.
            let entries = (0..<61).map { _ in
                sesame_cooccurrence(
                    row: UInt32(random.next() % 9), column: UInt32(random.next() % 9),
                    count: exp(random.floats(1, in: -2...5)[0]))
            }
            var (w, c) = (words.map(Double.init), contexts.map(Double.init))
            let expected = Self.train(&w, &c, entries)
            withEachISA { isa in
                let (found, foundContexts, costs) = Self.kernel(words, contexts, entries)
                let label = isaName(isa)
                expectClose(found, w, absolute: 3e-6, relative: 3e-6, label + " words")
                expectClose(foundContexts, c, absolute: 3e-6, relative: 3e-6, label + " contexts")
                #expect(abs(costs - expected) < 1e-5 * expected, "\(label)")
            }
        }

        /// The first step of an entry is the cost's gradient times the rate, the sums being 1.
        @Test func stepsAlongTheGradient() {
            var random = TestRandom(4)
            let words = Self.table(&random, one: Self.width + 1).map(Double.init)
            let contexts = Self.table(&random, one: Self.width).map(Double.init)
            let entry = sesame_cooccurrence(row: 2, column: 5, count: 3)
            var (w, c) = (words, contexts)
            _ = Self.train(&w, &c, [entry])
            let row = 2 * Self.stride
            func cost(_ words: [Double], _ contexts: [Double]) -> Double {
                var (w, c) = (words, contexts)
                return Self.train(&w, &c, [entry])
            }
            for place in 0..<Self.width + 2 {
                var (up, down) = (words, words)
                up[2 * row + place] += 1e-5
                down[2 * row + place] -= 1e-5
                let slope = (cost(up, contexts) - cost(down, contexts)) / 2e-5
                let step = words[2 * row + place] - w[2 * row + place]
                #expect(abs(step - (place == Self.width + 1 ? 0 : 0.05 * slope)) < 1e-9)
                (up, down) = (contexts, contexts)
                up[5 * row + place] += 1e-5
                down[5 * row + place] -= 1e-5
                let other = (cost(words, up) - cost(words, down)) / 2e-5
                let otherStep = contexts[5 * row + place] - c[5 * row + place]
                #expect(abs(otherStep - (place == Self.width ? 0 : 0.05 * other)) < 1e-9)
            }
        }

        static func train(
            _ w: inout [Double], _ c: inout [Double], _ entries: [sesame_cooccurrence]
        ) -> Double {
            var total = 0.0
            let row = 2 * stride
            for entry in entries {
                let (i, j) = (Int(entry.row) * row, Int(entry.column) * row)
                let x = Double(entry.count)
                var error = -log(x)
                for d in 0..<width + 2 { error += w[i + d] * c[j + d] }
                let weight = min(1, pow(x / 10, 0.75))
                total += weight * error * error / 2
                let u = 0.05 * weight * error
                for d in 0..<width + 2 {
                    let (a, b) = (u * c[j + d], u * w[i + d])
                    // The constants that biases stand against stay.
                    if d != width + 1 { w[i + d] -= a / w[i + stride + d].squareRoot() }
                    if d != width { c[j + d] -= b / c[j + stride + d].squareRoot() }
                    w[i + stride + d] += a * a
                    c[j + stride + d] += b * b
                }
            }
            return total
        }

        static func kernel(
            _ words: [Float], _ contexts: [Float], _ entries: [sesame_cooccurrence]
        ) -> ([Float], [Float], Double) {
            var (words, contexts) = (words, contexts)
            var cost = [0.0]
            words.withUnsafeMutableBufferPointer { w in
                contexts.withUnsafeMutableBufferPointer { c in
                    var model = sesame_glove(
                        width: width, stride: stride, words: w.baseAddress,
                        contexts: c.baseAddress, learning_rate: 0.05, maximum: 10, power: 0.75)
                    sesame_glove_train(&model, entries, 1, [0], [UInt64(entries.count)], &cost)
                }
            }
            return (words, contexts, cost[0])
        }
    }
}
