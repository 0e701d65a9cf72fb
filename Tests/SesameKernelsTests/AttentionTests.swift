import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    @Suite struct Attention {
        struct Case: CustomTestStringConvertible, Sendable {
            var batch = 1, heads = 1, headSize = 16, queries = 5, keys = 5
            var causal = false, masked = false, dropout: Float = 0, band = 0
            var testDescription: String { "\(self)" }
        }

        static let cases: [Case] = [
            Case(headSize: 1, queries: 1, keys: 1),
            Case(batch: 2, heads: 3, headSize: 16, queries: 9, keys: 9, causal: true),
            Case(
                batch: 2, heads: 2, headSize: 32, queries: 64, keys: 64, causal: true, dropout: 0.2),
            Case(heads: 2, headSize: 40, queries: 70, keys: 300, masked: true),
            Case(heads: 2, headSize: 64, queries: 130, keys: 300, causal: true, dropout: 0.3),
            Case(batch: 3, headSize: 24, queries: 1, keys: 77, causal: true, masked: true),
            Case(heads: 2, headSize: 20, queries: 90, keys: 33, causal: true),
            Case(headSize: 128, queries: 40, keys: 270, masked: true, dropout: 0.1),
        ]

        static let banded: [Case] = [
            Case(headSize: 1, queries: 1, keys: 1, causal: true, band: 1),
            Case(batch: 2, heads: 3, headSize: 16, queries: 9, keys: 9, causal: true, band: 3),
            Case(headSize: 8, queries: 70, keys: 70, causal: true, band: 1),
            Case(heads: 2, headSize: 32, queries: 300, keys: 300, causal: true, band: 33),
            Case(heads: 2, headSize: 20, queries: 600, keys: 600, causal: true, band: 200),
            Case(
                heads: 2, headSize: 16, queries: 530, keys: 530, causal: true, masked: true,
                dropout: 0.2, band: 256),
            Case(batch: 2, headSize: 24, queries: 1, keys: 700, causal: true, band: 100),
            Case(headSize: 24, queries: 90, keys: 400, causal: true, masked: true, band: 77),
            Case(heads: 2, headSize: 20, queries: 90, keys: 33, causal: true, band: 10),
            Case(headSize: 16, queries: 80, keys: 80, causal: true, band: 500),
        ]

        /// Inputs laid out as a packed projection: (batch, time, 3, heads, headSize).
        struct Problem {
            var shape: sesame_attention
            var packed: [Float], doutput: [Float], mask: [UInt8]
            let c: Case
            var width: Int { c.heads * c.headSize }
            var time: Int { max(c.queries, c.keys) }

            init(_ c: Case, precision: sesame_precision = SESAME_FLOAT32, seed: UInt64 = 1) {
                self.c = c
                var random = TestRandom(seed)
                let width = c.heads * c.headSize, time = max(c.queries, c.keys)
                packed = random.floats(c.batch * time * 3 * width, in: -2...2)
                doutput = random.floats(c.batch * c.queries * width)
                mask = (0..<c.batch * c.keys).map { _ in random.next() % 4 == 0 ? 0 : 1 }
                // One sequence is all padding: its rows see nothing.
                if c.batch > 1 { for j in 0..<c.keys { mask[c.keys + j] = 0 } }
                shape = sesame_attention()
                shape.batch = c.batch
                shape.heads = c.heads
                shape.head_size = c.headSize
                shape.query_count = c.queries
                shape.key_count = c.keys
                shape.query_time_stride = 3 * width
                shape.key_time_stride = 3 * width
                shape.value_time_stride = 3 * width
                shape.query_batch_stride = time * 3 * width
                shape.key_batch_stride = time * 3 * width
                shape.value_batch_stride = time * 3 * width
                shape.output_time_stride = width
                shape.output_batch_stride = c.queries * width
                shape.scale = 1 / Float(c.headSize).squareRoot()
                shape.causal = c.causal
                shape.band = c.band
                shape.dropout = c.dropout
                shape.key = sesame_key(seed: 17, stream: 4)
                shape.precision = precision
            }

            /// Output and packed gradients; what no query or key stands for stays 0.
            func run() -> (output: [Float], gradients: [Float]) {
                var output = [Float](repeating: .nan, count: doutput.count)
                var logSumExp = [Float](repeating: 0, count: c.batch * c.heads * c.queries)
                var gradients = [Float](repeating: 0, count: packed.count)
                mask.withUnsafeBufferPointer { mask in
                    packed.withUnsafeBufferPointer { packed in
                        var shape = self.shape
                        shape.key_mask = c.masked ? mask.baseAddress : nil
                        let q = packed.baseAddress!
                        sesame_attention_forward(
                            &shape, q, q + width, q + 2 * width, &output, &logSumExp)
                        gradients.withUnsafeMutableBufferPointer {
                            let d = $0.baseAddress!
                            sesame_attention_backward(
                                &shape, q, q + width, q + 2 * width, output, logSumExp, doutput, d,
                                d + width, d + 2 * width)
                        }
                    }
                }
                return (output, gradients)
            }

            /// The same in Double, the whole score matrix at once.
            func reference() -> (output: [Double], gradients: [Double]) {
                let (D, W, T) = (c.headSize, width, time)
                var output = [Double](repeating: 0, count: doutput.count)
                var gradients = [Double](repeating: 0, count: packed.count)
                let x = packed.map(Double.init), dO = doutput.map(Double.init)
                var bits = [UInt32](repeating: 0, count: c.batch * c.heads * c.queries * c.keys)
                sesame_random_bits(bits.count, shape.key, 0, &bits)
                for b in 0..<c.batch {
                    for h in 0..<c.heads {
                        for i in 0..<c.queries {
                            let q = (b * T + i) * 3 * W + h * D, o = (b * c.queries + i) * W + h * D
                            var p = [Double](repeating: 0, count: c.keys), keep = p
                            for j in 0..<c.keys {
                                let k = (b * T + j) * 3 * W + W + h * D
                                let hidden =
                                    c.causal && j > i + c.keys - c.queries
                                    || c.band > 0 && j <= i + c.keys - c.queries - c.band
                                    || c.masked && mask[b * c.keys + j] == 0
                                p[j] = hidden ? -.infinity : 0
                                for d in 0..<D where !hidden {
                                    p[j] += x[q + d] * x[k + d] * Double(shape.scale)
                                }
                                let at = ((b * c.heads + h) * c.queries + i) * c.keys + j
                                let u = Double(bits[at] >> 8) * 0x1p-24
                                keep[j] = u >= Double(c.dropout) ? 1 / (1 - Double(c.dropout)) : 0
                            }
                            let top = p.max() ?? 0
                            p = p.map { top == -.infinity ? 0 : exp($0 - top) }
                            let sum = p.reduce(0, +)
                            p = p.map { sum > 0 ? $0 / sum : 0 }
                            var dP = [Double](repeating: 0, count: c.keys), delta = 0.0
                            for j in 0..<c.keys where p[j] > 0 {
                                let v = (b * T + j) * 3 * W + 2 * W + h * D
                                for d in 0..<D {
                                    output[o + d] += p[j] * keep[j] * x[v + d]
                                    dP[j] += dO[o + d] * x[v + d] * keep[j]
                                    gradients[v + d] += p[j] * keep[j] * dO[o + d]
                                }
                                delta += p[j] * dP[j]
                            }
                            for j in 0..<c.keys where p[j] > 0 {
                                let k = (b * T + j) * 3 * W + W + h * D
                                let dS = p[j] * (dP[j] - delta) * Double(shape.scale)
                                for d in 0..<D {
                                    gradients[q + d] += dS * x[k + d]
                                    gradients[k + d] += dS * x[q + d]
                                }
                            }
                        }
                    }
                }
                return (output, gradients)
            }
        }

        @Test(arguments: cases + banded)
        func matchesDouble(c: Case) {
            let problem = Problem(c), expected = problem.reference()
            withEachISA { isa in
                let (output, gradients) = problem.run()
                expectClose(output, expected.output, absolute: 3e-6, "output \(isaName(isa))")
                expectClose(
                    gradients, expected.gradients, absolute: 1e-5, "gradients \(isaName(isa))")
            }
        }

        @Test func bfloat16IsNear() {
            let c = Case(batch: 2, heads: 2, headSize: 32, queries: 80, keys: 80, causal: true)
            let problem = Problem(c, precision: SESAME_BFLOAT16), expected = problem.reference()
            withEachISA { isa in
                let (output, gradients) = problem.run()
                expectClose(output, expected.output, absolute: 0.04, isaName(isa))
                expectClose(gradients, expected.gradients, absolute: 0.08, isaName(isa))
            }
        }

        @Test func bfloat16IsNearInABand() {
            let c = Case(heads: 2, headSize: 32, queries: 301, keys: 301, causal: true, band: 65)
            let problem = Problem(c, precision: SESAME_BFLOAT16), expected = problem.reference()
            withEachISA { isa in
                let (output, gradients) = problem.run()
                expectClose(output, expected.output, absolute: 0.04, isaName(isa))
                expectClose(gradients, expected.gradients, absolute: 0.08, isaName(isa))
            }
        }

        @Test func aBandAsWideAsTheTextChangesNoBit() {
            var c = Case(
                heads: 2, headSize: 32, queries: 300, keys: 300, causal: true, dropout: 0.1)
            withEachISA { isa in
                c.band = 0
                let dense = Problem(c).run()
                c.band = 300
                let banded = Problem(c).run()
                #expect(dense.output == banded.output, "\(isaName(isa))")
                #expect(dense.gradients == banded.gradients, "\(isaName(isa))")
            }
        }

        @Test func whatLiesOutsideTheBandChangesNothing() {
            let c = Case(headSize: 32, queries: 400, keys: 400, causal: true, band: 64)
            withEachISA { isa in
                var problem = Problem(c)
                let before = problem.run().output
                for i in 0..<50 * 3 * 32 { problem.packed[i] += 1 }
                let after = problem.run().output
                #expect(before.dropFirst(114 * 32) == after.dropFirst(114 * 32), "\(isaName(isa))")
                #expect(before != after)
            }
        }

        @Test func theFutureChangesNothing() {
            let c = Case(headSize: 32, queries: 80, keys: 80, causal: true)
            withEachISA { isa in
                var problem = Problem(c)
                let before = problem.run().output
                for i in 50 * 3 * 32..<problem.packed.count { problem.packed[i] += 1 }
                let after = problem.run().output
                #expect(before.prefix(50 * 32) == after.prefix(50 * 32), "\(isaName(isa))")
            }
        }

        @Test(arguments: [
            Case(
                batch: 2, heads: 3, headSize: 32, queries: 64, keys: 64, causal: true, dropout: 0.1),
            Case(headSize: 48, queries: 300, keys: 300, masked: true),
            Case(
                batch: 2, heads: 2, headSize: 32, queries: 500, keys: 500, causal: true, band: 100),
        ])
        func sameBitsForEveryThreadCount(c: Case) {
            let problem = Problem(c)
            expectSameBits {
                let (output, gradients) = problem.run()
                return output + gradients
            }
        }
    }
}
