import CSesameKernels
import Foundation
import Testing

extension KernelTests {
    @Suite struct Activations {
        static let kinds = [
            SESAME_IDENTITY, SESAME_GELU, SESAME_GELU_TANH, SESAME_RELU, SESAME_TANH,
            SESAME_SIGMOID,
        ]

        /// The value and the slope, in Double.
        static func reference(_ kind: sesame_activation, _ x: Double) -> (Double, Double) {
            switch kind {
            case SESAME_GELU:
                let phi = 0.5 * erfc(-x / 2.0.squareRoot())
                return (x * phi, phi + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
            case SESAME_GELU_TANH:
                let c = (2 / Double.pi).squareRoot(), u = c * (x + 0.044715 * x * x * x),
                    t = tanh(u)
                return (
                    x / (1 + exp(-2 * u)),
                    0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)
                )
            case SESAME_RELU: return (max(x, 0), x > 0 ? 1 : 0)
            case SESAME_TANH: return (tanh(x), 1 - tanh(x) * tanh(x))
            case SESAME_SIGMOID:
                let s = 1 / (1 + exp(-x))
                return (s, s * (1 - s))
            default: return (x, 1)
            }
        }

        @Test(arguments: kinds.indices)
        func matchDouble(index: Int) {
            let kind = Self.kinds[index]
            let x =
                (-20_000...20_001).map { Float($0) * 0.00071 } + [-60, 60, -0.0, 1e-20, 100, -100]
            let expected = x.map { Self.reference(kind, Double($0)) }
            let dy = x.indices.map { Float($0 % 7) - 3 }
            withEachISA { isa in
                var y = x, dx = x
                sesame_activation_forward(kind, x.count, x, &y)
                expectClose(
                    y, expected.map(\.0), absolute: 4 * epsilon, relative: 4 * epsilon, isaName(isa)
                )
                sesame_activation_backward(kind, x.count, x, dy, &dx)
                expectClose(
                    dx, zip(expected, dy).map { $0.1 * Double($1) }, absolute: 16 * epsilon,
                    isaName(isa))
                // Near values in relative terms too: 16 units of rounding.
                let near = x.indices.filter { abs(x[$0]) < 2.5 }
                expectClose(
                    near.map { y[$0] }, near.map { expected[$0].0 }, absolute: 1e-30,
                    relative: 16 * epsilon, isaName(isa))
            }
        }

        @Test func notANumberStaysOne() {
            withEachISA { isa in
                for kind in Self.kinds {
                    var y: Float = 0
                    sesame_activation_forward(kind, 1, [.nan], &y)
                    #expect(y.isNaN, "\(isaName(isa)) \(kind.rawValue)")
                }
            }
        }

        @Test(arguments: [(0, 3), (1, 1), (5, 37), (200, 48)])
        func biasGradient(rows: Int, cols: Int) {
            var random = TestRandom(4)
            let z = random.floats(rows * cols, in: -3...3), dy = random.floats(rows * cols)
            withEachISA { isa in
                for kind in Self.kinds {
                    var dz = dy, expected = dy, dbias = [Float](repeating: 5, count: cols)
                    sesame_activation_backward(kind, dy.count, z, dy, &expected)
                    sesame_bias_activation_backward(kind, rows, cols, z, dy, &dz, &dbias)
                    expectClose(dz, expected.map(Double.init), absolute: epsilon, isaName(isa))
                    var sums = [Double](repeating: 0, count: cols)
                    for i in expected.indices { sums[i % cols] += Double(expected[i]) }
                    expectClose(dbias, sums, absolute: Double(rows) * 2 * epsilon, isaName(isa))
                }
                var dbias = [Float](repeating: 5, count: cols)
                sesame_bias_activation_backward(SESAME_IDENTITY, rows, cols, nil, dy, nil, &dbias)
                var sums = [Double](repeating: 0, count: cols)
                for i in dy.indices { sums[i % cols] += Double(dy[i]) }
                expectClose(dbias, sums, absolute: Double(rows) * 2 * epsilon, isaName(isa))
            }
        }

        @Test func sameBitsForEveryThreadCount() {
            var random = TestRandom(6)
            let z = random.floats(500 * 90, in: -3...3), dy = random.floats(500 * 90)
            expectSameBits {
                var dz = dy, dbias = [Float](repeating: 0, count: 90), y = z
                sesame_bias_activation_backward(SESAME_GELU, 500, 90, z, dy, &dz, &dbias)
                sesame_activation_forward(SESAME_GELU, z.count, z, &y)
                return dz + dbias + y
            }
        }
    }
}
