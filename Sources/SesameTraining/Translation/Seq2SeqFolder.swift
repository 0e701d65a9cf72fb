import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The translation model of a folder, whichever architecture it has.
///
/// Another architecture plugs in here, in ``ModelKind/all`` and in ``TranslationOptions``.
enum Seq2SeqFolder {
    /// Reads a folder's model.
    static func load(_ folder: URL) throws -> any Seq2SeqModel {
        let type = try ModelFolder.summary(of: folder).modelType
        switch type {
        case RecurrentSeq2SeqConfig.modelType: return try RecurrentSeq2Seq.load(from: folder)
        case TransformerConfig.modelType: return try Transformer.load(from: folder)
        default:
            throw ModelKind.mismatch(
                type, in: folder, expected: { $0.isTranslation }, for: "translating")
        }
    }
}

extension ModelKind {
    /// A recurrent model that turns sentences into those of another language.
    static let seq2seq: ModelKind = {
        var kind = translation(RecurrentSeq2SeqConfig.modelType) { folder in
            let sizes = try ModelFolder.recurrentSeq2Seq(in: folder)
            return ModelSizes(
                vocabularySize: sizes.vocabularies.targetSize, layerCount: sizes.layerCount,
                hiddenSize: sizes.hiddenSize)
        }
        kind.cost = { try ModelFolder.recurrentSeq2Seq(in: $0).cost }
        kind.speed = { folder, probe in
            let model = try RecurrentSeq2Seq.load(from: folder)
            let sizes = model.vocabularies
            let (source, target) = (
                probe.ids(below: sizes.sourceSize), probe.ids(below: sizes.targetSize, seed: 3)
            )
            return probe.speed(of: model, cost: model.configuration.cost) {
                $0.loss(
                    source, sourceLengths: probe.lengths, input: target, output: target,
                    targetLengths: probe.lengths, context: probe.context
                ).loss
            }
        }
        return kind
    }()

    /// A Transformer that does so.
    static let transformer: ModelKind = {
        var kind = translation(TransformerConfig.modelType) { folder in
            let configuration = try ModelFolder.transformer(in: folder)
            let sizes = configuration.sizes
            return ModelSizes(
                vocabularySize: configuration.vocabularies.targetSize,
                layerCount: sizes.encoderLayerCount + sizes.decoderLayerCount,
                hiddenSize: sizes.hiddenSize, headCount: sizes.headCount)
        }
        kind.cost = { try ModelFolder.transformer(in: $0).cost }
        return kind
    }()

    /// Whether models of this kind translate.
    fileprivate var isTranslation: Bool {
        [RecurrentSeq2SeqConfig.modelType, TransformerConfig.modelType].contains(modelType)
    }

    private static func translation(
        _ modelType: String, sizes: @escaping @Sendable (URL) throws -> ModelSizes
    ) -> ModelKind {
        ModelKind(
            modelType: modelType, sizes: sizes, load: { try Seq2SeqFolder.load($0) },
            evaluate: { input in
                func measured(_ model: some Seq2SeqModel) throws -> EvaluationReport {
                    try translationReport(of: model, input)
                }
                return try measured(Seq2SeqFolder.load(input.folder.url))
            })
    }

    private static func translationReport(
        of model: some Seq2SeqModel, _ input: EvaluationInput
    ) throws -> EvaluationReport {
        var search = TranslationSearch()
        search.beamSize = input.beamSize ?? search.beamSize
        try search.validate()
        let target = input.folder.tokenizer
        let source = input.folder.sourceTokenizer ?? target
        let texts = try input.reader.translations(input.split)
        guard texts.count > 0 else {
            throw input.empty("one sentence with its translation, or more")
        }
        let (examples, _) = texts.examples(
            source: source, target: target, maxLength: input.folder.record.maxLength,
            dropsLong: false)
        let data = try TranslationDataset(
            examples: examples, batchTokens: 4096,
            beginningID: Int32(model.vocabularies.beginningID),
            endID: Int32(model.vocabularies.endID), sourcePaddingID: source.paddingID ?? 0,
            seed: 0)
        return EvaluationReport(
            task: .translation,
            metrics: TranslationTask.evaluate(
                model, on: data,
                scorer: TranslationScorer(references: texts.targets, tokenizer: target),
                beamSize: search.beamSize, precision: input.precision))
    }
}
