import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The translation model of a folder, whichever architecture it has.
///
/// Another architecture plugs in here, and in ``TranslationOptions``.
enum Seq2SeqFolder {
    /// Reads a folder's model.
    static func load(_ folder: URL) throws -> any Seq2SeqModel {
        let architectures = try ModelFolder.summary(of: folder).architectures
        if architectures.contains("RecurrentSeq2Seq") {
            return try RecurrentSeq2Seq.load(from: folder)
        }
        throw TrainingError(
            .badModelFolder(
                path: folder.path,
                problem: "architectures is \(architectures.joined(separator: ", ")), expected "
                    + "RecurrentSeq2Seq",
                remedy: "use a newer version of sesame, or train the model again"))
    }
}

extension ModelKind {
    /// A model that turns sentences into those of another language.
    static let seq2seq = ModelKind(
        modelType: RecurrentSeq2SeqConfig.modelType,
        sizes: { folder in
            let sizes = try ModelFolder.recurrentSeq2Seq(in: folder)
            return ModelSizes(
                vocabularySize: sizes.vocabularySize, layerCount: sizes.layerCount,
                hiddenSize: sizes.hiddenSize)
        },
        load: { try Seq2SeqFolder.load($0) },
        evaluate: { input in
            var search = TranslationSearch()
            search.beamSize = input.beamSize ?? search.beamSize
            try search.validate()
            func measured(_ model: some Seq2SeqModel) throws -> EvaluationReport {
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
                    endID: Int32(model.vocabularies.endID),
                    sourcePaddingID: source.paddingID ?? 0, seed: 0)
                return EvaluationReport(
                    task: .translation,
                    metrics: TranslationTask.evaluate(
                        model, on: data,
                        scorer: TranslationScorer(references: texts.targets, tokenizer: target),
                        beamSize: search.beamSize, precision: input.precision))
            }
            return try measured(Seq2SeqFolder.load(input.folder.url))
        })
}
