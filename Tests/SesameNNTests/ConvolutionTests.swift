import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

struct ConvolutionTests {
    @Test(arguments: [0, 1, 2])
    func paddingChangesNothing(_ padding: Int) {
        let conv = Conv1d(
            inputSize: 3, outputSize: 4, width: 3, padding: padding, key: RandomKey(seed: 1))
        let x = Tensor.normal([3, 9, 3], key: RandomKey(seed: 2))
        let lengths = [5, 9, 3]
        let y = conv(x, lengths: lengths, context: .evaluation())
        for (row, length) in lengths.enumerated() {
            let alone = conv(
                x.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<length),
                context: .evaluation())
            let count = conv.outputLength(length)
            #expect(alone.shape == [1, count, 4])
            let mine = y.sliced(axis: 0, row..<row + 1)
            expectClose(mine.sliced(axis: 1, 0..<count), alone, "row \(row)", tolerance: 1e-6)
            #expect(
                mine.sliced(axis: 1, count..<y.shape[1]).scalars.allSatisfy { $0 == 0 })
        }
    }

    @Test func poolingLooksAtTheLengthsOnly() {
        let x = Tensor([1, 5, 3, -2, -7, 9, 4, 4, 100, 100, 100, 100], shape: [2, 3, 2])
        #expect(x.maxOverTime(lengths: [2, 1]).scalars == [3, 5, 4, 4])
        #expect(x.meanOverTime(lengths: [2, 0]).scalars == [2, 1.5, 0, 0])
        #expect(x.maxOverTime(lengths: [0, 3]).scalars == [0, 0, 100, 100])
    }

    @Test func highwayBeginsByPassingItsInputOn() {
        let layer = Highway(size: 8, layerCount: 2, gateBias: -20, key: RandomKey(seed: 3))
        let x = Tensor.normal([2, 8], key: RandomKey(seed: 4))
        expectClose(layer(x, context: .evaluation()), x, "output", tolerance: 1e-5)
        #expect(
            layer.parameters.map(\.path) == [
                "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
            ])
    }
}
