import SesameModels

extension ModelKind {
    /// Language models of both directions, for vectors of words in context.
    static let elmo = ModelKind(
        modelType: ELMoConfig.modelType,
        sizes: { folder in
            let configuration = try ModelFolder.elmo(in: folder)
            return ModelSizes(
                vocabularySize: configuration.vocabularySize,
                layerCount: configuration.layerCount, hiddenSize: configuration.hiddenSize)
        },
        load: { try ELMo.load(from: $0) },
        evaluate: { input in
            try input.workspace.segmentSentences(corpus: input.corpus)
            var sentences = WordSentences()
            try input.reader.spelledSentences(
                input.split, maxLength: input.folder.record.maxLength, into: &sentences)
            guard sentences.sentenceCount > 0 else { throw input.empty("one sentence or more") }
            return EvaluationReport(
                task: .bidirectionalLanguageModel,
                metrics: BidirectionalLanguageModelTask.evaluate(
                    try input.folder.load(ELMo.self), on: sentences, precision: input.precision))
        },
        contextVectors: { ELMoContextVectors(try $0.load(ELMo.self)) })
}
