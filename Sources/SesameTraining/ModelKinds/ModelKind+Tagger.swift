import SesameModels

extension ModelKind {
    /// A network that gives each word of a sentence a tag.
    static let tagger = ModelKind(
        modelType: TaggerConfig.modelType,
        sizes: { folder in
            let configuration = try ModelFolder.tagger(in: folder)
            return ModelSizes(
                vocabularySize: configuration.vocabularySize,
                layerCount: configuration.layerCount, hiddenSize: configuration.hiddenSize)
        },
        cost: { TaggerCost(try ModelFolder.tagger(in: $0)) },
        load: { try Tagger.load(from: $0) }, evaluate: evaluateTags)

    /// A BERT that gives each word of a sentence a tag.
    static let tokenClassifier = ModelKind(
        modelType: "bert", headSuffix: "ForTokenClassification", publishedLayout: "BERT",
        sizes: { ModelSizes(try ModelFolder.bert(in: $0)) },
        cost: { try ModelFolder.bert(in: $0).headedCost },
        load: { try TokenClassifier.load(from: $0) },
        publishedUse: { folder in
            let configuration = try ModelFolder.tokenClassifier(in: folder)
            return PublishedUse(
                task: .tagging, labels: configuration.tags,
                maxLength: configuration.backbone.maxSequenceLength)
        },
        evaluate: evaluateTags)

    /// Precision, recall and F1 of entities, or the tags' accuracy.
    private static func evaluateTags(_ input: EvaluationInput) throws -> EvaluationReport {
        let sentences = try input.reader.taggedSentences(input.split)
        guard !sentences.isEmpty else { throw input.empty("one tagged sentence or more") }
        let tagger = try TextTagger(modelFolder: input.folder.url)
        let scores = try tagger.scores(on: sentences, precision: input.precision)
        var report = EvaluationReport(
            task: .tagging,
            metrics: scores.metrics.merging(MetricName.shares(of: tagger.tagger?.mix)) {
                first, _ in first
            })
        report.entities = scores
        return report
    }
}
