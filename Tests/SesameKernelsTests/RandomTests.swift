import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    @Suite struct Random {
        /// Philox 4×32-10 written out: the four words of one counter.
        static func philox(_ counter: (UInt64, UInt64), _ key: UInt64) -> [UInt32] {
            var x = [
                UInt32(truncatingIfNeeded: counter.0), UInt32(counter.0 >> 32),
                UInt32(truncatingIfNeeded: counter.1), UInt32(counter.1 >> 32),
            ]
            var k = (UInt32(truncatingIfNeeded: key), UInt32(key >> 32))
            for _ in 0..<10 {
                let a = UInt64(x[0]) * 0xD251_1F53, b = UInt64(x[2]) * 0xCD9E_8D57
                x = [
                    UInt32(b >> 32) ^ x[1] ^ k.0, UInt32(truncatingIfNeeded: b),
                    UInt32(a >> 32) ^ x[3] ^ k.1, UInt32(truncatingIfNeeded: a),
                ]
                k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
            }
            return x
        }

        @Test func publishedVectors() {
            // Random123's kat_vectors for philox4x32-10.
            #expect(
                Self.philox((0, 0), 0) == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
            #expect(
                Self.philox((.max, .max), .max)
                    == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
        }

        @Test func bitsAreThoseOfTheStream() {
            let key = sesame_key(seed: 0x1234_5678_9ABC_DEF0, stream: 0xFEDC_BA98_7654_3210)
            withEachISA { isa in
                for offset in [0, 5, 63, 64, 1 << 40] as [UInt64] {
                    let n = 300
                    var bits = [UInt32](repeating: 0, count: n)
                    sesame_random_bits(n, key, offset, &bits)
                    let expected = (0..<n).map { i in
                        let at = offset + UInt64(i)
                        return Self.philox((at / 64 * 16 + at % 16, key.stream), key.seed)[
                            Int(at / 16 % 4)]
                    }
                    #expect(bits == expected, "\(isaName(isa)) \(offset)")
                }
            }
        }

        @Test func uniformAndDropoutFollowTheBits() {
            let key = sesame_key(seed: 3, stream: 9), n = 20_001, p: Float = 0.3
            var random = TestRandom(1)
            let x = random.floats(n)
            withEachISA { isa in
                var bits = [UInt32](repeating: 0, count: n),
                    uniform = [Float](repeating: 0, count: n)
                sesame_random_bits(n, key, 0, &bits)
                sesame_random_uniform(n, key, 0, -2, 3, &uniform)
                #expect(
                    uniform == bits.map { -2 + 5 * (Float($0 >> 8) * 0x1p-24) }, "\(isaName(isa))")
                #expect(uniform.allSatisfy { $0 >= -2 && $0 < 3 })
                var y = x
                sesame_dropout(n, p, key, y, &y)
                for i in 0..<n {
                    let kept = Double(bits[i] >> 8) * 0x1p-24 >= Double(p)
                    #expect(y[i] == (kept ? x[i] * (1 / (1 - p)) : 0), "\(isaName(isa)) \(i)")
                }
                let share = Double(y.filter { $0 != 0 }.count) / Double(n)
                #expect(abs(share - 0.7) < 0.02)
                sesame_dropout(n, 0, key, x, &y)
                #expect(y == x)
            }
        }

        @Test func normalMomentsAndTails() {
            let key = sesame_key(seed: 5, stream: 6), n = 200_000
            withEachISA { isa in
                var z = [Float](repeating: 0, count: n)
                sesame_random_normal(n, key, 0, 1, 2, &z)
                let mean = z.reduce(0.0) { $0 + Double($1) } / Double(n)
                let moments = z.reduce((0.0, 0.0, 0)) { sum, value in
                    let d = (Double(value) - 1) / 2
                    return (sum.0 + d * d, sum.1 + d * d * d * d, sum.2 + (abs(d) > 1.96 ? 1 : 0))
                }
                #expect(abs(mean - 1) < 0.02, "\(isaName(isa))")
                #expect(abs(moments.0 / Double(n) - 1) < 0.02, "\(isaName(isa))")
                #expect(abs(moments.1 / Double(n) - 3) < 0.1, "\(isaName(isa))")
                #expect(abs(Double(moments.2) / Double(n) - 0.05) < 0.003, "\(isaName(isa))")
                // Box-Muller of the stream's own bits.
                var bits = [UInt32](repeating: 0, count: 64)
                sesame_random_bits(64, key, 0, &bits)
                var expected = [Double](repeating: 0, count: 64)
                for pair in [0, 32] {
                    for lane in 0..<16 {
                        let u = (Double(bits[pair + lane] >> 8) + 1) * 0x1p-24
                        let turn = Double(bits[pair + 16 + lane] >> 8) * 0x1p-24
                        let radius = 2 * (-2 * log(u)).squareRoot()
                        expected[pair + lane] = 1 + radius * cos(2 * .pi * turn)
                        expected[pair + 16 + lane] = 1 + radius * sin(2 * .pi * turn)
                    }
                }
                expectClose(Array(z.prefix(64)), expected, absolute: 2e-6, isaName(isa))
                // Value i does not depend on where a call starts.
                var part = [Float](repeating: 0, count: 100)
                sesame_random_normal(100, key, 37, 1, 2, &part)
                #expect(part == Array(z[37..<137]))
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            let key = sesame_key(seed: 5, stream: 6)
            expectSameBits {
                var z = [Float](repeating: 1, count: 50_000), u = z, d = z
                sesame_random_normal(z.count, key, 3, 0, 1, &z)
                sesame_random_uniform(u.count, key, 3, 0, 1, &u)
                sesame_dropout(d.count, 0.1, key, d, &d)
                return z + u + d
            }
        }
    }
}
