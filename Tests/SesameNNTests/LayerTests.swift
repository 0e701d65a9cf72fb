import SesameNN
import SesameTensor
import Testing

struct LayerTests {
    @Test func sinusoidalPositionsFollowThePaper() {
        let positions = SinusoidalPositions(maxSequenceLength: 8, hiddenSize: 6)
        let x = Tensor(zeros: [1, 3, 6])
        // Position 2 and 3 of sin and cos(p / 10000^(2i/6)), by hand.
        let y = positions(x, start: 1, context: .evaluation()).scalars
        let expected: [(index: Int, value: Float)] = [
            (0, 0.841470985), (1, 0.540302306), (2, 0.0463992265), (3, 0.998922976),
            (4, 0.00215443323), (5, 0.999997679), (6, 0.909297427), (7, -0.416146837),
            (8, 0.0926985085), (12, 0.141120008), (13, -0.989992497), (17, 0.999979113),
        ]
        for (index, value) in expected {
            #expect(abs(y[index] - value) < 1e-6, "\(index): \(y[index])")
        }
    }

    @Test func learnedPositionsAddTheirRows() {
        let positions = LearnedPositions(
            maxSequenceLength: 6, hiddenSize: 4, key: RandomKey(seed: 1, stream: 0))
        let x = Tensor(repeating: 1, shape: [2, 3, 4])
        let table = positions.weight.scalars
        let y = positions(x, start: 2, context: .evaluation()).scalars
        for b in 0..<2 {
            for i in 0..<12 { #expect(y[b * 12 + i] == 1 + table[8 + i]) }
        }
    }

    @Test func dropoutKeepsTheMean() {
        let x = Tensor(repeating: 1, shape: [200, 100])
        let y = Dropout(0.25)(x, context: .training(seed: 3, step: 0)).scalars
        let kept = y.filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 4.0 / 3) < 1e-6 })
        #expect(abs(Double(kept.count) / 20000 - 0.75) < 0.01)
        #expect(Dropout(0.25)(x, context: .evaluation()).scalars == x.scalars)
    }

    struct Draw: Sendable {
        let initializer: Initializer
        let mean: Float
        let deviation: Float
        let bound: Float
    }

    @Test(arguments: [
        Draw(initializer: .normal(0.5), mean: 0, deviation: 0.5, bound: 3),
        // A normal cut at two deviations has deviation 0.8796.
        Draw(initializer: .truncatedNormal(0.5), mean: 0, deviation: 0.4398, bound: 1),
        Draw(initializer: .uniform(0.3), mean: 0, deviation: 0.17320508, bound: 0.3),
        // √(6 / 300), and its root of three.
        Draw(initializer: .xavierUniform, mean: 0, deviation: 0.0816497, bound: 0.1414214),
        Draw(initializer: .inverseRootInputs, mean: 0, deviation: 0.0577350, bound: 0.1),
        Draw(initializer: .constant(2), mean: 2, deviation: 0, bound: 2),
    ])
    func initializersHaveTheirMoments(_ draw: Draw) {
        let values = draw.initializer([200, 100], key: RandomKey(seed: 5, stream: 1)).scalars
        let mean = values.reduce(0, +) / 20000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20000
        #expect(abs(mean - draw.mean) < 0.012)
        #expect(abs(variance.squareRoot() - draw.deviation) < 0.012 * (draw.deviation + 0.01) * 3)
        #expect(values.allSatisfy { abs($0) <= draw.bound * 1.000001 })
        #expect(values == draw.initializer([200, 100], key: RandomKey(seed: 5, stream: 1)).scalars)
    }

    @Test func parametersAreListedInOrder() {
        let layer = TransformerDecoderLayer(
            TransformerLayerOptions(hiddenSize: 8, headCount: 2, feedForwardSize: 16),
            crossAttention: true, key: RandomKey(seed: 1, stream: 0))
        let expected = [
            "attention.projection", "attention.output", "attentionNorm", "crossAttention.query",
            "crossAttention.key", "crossAttention.value", "crossAttention.output",
            "crossAttentionNorm", "feedForward.inner", "feedForward.outer", "feedForwardNorm",
        ].flatMap { ["\($0).weight", "\($0).bias"] }
        #expect(layer.parameters.map(\.path) == expected)
    }
}
