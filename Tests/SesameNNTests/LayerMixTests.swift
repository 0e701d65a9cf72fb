import SesameNN
import SesameTensor
import Testing

struct LayerMixTests {
    @Test func stackedAndSeparateLayersGiveTheSame() {
        var mix = LayerMix(layerCount: 3)
        #expect(mix.shares.allSatisfy { abs($0 - 1 / 3) < 1e-7 })
        mix.weights = Tensor([0.5, -1, 2], shape: [3])
        mix.scale = Tensor([1.5], shape: [1])
        let layers = Tensor.normal([3, 2, 4, 5], key: RandomKey(seed: 1))
        let stacked = mix(layers, context: .evaluation())
        let separate = mix(
            (0..<3).map { layers.sliced(axis: 0, $0..<$0 + 1).reshaped([2, 4, 5]) },
            context: .evaluation())
        expectClose(stacked, separate, "mix", tolerance: 1e-6)
    }
}
