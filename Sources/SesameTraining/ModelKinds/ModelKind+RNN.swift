import SesameModels

extension ModelKind {
    /// A recurrent language model.
    static let rnn = ModelKind(
        modelType: RNNConfig.modelType,
        sizes: { folder in
            let configuration = try ModelFolder.rnn(in: folder)
            return ModelSizes(
                vocabularySize: configuration.vocabularySize,
                layerCount: configuration.layerCount, hiddenSize: configuration.hiddenSize)
        },
        cost: { try ModelFolder.rnn(in: $0).cost },
        speed: { folder, probe in
            let model = try RNNLanguageModel.load(from: folder)
            let ids = probe.ids(below: model.configuration.vocabularySize)
            return probe.speed(of: model, cost: model.configuration.cost) {
                $0.loss(ids, targets: ids, context: probe.context).loss.loss
            }
        },
        load: { try RNNLanguageModel.load(from: $0) },
        evaluate: { input in
            let stream = try input.tokens()
            return EvaluationReport(
                task: .nextToken,
                metrics: RNNTask.evaluate(
                    try input.folder.load(RNNLanguageModel.self), on: stream,
                    precision: input.precision))
        },
        languageModel: { try RNNLanguageModel.load(from: $0) })

    /// Bengio's neural language model.
    static let nnlm = ModelKind(
        modelType: NNLMConfig.modelType,
        sizes: { folder in
            let configuration = try ModelFolder.nnlm(in: folder)
            return ModelSizes(
                vocabularySize: configuration.vocabularySize, layerCount: 1,
                hiddenSize: configuration.hiddenSize)
        },
        cost: { try ModelFolder.nnlm(in: $0).cost },
        speed: { folder, probe in
            let model = try NNLM.load(from: folder)
            let ids = probe.ids(below: model.configuration.vocabularySize)
            return probe.speed(of: model, cost: model.configuration.cost) {
                $0.loss(ids, targets: ids, context: probe.context).loss
            }
        },
        load: { try NNLM.load(from: $0) },
        evaluate: { input in
            let stream = try input.tokens()
            return EvaluationReport(
                task: .nextToken,
                metrics: NNLMTask.evaluate(
                    try input.folder.load(NNLM.self), on: stream, precision: input.precision))
        },
        languageModel: { try NNLM.load(from: $0) })
}
