import SesameTraining
import Testing

/// Entity F1 as conlleval counts, by hand.
struct EntityScoresTests {
    private func scores(_ pairs: [(String, String)]) -> EntityScores {
        var scores = EntityScores()
        for (actual, predicted) in pairs {
            func tags(_ text: String) -> [String] {
                text.split(separator: " ").map {
                    $0 == "O" ? "O" : "\($0.first?.uppercased() ?? "")-\($0.dropFirst())"
                }
            }
            scores.add(actual: tags(actual), predicted: tags(predicted))
        }
        return scores
    }

    @Test func countsByHand() {
        // Data: P0-2, L3-4 | L0-1 | P1-2. Predicted: P0-2 (right), P3-4 (type) | nothing | P1-3 (too long), L3-4.
        let scores = scores([
            ("bP iP O bL", "bP iP O bP"), ("bL O", "O O"), ("O bP O O", "O bP iP bL"),
        ])
        #expect(scores.total.actual == 4 && scores.total.predicted == 4)
        #expect(scores.total.correct == 1)
        #expect(scores.total.precision == 0.25 && scores.total.recall == 0.25)
        #expect(scores.total.f1 == 0.25)
        #expect(scores.byType["P"]?.actual == 2 && scores.byType["P"]?.predicted == 3)
        #expect(scores.byType["P"]?.correct == 1 && scores.byType["L"]?.correct == 0)
        #expect(scores.byType["P"]?.f1 == 0.4)
        #expect(scores.wordCount == 10 && scores.correctWordCount == 6)
        #expect(scores.metrics[MetricName.entityF1] == 0.25)
        #expect(scores.metrics[MetricName.accuracy] == 0.6)
        #expect(scores.metrics[MetricName.count] == 3)
    }

    @Test func brokenSequencesCountAsConllevalReadsThem() {
        // I after O begins an entity: the same words as B I. The word's tag is another, the entity is found.
        let scores = scores([
            ("O bP iP O", "O iP iP O"), ("bP iL O", "bP bL O"), ("bP bP", "bP iP"),
        ])
        // Second: both mean P0-1 L1-2. Third: P0-1 P1-2 against P0-2.
        #expect(scores.total.actual == 5 && scores.total.predicted == 4)
        #expect(scores.total.correct == 3)
        #expect(abs(scores.total.f1 - 6.0 / 9) < 1e-12)
    }

    @Test func nothingToFindGivesNoFigures() {
        let scores = scores([("O O", "O O")])
        #expect(scores.total.f1 == 0 && scores.accuracy == 1)
        #expect(scores.metrics[MetricName.entityF1] == nil)
        #expect(EntityScores().accuracy == 0)
    }
}
