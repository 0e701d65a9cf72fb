import Sesame

extension TrainingRecord.Task {
    /// What such a model does, as in "this model continues text".
    var purpose: String {
        switch self {
        case .nextToken: "continues text"
        case .maskedLanguageModel: "fills masked tokens"
        case .classification: "names the class of a text"
        case .regression: "gives a text a score"
        case .bidirectionalLanguageModel: "gives words vectors in their context"
        case .tagging: "tags the words of a sentence"
        case .questionAnswering: "answers questions with parts of a text"
        case .multipleChoice: "picks one of several endings"
        case .translation: "translates sentences"
        }
    }

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
