import SesameModels
import SesameText

extension ModelKind {
    /// An encoder, with the heads of its pretraining or without.
    static let bert = ModelKind(
        modelType: "bert", publishedLayout: "BERT",
        sizes: { ModelSizes(try ModelFolder.bert(in: $0)) },
        cost: { try ModelFolder.bert(in: $0).cost },
        load: { folder in
            let hasHeads = try ModelFolder.summary(of: folder).hasPretrainingHeads
            return hasHeads
                ? try BERTForPretraining.load(from: folder) : try BERT.load(from: folder)
        },
        publishedUse: {
            PublishedUse(
                task: .maskedLanguageModel,
                maxLength: try ModelFolder.bert(in: $0).maxSequenceLength)
        },
        evaluate: evaluateMasked,
        contextVectors: { folder in
            BERTContextVectors(try folder.load(BERT.self), tokenizer: folder.tokenizer)
        })

    /// Masked tokens, and pairs where it was trained on them, beside the unigram baseline of the train split.
    private static func evaluateMasked(_ input: EvaluationInput) throws -> EvaluationReport {
        let (folder, tokenizer) = (input.folder, input.folder.tokenizer)
        try input.workspace.segmentSentences(corpus: input.corpus)
        let sentences = try input.reader.sentences(input.split)
        guard sentences.documentCount > 0 else { throw input.empty("one document or more") }
        let data = try MaskedLanguageModelDataset(
            corpus: sentences, tokenizer: tokenizer, maxLength: folder.record.maxLength,
            batchSize: 32, sentences: folder.record.sentences, seed: 0)
        let train = input.split == .train ? sentences : try input.reader.sentences(.train)
        var counts = [Int](repeating: 0, count: tokenizer.vocabulary.count)
        for id in train.ids { counts[Int(id)] += 1 }
        let metrics = BERTPretrainingTask.evaluate(
            try folder.load(BERTForPretraining.self), on: data,
            baseline: train.tokenCount > 0 ? UnigramBaseline(counts: counts) : nil,
            precision: input.precision)
        return EvaluationReport(task: .maskedLanguageModel, metrics: metrics)
    }
}

extension ModelSizes {
    init(_ configuration: BERTConfig) {
        self.init(
            vocabularySize: configuration.vocabularySize, layerCount: configuration.layerCount,
            hiddenSize: configuration.hiddenSize, headCount: configuration.headCount,
            maxSequenceLength: configuration.maxSequenceLength)
    }
}

extension TrainingRecord {
    /// What was taught about pairs of segments.
    fileprivate var sentences: SentenceObjective {
        sentenceOrder == true ? .sentenceOrder : nextSentence == true ? .nextSentence : .single
    }
}
