import SesameTraining
import Testing

/// Values by the definitions of SQuAD's evaluation programs.
struct SpanScoresTests {
    /// Python: " ".join(re.sub(r"\b(a|an|the)\b", " ", "".join(c for c in s.lower() if c not in
    /// string.punctuation)).split())
    @Test(arguments: [
        ("The  Cat's\tpyjamas!", "cats pyjamas"), ("an apple a day", "apple day"),
        ("Athens, the city", "athens city"), ("theatre", "theatre"), ("a", ""), ("A.B.", "ab"),
        ("x–the–y", "x– –y"), ("the–a", "–"), ("$1,000.50", "100050"), ("snake_case", "snakecase"),
        ("ÉCOLE", "école"), ("\u{00A0}a\u{3000}ship", "ship"), ("", ""), ("2 the 3", "2 3"),
        ("a\u{0301}b", "\u{0301}b"), ("un-the-able", "untheable"),
    ])
    func normalization(_ text: String, _ expected: String) {
        let found = SpanScores.normalized(text)
        #expect(Array(found.unicodeScalars) == Array(expected.unicodeScalars), "\(found)")
    }

    @Test(arguments: [
        // Four words each, three of them common.
        ("in the summer of 1969", ["summer of 1969 indeed"], 0.0, 6.0 / 8.0),
        ("308", ["308"], 1, 1), ("The 308.", ["308"], 1, 1), ("309", ["308"], 0, 0),
        // The most similar right answer counts.
        ("Santa Clara", ["Levi's Stadium", "Santa Clara, California"], 0, 0.8),
        ("x y", ["y", "x y"], 1, 1),
        // A word counts as often as it is in both.
        ("very very good", ["very good"], 0, 0.8),
        // No answer: right where there is none, and only there.
        ("", [], 1, 1), ("something", [], 0, 0), ("", ["308"], 0, 0), ("the", [], 1, 1),
        // An answer of nothing but articles is none.
        ("the", ["the", "308"], 0, 0),
    ])
    func scores(_ answer: String, _ golds: [String], _ exact: Double, _ f1: Double) {
        #expect(SpanScores.exactMatch(answer, golds) == exact)
        #expect(abs(SpanScores.f1(answer, golds) - f1) < 1e-12)
    }

    @Test func meansOverQuestions() {
        var scores = SpanScores()
        #expect(scores.metrics.isEmpty)
        scores.add(answer: "308", golds: ["308"])
        scores.add(answer: "Santa Clara", golds: ["Santa Clara, California"])
        scores.add(answer: nil, golds: ["Denver"])
        let metrics = scores.metrics
        #expect(metrics[MetricName.count] == 3 && metrics[MetricName.exactMatch] == 1.0 / 3)
        #expect(abs((metrics[MetricName.spanF1] ?? 0) - 1.8 / 3) < 1e-12)
        #expect(metrics[MetricName.noAnswerAccuracy] == nil)
    }

    @Test func questionsWithoutAnswersAndTheBestThreshold() {
        var scores = SpanScores()
        // Score of no answer less the best one's; at a threshold of 0, as said.
        scores.add(answer: "x", noAnswerScore: -3, golds: ["x"])
        scores.add(answer: "y", noAnswerScore: -1, golds: [])
        scores.add(answer: nil, best: "z w", noAnswerScore: 1, golds: ["z"])
        scores.add(answer: nil, best: "q", noAnswerScore: 2, golds: [])
        let metrics = scores.metrics
        #expect(metrics[MetricName.exactMatch] == 0.5 && metrics[MetricName.spanF1] == 0.5)
        #expect(metrics[MetricName.answerableF1] == 0.5)
        #expect(metrics[MetricName.noAnswerAccuracy] == 0.5)
        // Answering none scores 2 of 4; the first alone 3; then 2; with the third 2 2/3; all 1 2/3.
        let best = scores.bestThreshold
        #expect(best.threshold == -3 && best.f1 == 0.75)
        #expect(metrics[MetricName.bestSpanF1] == 0.75)
    }
}
