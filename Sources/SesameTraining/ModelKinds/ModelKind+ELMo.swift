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
        cost: { try ModelFolder.elmo(in: $0).cost },
        speed: { folder, probe in
            let model = try ELMo.load(from: folder)
            // Letters between two marks: words which few others are the same as.
            let size = ELMoConfig.usualWordLength - 2
            let letters = probe.ids([probe.rows * probe.length, size], below: 26).scalars
            let words = WordBatch(
                sentences: (0..<probe.rows).map {
                    Array($0 * probe.length..<($0 + 1) * probe.length)
                }, maxWordBytes: model.configuration.maxWordBytes
            ) { word in letters[word * size..<(word + 1) * size].map { 97 + UInt8($0) } }
            let classes = probe.ids(
                [words.numbers.count], below: model.configuration.vocabularySize
            ).scalars
            return probe.speed(of: model, cost: model.configuration.cost) {
                $0.loss(words, classes: Array(classes), context: probe.context).mean
            }
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
