import SesameModels

extension ModelKind {
    /// A BERT or GPT that picks one of several endings; its `model_type` is the backbone's.
    static let choiceClassifier = ModelKind(
        modelType: "bert", headSuffix: "ForMultipleChoice", publishedLayout: "BERT",
        sizes: { try ModelSizes(ModelFolder.choiceClassifier(in: $0).scorer) },
        cost: { try ModelFolder.choiceClassifier(in: $0).scorer.cost },
        load: { try ChoiceClassifier.load(from: $0) },
        publishedUse: {
            PublishedUse(
                task: .multipleChoice,
                maxLength: try ModelFolder.choiceClassifier(in: $0).maxSequenceLength)
        },
        evaluate: { input in
            let choices = try input.reader.choices(input.split)
            guard !choices.isEmpty else { throw input.empty("one text with endings or more") }
            let predictor = try ChoicePredictor(modelFolder: input.folder.url)
            return EvaluationReport(
                task: .multipleChoice,
                metrics: try predictor.metrics(on: choices, precision: input.precision))
        })
}
