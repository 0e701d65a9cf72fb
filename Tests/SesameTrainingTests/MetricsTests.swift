import Foundation
import SesameSupport
import SesameTraining
import Testing

@Suite struct MetricsTests {
    @Test func confusionMatrixByHand() {
        var matrix = ConfusionMatrix(labels: ["a", "b", "c"])
        for (actual, predicted, count) in [
            (0, 0, 5), (0, 1, 1), (0, 2, 2), (1, 1, 3), (1, 0, 1), (2, 2, 4), (2, 1, 4),
        ] {
            for _ in 0..<count { matrix.add(actual: actual, predicted: predicted) }
        }
        #expect(matrix.total == 20)
        #expect(matrix.accuracy == 12.0 / 20)
        #expect(matrix.majorityAccuracy == 8.0 / 20 && matrix.majorityLabel == "a")
        #expect(matrix.precision(0) == 5.0 / 6 && matrix.recall(0) == 5.0 / 8)
        #expect(abs(matrix.f1(0) - 10.0 / 14) < 1e-15)
        #expect(abs(matrix.f1(1) - 6.0 / 12) < 1e-15)
        #expect(abs(matrix.f1(2) - 8.0 / 14) < 1e-15)
        #expect(abs(matrix.macroF1 - (10.0 / 14 + 0.5 + 8.0 / 14) / 3) < 1e-15)
        #expect(matrix.metrics[MetricName.binaryF1] == nil)
    }

    @Test func binaryF1IsOfTheSecondClass() {
        var matrix = ConfusionMatrix(labels: ["0", "1"])
        for (actual, predicted) in [(1, 1), (1, 1), (1, 0), (0, 1), (0, 0)] {
            matrix.add(actual: actual, predicted: predicted)
        }
        // TP 2, FP 1, FN 1.
        #expect(matrix.metrics[MetricName.binaryF1] == 4.0 / 6)
        #expect(ConfusionMatrix(labels: ["0", "1"]).metrics[MetricName.accuracy] == 0)
    }

    /// Values of numpy 2 and scipy 1: Matthews' is the correlation of the one-hot classes.
    @Test func matthewsMatchesNumpy() {
        var matrix = ConfusionMatrix(labels: ["a", "b", "c"])
        for (actual, row) in [[5, 1, 2], [1, 3, 0], [0, 4, 4]].enumerated() {
            for (predicted, count) in row.enumerated() {
                for _ in 0..<count { matrix.add(actual: actual, predicted: predicted) }
            }
        }
        #expect(abs(matrix.matthews - 0.4308202184276646) < 1e-14)
        var binary = ConfusionMatrix(labels: ["0", "1"])
        for (actual, predicted) in [(1, 1), (1, 1), (1, 0), (0, 1), (0, 0)] {
            binary.add(actual: actual, predicted: predicted)
        }
        #expect(abs(binary.matthews - 1.0 / 6) < 1e-14)
        #expect(binary.metrics[MetricName.matthews] == binary.matthews)
        var constant = ConfusionMatrix(labels: ["0", "1"])
        constant.add(actual: 0, predicted: 1)
        constant.add(actual: 1, predicted: 1)
        #expect(constant.matthews == 0)
    }

    @Test func scoreMetricsMatchScipy() {
        let scores = ScoreMetrics(
            actual: [0.5, 2.0, 2.0, 3.25, -1.0, 4.0, 2.0, 0.5, 5.0, 1.0],
            predicted: [0.9, 1.5, 2.5, 3.0, -0.5, 3.0, 1.5, 0.9, 3.0, 7.0])
        #expect(abs(scores.pearson - 0.3760890181305487) < 1e-14)
        #expect(abs(scores.spearman - 0.7147370541701148) < 1e-14)
        #expect(abs(scores.meanSquaredError - 4.23825) < 1e-14)
        #expect(
            Correlation.ranks([0.5, 2.0, 2.0, 3.25, -1.0, 4.0, 2.0, 0.5, 5.0, 1.0])
                == [2.5, 6, 6, 8, 1, 9, 6, 2.5, 10, 4])
        #expect(scores.metrics[MetricName.count] == 10)
        // Without spread there is no correlation, and without texts no error.
        #expect(ScoreMetrics(actual: [1, 2], predicted: [3, 3]).pearson == 0)
        #expect(ScoreMetrics().metrics[MetricName.spearman] == 0)
    }

    @Test func unigramBaselineByHand() throws {
        let baseline = UnigramBaseline(counts: [0, 3, 5, 1])  // with one added: 1 4 6 2 of 13
        let metrics = baseline.score(targets: [2, 1, -100, 2, 3])
        #expect(metrics[MetricName.unigramAccuracy] == 0.5)
        let loss = -(2 * log(6.0 / 13) + log(4.0 / 13) + log(2.0 / 13)) / 4
        #expect(abs(try #require(metrics[MetricName.unigramLoss]) - loss) < 1e-12)
    }

    @Test func languageModelFormulas() {
        #expect(abs(LanguageModelMetrics.perplexity(loss: log(50)) - 50) < 1e-9)
        // One bit a token and two characters a token: half a bit a character.
        let bits = LanguageModelMetrics.bitsPerCharacter(
            loss: log(2), tokenCount: 100, characterCount: 200)
        #expect(abs(bits - 0.5) < 1e-12)
    }

    @Test func sumsAddUp() {
        var a = MetricSums()
        a.add("x", total: 3, weight: 2)
        var b = MetricSums()
        b.add("x", total: 1, weight: 2)
        b.add("y", total: 0, weight: 0)
        a.add(b)
        #expect(a.means == ["x": 1])
        #expect(a.total("x") == 4 && a.weight("x") == 4)
    }
}
