import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Gives each text one vector, with whichever encoder a folder holds: BERT's kind, or an ELMo.
public struct TextVectorizer: Sendable {
    private enum Encoder {
        case sentences(SentenceEncoder)
        case words(WordEncoder)
    }

    private let encoder: Encoder
    private static let textsPerPass = 2048

    /// Loads the folder of an encoder.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model that gives no vectors.
    public init(modelFolder: URL) throws {
        let type = try? ModelFolder.summary(of: modelFolder).modelType
        encoder =
            type == ELMoConfig.modelType
            ? .words(try WordEncoder(modelFolder: modelFolder))
            : .sentences(try SentenceEncoder(modelFolder: modelFolder))
    }

    /// The texts' vectors, each of length 1, in rows: `[texts, size]`; the product of two is their cosine.
    ///
    /// - Parameters:
    ///   - texts: Any number.
    ///   - onProgress: Told how many of them are done.
    /// - Throws: `ModelError` for ids that the model does not know.
    public func matrix(
        of texts: [String],
        onProgress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> Tensor {
        var rows: [Float] = []
        var size = 0
        for start in stride(from: 0, to: texts.count, by: Self.textsPerPass) {
            let part = Array(texts[start..<min(start + Self.textsPerPass, texts.count)])
            let vectors =
                switch encoder {
                case .sentences(let encoder): try encoder.vectors(for: part)
                case .words(let encoder): encoder.textVectors(for: part)
                }
            size = vectors[0].count
            for vector in vectors { rows += vector }
            try onProgress(start + part.count, texts.count)
        }
        return Tensor(rows, shape: [texts.count, size])
    }
}
