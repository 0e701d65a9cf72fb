/// What a model's answers to labelled questions are worth.
public struct PromptScore: Sendable, Codable, Hashable {
    /// How often each label was taken for each other, where answers were scored.
    public private(set) var confusion: ConfusionMatrix
    /// How many questions there were.
    public private(set) var count = 0
    /// How many were answered with their label.
    public private(set) var correctCount = 0
    /// How many were too long for the model: not asked, and counted as wrong.
    public private(set) var tooLongCount = 0
    /// How many prompts had fewer examples than asked for, for want of room.
    public private(set) var shortenedCount = 0

    /// Nothing yet.
    public init(labels: [String]) { confusion = ConfusionMatrix(labels: labels) }

    /// Counts a result, and what its label should be.
    ///
    /// - Throws: ``TrainingError`` with code `.badLabel` for a label that no answer has.
    public mutating func add(_ result: PromptResult, actual text: LabelledText) throws {
        count += 1
        if result.isTooLong { tooLongCount += 1 }
        if result.droppedCount > 0 { shortenedCount += 1 }
        if result.label == text.label { correctCount += 1 }
        guard !confusion.labels.isEmpty else { return }
        guard let actual = confusion.labels.firstIndex(where: { $0 == text.label }) else {
            throw TrainingError(
                .badLabel(
                    problem: "'\(text.label ?? "")'\(text.place.map { " (\($0))" } ?? "") is not "
                        + "among the answers' labels " + confusion.labels.joined(separator: ", "),
                    remedy: "give an answer for every label"))
        }
        guard let predicted = confusion.labels.firstIndex(where: { $0 == result.label }) else {
            return
        }
        confusion.add(actual: actual, predicted: predicted)
    }

    /// Accuracy over all questions and, where each was answered with one of the answers, what a classifier has.
    public var metrics: Metrics {
        guard count > 0 else { return [:] }
        var result = count == confusion.total ? confusion.metrics : [:]
        result[MetricName.accuracy] = Double(correctCount) / Double(count)
        result[MetricName.count] = Double(count)
        return result
    }
}
