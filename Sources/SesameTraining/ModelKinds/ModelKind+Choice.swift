import SesameModels

extension ModelKind {
    /// A BERT that picks one of several endings.
    static let choiceClassifier = ModelKind(
        modelType: "bert", headSuffix: "ForMultipleChoice", publishedLayout: "BERT",
        sizes: { ModelSizes(try ModelFolder.bert(in: $0)) },
        load: { try ChoiceClassifier.load(from: $0) },
        publishedUse: {
            PublishedUse(
                task: .multipleChoice, maxLength: try ModelFolder.bert(in: $0).maxSequenceLength)
        },
        evaluate: { input in
            let choices = try input.reader.choices(input.split)
            guard !choices.isEmpty else { throw input.empty("one text with endings or more") }
            let predictor = try ChoicePredictor(modelFolder: input.folder.url)
            return EvaluationReport(
                task: .multipleChoice,
                metrics: predictor.metrics(on: choices, precision: input.precision))
        })
}
