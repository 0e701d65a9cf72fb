import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

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
        cost: { try ModelFolder.tagger(in: $0).cost }, speed: taggingSpeed,
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

    private static func taggingSpeed(_ folder: URL, _ probe: SpeedProbe) throws -> MachineSpeed {
        let model = try Tagger.load(from: folder)
        let sizes = model.configuration
        let (rows, length, letters) = (probe.rows, probe.length, TaggerConfig.usualWordLength)
        let characters =
            sizes.characters.isEmpty
            ? nil
            : CharacterBatch(
                ids: probe.ids([rows * length, letters], below: sizes.characterCount),
                lengths: Array(repeating: letters, count: rows * length),
                rows: IDTensor((0..<Int32(rows * length)).map { $0 }, shape: [rows, length]))
        let input = TaggerInput(
            words: probe.ids(below: sizes.vocabularySize), lengths: probe.lengths,
            characters: characters,
            context: sizes.contextLayerCount == 0
                ? nil
                : Tensor(
                    repeating: 0.5,
                    shape: [sizes.contextLayerCount, rows, length, sizes.contextSize]))
        let tags = probe.ids(below: sizes.tags.count)
        return probe.speed(of: model, cost: sizes.cost) {
            $0.loss(input, tags: tags, context: probe.context)
        }
    }

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
