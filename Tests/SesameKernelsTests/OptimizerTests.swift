import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    @Suite struct Optimizers {
        @Test(arguments: [0, 1, 17, 40_000], [true, false])
        func adam(n: Int, decoupled: Bool) {
            var random = TestRandom(UInt64(n))
            let p0 = random.floats(n), m0 = random.floats(n), v0 = random.floats(n, in: 0...1)
            let g0 = random.floats(n)
            var options = sesame_adam()
            options.learning_rate = 0.01
            options.beta1 = 0.9
            options.beta2 = 0.95
            options.epsilon = 1e-8
            options.weight_decay = 0.1
            options.bias_correction1 = 1 - 0.9 * 0.9
            options.bias_correction2 = 1 - 0.95 * 0.95
            options.gradient_scale = 0.7
            options.decoupled = decoupled
            func widened(_ x: Float) -> Double { Double(x) }
            let o = options
            var p = [Double](), m = p, v = p
            for i in 0..<n {
                var g = Double(g0[i]) * widened(o.gradient_scale), x = Double(p0[i])
                if decoupled {
                    x *= 1 - widened(o.learning_rate) * widened(o.weight_decay)
                } else {
                    g += widened(o.weight_decay) * x
                }
                let first = Double(m0[i]) + (g - Double(m0[i])) * (1 - widened(o.beta1))
                let second = Double(v0[i]) * widened(o.beta2) + g * g * (1 - widened(o.beta2))
                let root = (second / widened(o.bias_correction2)).squareRoot() + widened(o.epsilon)
                p.append(x - widened(o.learning_rate) / widened(o.bias_correction1) * first / root)
                m.append(first)
                v.append(second)
            }
            withEachISA { isa in
                var parameter = p0, first = m0, second = v0
                sesame_adam_step(&options, n, g0, &parameter, &first, &second)
                expectClose(
                    parameter, p, absolute: 4 * epsilon, relative: 4 * epsilon, isaName(isa))
                expectClose(first, m, absolute: 4 * epsilon, isaName(isa))
                expectClose(second, v, absolute: 4 * epsilon, isaName(isa))
            }
            expectSameBits {
                var parameter = p0, first = m0, second = v0
                sesame_adam_step(&options, n, g0, &parameter, &first, &second)
                return parameter + first + second
            }
        }

        @Test(arguments: [(0, false), (0.9, false), (0.9, true)] as [(Float, Bool)])
        func sgd(momentum: Float, nesterov: Bool) {
            let n = 20_003
            var random = TestRandom(2)
            let p0 = random.floats(n), v0 = random.floats(n), g0 = random.floats(n)
            withEachISA { isa in
                var p = p0, v = v0
                v.withUnsafeMutableBufferPointer { v in
                    sesame_sgd_step(
                        n, 0.1, momentum, nesterov, 0.01, 0.5, g0, &p,
                        momentum > 0 ? v.baseAddress : nil)
                }
                let mu = Double(momentum), rate = Double(Float(0.1)), decay = Double(Float(0.01))
                var expected = [Double]()
                for i in 0..<n {
                    let g = Double(g0[i]) * 0.5 + decay * Double(p0[i])
                    let velocity = mu * Double(v0[i]) + g
                    let step = momentum == 0 ? g : nesterov ? g + mu * velocity : velocity
                    expected.append(Double(p0[i]) - rate * step)
                }
                expectClose(p, expected, absolute: 4 * epsilon, isaName(isa))
            }
        }

        @Test func penalty() {
            let p: [Float] = [0, 1, -2, -0.0, 0.5]
            withEachISA { isa in
                var g: [Float] = [1, 1, 1, 1, 1]
                sesame_add_penalty_gradient(5, 0.25, 0.5, p, &g)
                #expect(g == [1, 1.75, -0.25, 1, 1.5], "\(isaName(isa))")
            }
        }
    }

    @Suite struct Conversions {
        /// Every exponent, ties and near ties, and the special values.
        static let values: [Float] = {
            var random = TestRandom(12)
            var bits: [UInt32] = [
                0, 1, 0x7F80_0000, 0x7FC0_0000, 0x7F80_0001, 0x7F7F_FFFF, 0x33FF_FFFF,
            ]
            for exponent in UInt32(0)..<256 {
                for low in [0, 0x7FFF, 0x8000, 0x8001, 0x1_8000, 0xFFF, 0x1000, 0x1001, 0x3000]
                    as [UInt32]
                {
                    bits.append(exponent << 23 | low)
                }
                bits.append(exponent << 23 | UInt32(truncatingIfNeeded: random.next()) & 0x7F_FFFF)
            }
            return bits.flatMap { [Float(bitPattern: $0), Float(bitPattern: $0 | 0x8000_0000)] }
        }()

        @Test func bfloat16() {
            let x = Self.values
            withEachISA { isa in
                var out = [UInt16](repeating: 0, count: x.count), back = x
                sesame_float32_to_bfloat16(x.count, x, &out)
                sesame_bfloat16_to_float32(x.count, out, &back)
                for i in x.indices {
                    if x[i].isNaN {
                        #expect(back[i].isNaN, "\(isaName(isa)) \(x[i].bitPattern)")
                    } else {
                        #expect(back[i] == x[i].roundedToBFloat16, "\(isaName(isa)) \(x[i])")
                        #expect(UInt32(out[i]) << 16 == back[i].bitPattern)
                    }
                }
            }
        }

        @Test func float16() {
            let x = Self.values
            withEachISA { isa in
                var out = [UInt16](repeating: 0, count: x.count)
                sesame_float32_to_float16(x.count, x, &out)
                for i in x.indices {
                    if x[i].isNaN {
                        #expect(out[i] & 0x7FFF > 0x7C00, "\(isaName(isa)) \(x[i].bitPattern)")
                    } else {
                        #expect(out[i] == Self.halfBits(x[i]), "\(isaName(isa)) \(x[i])")
                    }
                }
                let all = (0...UInt16.max).map { $0 }
                var wide = [Float](repeating: 0, count: all.count)
                sesame_float16_to_float32(all.count, all, &wide)
                for (bits, value) in zip(all, wide) {
                    let expected = Self.halfValue(bits)
                    #expect(
                        value == expected && value.sign == expected.sign
                            || value.isNaN && expected.isNaN, "\(isaName(isa)) \(bits)")
                }
            }
        }

        static func halfValue(_ bits: UInt16) -> Float {
            let exponent = Int(bits >> 10 & 31), fraction = Double(bits & 1023)
            let magnitude: Double =
                exponent == 31
                ? (fraction == 0 ? .infinity : .nan)
                : exponent == 0
                    ? fraction * 0x1p-24 : (1 + fraction / 1024) * pow(2, Double(exponent - 15))
            return Float(bits & 0x8000 == 0 ? magnitude : -magnitude)
        }

        static func halfBits(_ x: Float) -> UInt16 {
            let sign: UInt16 = x.sign == .minus ? 0x8000 : 0
            let magnitude = Double(abs(x))
            if magnitude >= 65_520 { return sign | 0x7C00 }
            // In units of the last place, at least the smallest subnormal.
            let exponent = max(magnitude == 0 ? -14 : Int(magnitude.exponent), -14)
            let units = (magnitude / pow(2, Double(exponent - 10))).rounded(.toNearestOrEven)
            return sign | (UInt16(exponent + 14) << 10 &+ UInt16(units))
        }

        @Test(arguments: [0, 1, 15, 40_001])
        func sizes(n: Int) {
            var random = TestRandom(UInt64(n))
            let x = random.floats(n)
            withEachISA { isa in
                var b = [UInt16](repeating: 0, count: n), h = b, backB = x, backH = x
                sesame_float32_to_bfloat16(n, x, &b)
                sesame_bfloat16_to_float32(n, b, &backB)
                sesame_float32_to_float16(n, x, &h)
                sesame_float16_to_float32(n, h, &backH)
                #expect(backB == x.map(\.roundedToBFloat16), "\(isaName(isa))")
                #expect(
                    zip(backH, x).allSatisfy { abs($0 - $1) <= max(abs($1), 0x1p-14) * 0x1p-11 })
            }
        }
    }
}
