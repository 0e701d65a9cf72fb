import SesameModels

extension ModelKind {
    /// A BERT that answers questions with parts of a text.
    static let spanPredictor = ModelKind(
        modelType: "bert", headSuffix: "ForQuestionAnswering", publishedLayout: "BERT",
        sizes: { ModelSizes(try ModelFolder.bert(in: $0)) },
        cost: { try ModelFolder.bert(in: $0).headedCost },
        load: { try SpanPredictor.load(from: $0) },
        publishedUse: {
            PublishedUse(
                task: .questionAnswering,
                maxLength: try ModelFolder.bert(in: $0).maxSequenceLength)
        },
        evaluate: { input in
            let questions = try input.reader.questions(input.split).flatMap { $0 }
            guard !questions.isEmpty else { throw input.empty("one question or more") }
            let answerer = try QuestionAnswerer(modelFolder: input.folder.url)
            return EvaluationReport(
                task: .questionAnswering,
                metrics: answerer.scores(on: questions, precision: input.precision).metrics)
        })
}
