import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

struct BatchNormTests {
    @Test func runningStatisticsEqualPyTorchs() throws {
        let golden = try Golden("sequence-layers")
        var norm = BatchNorm(size: 5)
        for batch in 0..<2 {
            let x = try golden("running/batch/\(batch)")
            let statistics = norm(x, context: .training(seed: 1, step: batch)).statistics
            norm.absorb(try #require(statistics))
        }
        expectClose(norm.runningMean, try golden("running/mean"), "mean", tolerance: 1e-6)
        expectClose(norm.runningVariance, try golden("running/variance"), "variance")
        norm.weight = try golden("batchNormEvaluation/weight/weight")
        norm.bias = try golden("batchNormEvaluation/weight/bias")
        let x = try golden("batchNormEvaluation/input/x")
        let result = norm(x, context: .evaluation())
        #expect(result.statistics == nil)
        expectClose(result.output, try golden("batchNormEvaluation/output/0"), "output")
    }

    @Test func paddingChangesNothing() {
        let norm = BatchNorm(size: 5)
        let x = Tensor.normal([2, 6, 5], key: RandomKey(seed: 4))
        let context = ForwardContext.training(seed: 1, step: 0)
        let padded = norm(x, lengths: [4, 4], context: context)
        let plain = norm(x.sliced(axis: 1, 0..<4), context: context)
        expectClose(
            padded.output.sliced(axis: 1, 0..<4), plain.output, "output", tolerance: 1e-6)
        #expect(padded.output.sliced(axis: 1, 4..<6).scalars.allSatisfy { $0 == 0 })
        #expect(padded.statistics?.rowCount == 8)
    }

    @Test func statisticsAreParametersWithoutGradients() {
        let norm = BatchNorm(size: 3)
        #expect(
            norm.parameters.map(\.path) == ["weight", "bias", "runningMean", "runningVariance"])
        let x = Tensor.normal([4, 3], key: RandomKey(seed: 4))
        let (_, gradients) = norm.valueWithGradients {
            let y = $0(x, context: .training(seed: 1, step: 0)).output
            return (y * y * y).sum()
        }
        #expect(gradients["weight"] != nil && gradients["runningMean"] == nil)
        #expect(gradients["runningVariance"] == nil)
    }
}
