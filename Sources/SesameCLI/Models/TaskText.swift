import Sesame

extension TrainingRecord.Task {
    /// What its evaluation counts.
    var unit: String {
        switch self {
        case .nextToken, .bidirectionalLanguageModel: "token"
        case .maskedLanguageModel: "masked token"
        case .classification, .regression, .multipleChoice: "text"
        case .tagging, .translation: "sentence"
        case .questionAnswering: "question"
        }
    }
}
