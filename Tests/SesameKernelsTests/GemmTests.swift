import CSesameKernels
import Testing

extension KernelTests {
    @Suite struct Gemm {
        /// Below, at and above the tiles and blocks: rows 4/6/14, columns 8/16/32, depth 384.
        static let shapes: [(m: Int, n: Int, k: Int)] = [
            (1, 1, 1), (1, 33, 7), (2, 70, 130), (3, 5, 400), (4, 16, 16), (5, 31, 2), (6, 8, 33),
            (14, 32, 384), (15, 33, 385), (28, 64, 64), (29, 65, 17), (61, 300, 31), (130, 40, 800),
            (300, 17, 3),
        ]

        func reference(
            _ shape: (m: Int, n: Int, k: Int), _ a: [Float], _ b: [Float], transposeA: Bool,
            transposeB: Bool
        ) -> [Double] {
            let (m, n, k) = shape
            var out = [Double](repeating: 0, count: m * n)
            for i in 0..<m {
                for q in 0..<k {
                    let x = Double(transposeA ? a[q * m + i] : a[i * k + q])
                    for j in 0..<n {
                        out[i * n + j] += x * Double(transposeB ? b[j * k + q] : b[q * n + j])
                    }
                }
            }
            return out
        }

        @Test(arguments: shapes.indices)
        func productMatchesDouble(index: Int) {
            let shape = Self.shapes[index]
            let (m, n, k) = shape
            var random = TestRandom(UInt64(index))
            let a = random.floats(m * k), b = random.floats(k * n), start = random.floats(m * n)
            let roundedA = a.map(\.roundedToBFloat16), roundedB = b.map(\.roundedToBFloat16)
            for transposes in 0..<4 {
                let (ta, tb) = (transposes & 1 != 0, transposes & 2 != 0)
                for precision in [SESAME_FLOAT32, SESAME_BFLOAT16] {
                    let isFloat = precision == SESAME_FLOAT32
                    let expected = reference(
                        shape, isFloat ? a : roundedA, isFloat ? b : roundedB, transposeA: ta,
                        transposeB: tb)
                    withEachISA { isa in
                        let label = "\(isaName(isa)) \(shape) \(ta) \(tb) \(precision.rawValue)"
                        var c = start
                        sesame_gemm(
                            precision, ta, tb, m, n, k, a, ta ? m : k, b, tb ? k : n, false, &c, n,
                            nil)
                        let bound = 2 * Double(k + 2) * epsilon
                        expectClose(c, expected, absolute: bound, label)
                        var d = start
                        sesame_gemm(
                            precision, ta, tb, m, n, k, a, ta ? m : k, b, tb ? k : n, true, &d, n,
                            nil)
                        expectClose(
                            d, zip(expected, start).map { $0 + Double($1) }, absolute: bound, label)
                    }
                }
            }
        }

        @Test func emptySizes() {
            withEachISA { _ in
                var c: [Float] = [1, 2, 3, 4, 5, 6]
                let bias: [Float] = [10, 20, 30]
                sesame_gemm(SESAME_FLOAT32, false, false, 0, 3, 2, c, 2, c, 3, false, &c, 3, nil)
                sesame_gemm(SESAME_FLOAT32, false, false, 2, 0, 2, c, 2, c, 3, false, &c, 3, nil)
                #expect(c == [1, 2, 3, 4, 5, 6])
                bias.withUnsafeBufferPointer { bias in
                    var epilogue = sesame_epilogue(
                        bias: bias.baseAddress, activation: SESAME_IDENTITY, preactivation: nil,
                        residual: nil)
                    let none: [Float] = [0]
                    sesame_gemm(
                        SESAME_FLOAT32, false, false, 2, 3, 0, none, 0, none, 3, false, &c, 3,
                        &epilogue)
                }
                #expect(c == [10, 20, 30, 10, 20, 30])
            }
        }

        @Test func stridesLeaveTheRestAlone() {
            let (m, n, k, lda, ldb, ldc) = (17, 35, 20, 23, 41, 50)
            var random = TestRandom(7)
            let a = random.floats(m * lda), b = random.floats(k * ldb)
            withEachISA { isa in
                var c = [Float](repeating: 99, count: m * ldc)
                sesame_gemm(
                    SESAME_FLOAT32, false, false, m, n, k, a, lda, b, ldb, false, &c, ldc, nil)
                for i in 0..<m {
                    for j in 0..<ldc {
                        var expected = j < n ? 0.0 : 99
                        for q in 0..<k where j < n {
                            expected += Double(a[i * lda + q]) * Double(b[q * ldb + j])
                        }
                        #expect(
                            abs(Double(c[i * ldc + j]) - expected) < 44 * epsilon, "\(isaName(isa))"
                        )
                    }
                }
            }
        }

        @Test(arguments: [2, 40])
        func epilogueMatchesItsParts(m: Int) {
            let (n, k) = (50, 400)
            var random = TestRandom(3)
            let a = random.floats(m * k), b = random.floats(k * n), bias = random.floats(n)
            let residual = random.floats(m * n)
            for activation in [
                SESAME_IDENTITY, SESAME_GELU, SESAME_GELU_TANH, SESAME_RELU, SESAME_TANH,
                SESAME_SIGMOID,
            ] {
                withEachISA { isa in
                    var plain = [Float](repeating: 0, count: m * n)
                    sesame_gemm(
                        SESAME_FLOAT32, false, false, m, n, k, a, k, b, n, false, &plain, n, nil)
                    sesame_add_row(m, n, plain, bias, &plain)
                    var expected = plain
                    sesame_activation_forward(activation, m * n, plain, &expected)
                    sesame_add(m * n, expected, residual, &expected)
                    var c = [Float](repeating: 0, count: m * n)
                    var preactivation = c
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            preactivation.withUnsafeMutableBufferPointer { preactivation in
                                var epilogue = sesame_epilogue(
                                    bias: bias.baseAddress, activation: activation,
                                    preactivation: preactivation.baseAddress,
                                    residual: residual.baseAddress)
                                sesame_gemm(
                                    SESAME_FLOAT32, false, false, m, n, k, a, k, b, n, false, &c, n,
                                    &epilogue)
                            }
                        }
                    }
                    #expect(c == expected, "\(isaName(isa)) \(activation.rawValue)")
                    #expect(preactivation == plain, "\(isaName(isa)) \(activation.rawValue)")
                }
            }
        }

        @Test func prepackedAndBatchedGiveTheSameBits() {
            let (count, m, n, k) = (3, 30, 45, 500)
            var random = TestRandom(11)
            let a = random.floats(count * m * k), b = random.floats(count * k * n)
            for precision in [SESAME_FLOAT32, SESAME_BFLOAT16] {
                withEachISA { isa in
                    var single = [Float](repeating: 0, count: count * m * n)
                    var batched = single, packed = single
                    sesame_gemm_batched(
                        precision, false, true, count, m, n, k, a, k, m * k, b, k, n * k, false,
                        &batched, n, m * n)
                    for i in 0..<count {
                        a.withUnsafeBufferPointer { a in
                            b.withUnsafeBufferPointer { b in
                                let (x, y) = (
                                    a.baseAddress! + i * m * k, b.baseAddress! + i * n * k
                                )
                                single.withUnsafeMutableBufferPointer {
                                    sesame_gemm(
                                        precision, false, true, m, n, k, x, k, y, k, false,
                                        $0.baseAddress! + i * m * n, n, nil)
                                }
                                let space = UnsafeMutableRawPointer.allocate(
                                    byteCount: sesame_gemm_packed_b_size(precision, n, k),
                                    alignment: 64)
                                defer { space.deallocate() }
                                sesame_gemm_pack_b(precision, true, n, k, y, k, space)
                                packed.withUnsafeMutableBufferPointer {
                                    sesame_gemm_prepacked(
                                        precision, false, m, n, k, x, k, space, false,
                                        $0.baseAddress! + i * m * n, n, nil)
                                }
                            }
                        }
                    }
                    #expect(batched == single, "\(isaName(isa))")
                    #expect(packed == single, "\(isaName(isa))")
                }
            }
        }

        @Test(arguments: [(3, 2000, 300), (64, 64, 64), (384, 128, 768), (130, 700, 90)])
        func sameBitsForEveryThreadCount(m: Int, n: Int, k: Int) {
            var random = TestRandom(5)
            let a = random.floats(m * k), b = random.floats(k * n)
            for precision in [SESAME_FLOAT32, SESAME_BFLOAT16] {
                for transposeB in [false, true] {
                    expectSameBits("\(m)×\(n)×\(k)") {
                        var c = [Float](repeating: 0, count: m * n)
                        sesame_gemm(
                            precision, false, transposeB, m, n, k, a, k, b, transposeB ? k : n,
                            false, &c, n, nil)
                        return c
                    }
                }
            }
        }
    }
}
