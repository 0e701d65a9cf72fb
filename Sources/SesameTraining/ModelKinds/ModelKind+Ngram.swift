import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ModelKind {
    /// N-gram counts with Kneser-Ney smoothing.
    static let ngram = ModelKind(
        modelType: NgramConfig.modelType, weightsName: NgramModel.fileName,
        sizes: {
            ModelSizes(vocabularySize: try ModelFolder.ngram(in: $0).vocabularySize)
        },
        load: { try NgramModel.load(from: $0) },
        export: writeARPA,
        evaluate: { input in
            let stream = try input.tokens()
            return EvaluationReport(
                task: .nextToken,
                metrics: NgramEvaluation.metrics(
                    of: try input.folder.load(NgramModel.self), on: stream)
            )
        },
        languageModel: { try NgramModel.load(from: $0) })

    private static func writeARPA(_ folder: TrainedModelFolder, to output: URL) throws {
        let tokenizer = folder.tokenizer
        try folder.load(NgramModel.self).writeARPA(
            tokens: (0..<Int32(tokenizer.vocabulary.count)).map { tokenizer.vocabulary.token($0) },
            unknown: tokenizer.id(of: \.unknown), to: output)
    }
}
