import CSesameKernels
import Testing

extension KernelTests {
    @Suite struct Elementwise {
        static let sizes = [0, 1, 3, 15, 16, 17, 33, 1000, 70_001]

        @Test(arguments: sizes)
        func arithmetic(n: Int) {
            var random = TestRandom(UInt64(n))
            let a = random.floats(n), b = random.floats(n)
            withEachISA { isa in
                var out = [Float](repeating: 7, count: n + 1)
                func check(_ expected: [Float], _ name: String) {
                    #expect(Array(out.prefix(n)) == expected, "\(name) \(isaName(isa)) \(n)")
                    #expect(out[n] == 7, "\(name) \(isaName(isa)) \(n) wrote past the end")
                }
                sesame_add(n, a, b, &out)
                check(zip(a, b).map { $0 + $1 }, "add")
                sesame_subtract(n, a, b, &out)
                check(zip(a, b).map { $0 - $1 }, "subtract")
                sesame_multiply(n, a, b, &out)
                check(zip(a, b).map { $0 * $1 }, "multiply")
                sesame_scale(n, 0.3, a, &out)
                check(a.map { 0.3 * $0 }, "scale")
                sesame_fill(n, 2.5, &out)
                check(.init(repeating: 2.5, count: n), "fill")
                var y = b
                sesame_axpy(n, -0.7, a, &y)
                expectClose(
                    y, zip(a, b).map { Double(Float(-0.7)) * Double($0) + Double($1) },
                    absolute: 3 * epsilon, "axpy")
            }
        }

        @Test(arguments: [(0, 5), (1, 1), (7, 33), (130, 70), (700, 64)])
        func rows(rows: Int, cols: Int) {
            var random = TestRandom(1)
            let x = random.floats(rows * cols), row = random.floats(cols)
            withEachISA { isa in
                var out = x
                sesame_add_row(rows, cols, x, row, &out)
                #expect(out == x.indices.map { x[$0] + row[$0 % cols] }, "\(isaName(isa))")
                sesame_transpose(rows, cols, x, &out)
                #expect(
                    out == x.indices.map { x[$0 % rows * cols + $0 / rows] }, "\(isaName(isa))")
                var sums = [Float](repeating: 9, count: cols)
                sesame_sum_rows(rows, cols, x, &sums)
                var expected = [Double](repeating: 0, count: cols)
                for i in x.indices { expected[i % cols] += Double(x[i]) }
                expectClose(sums, expected, absolute: Double(rows) * epsilon * 2, isaName(isa))
            }
        }

        @Test func blocks() {
            let x = (0..<40).map(Float.init)
            withEachISA { _ in
                var out = [Float](repeating: -1, count: 30)
                x.withUnsafeBufferPointer {
                    sesame_copy_block(3, 4, $0.baseAddress! + 2, 10, false, &out, 7)
                    sesame_copy_block(3, 4, $0.baseAddress! + 2, 10, true, &out, 7)
                }
                for i in 0..<3 {
                    for j in 0..<7 {
                        #expect(out[i * 7 + j] == (j < 4 ? Float(2 * (i * 10 + 2 + j)) : -1))
                    }
                }
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            var random = TestRandom(2)
            let x = random.floats(900 * 130), y = random.floats(900 * 130)
            expectSameBits {
                var out = x, sums = [Float](repeating: 0, count: 130)
                sesame_axpy(x.count, 0.3, y, &out)
                sesame_sum_rows(900, 130, x, &sums)
                return out + sums
            }
        }
    }

    @Suite struct Reductions {
        @Test(arguments: [0, 1, 5, 31, 32, 100, 16_384, 50_001])
        func matchDouble(n: Int) {
            var random = TestRandom(UInt64(n))
            let x = random.floats(n), y = random.floats(n)
            // n · u · Σ|x|, the bound of a plain sum; here u is Double's.
            let magnitude = x.reduce(0.0) { $0 + abs(Double($1)) }
            let tolerance = Double(n) * 0x1p-53 * magnitude
            withEachISA { isa in
                let pairs = [
                    (sesame_sum(n, x), x.reduce(0.0) { $0 + Double($1) }),
                    (sesame_sum_of_squares(n, x), x.reduce(0.0) { $0 + Double($1) * Double($1) }),
                    (sesame_sum_of_magnitudes(n, x), x.reduce(0.0) { $0 + abs(Double($1)) }),
                    (
                        sesame_dot(n, x, y),
                        zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                    ),
                ]
                for (value, expected) in pairs {
                    #expect(abs(value - expected) <= tolerance, "\(isaName(isa)) \(n)")
                }
            }
        }

        @Test func finiteness() {
            withEachISA { isa in
                for n in [1, 17, 40_000] {
                    for bad in [Float.nan, .infinity, -.infinity] {
                        for at in [0, n / 2, n - 1] {
                            var x = [Float](repeating: .greatestFiniteMagnitude, count: n)
                            #expect(sesame_all_finite(n, x), "\(isaName(isa))")
                            x[at] = bad
                            #expect(!sesame_all_finite(n, x), "\(isaName(isa)) \(n) \(at) \(bad)")
                        }
                    }
                }
                #expect(sesame_all_finite(0, [0]))
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            var random = TestRandom(9)
            let x = random.floats(200_003)
            expectSameBits {
                let values = [
                    sesame_sum(x.count, x), sesame_sum_of_squares(x.count, x),
                    sesame_dot(x.count, x, x),
                ]
                return values.flatMap {
                    [
                        Float(bitPattern: UInt32(truncatingIfNeeded: $0.bitPattern)),
                        Float(bitPattern: UInt32($0.bitPattern >> 32)),
                    ]
                }
            }
        }
    }
}
