import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A BERT-type encoder that gives each text a vector, for search, clustering and comparison.
///
///     let encoder = try SentenceEncoder(modelFolder: folder)
///     let vectors = try encoder.vectors(for: ["A cat sleeps.", "A kitten naps."])
///     // Normalized vectors' product is the cosine of the angle between them.
///
/// Source: Reimers and Gurevych 2019, Sentence-BERT, https://arxiv.org/abs/1908.10084.
public struct SentenceEncoder: Sendable {
    /// The model.
    public let model: BERT
    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// How the folder says that states become a vector (`1_Pooling/config.json`); the mean where it does not say.
    public let pooling: SentencePooling
    /// The most tokens of a text that are looked at, special tokens included.
    public let maxLength: Int

    /// The size of a vector.
    public var vectorSize: Int { model.configuration.hiddenSize }

    /// Tokens that go through the model at once: enough to keep the threads busy, and few enough for the caches.
    private static let tokensPerPass = 1024

    /// Loads a folder of an encoder, published or of our own; heads that it has are not looked at.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another kind, `ModelError`
    ///   for one that cannot be read.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        let type = try ModelFolder.summary(of: modelFolder).modelType
        guard type == "bert" else {
            throw TrainingError(
                .badModelFolder(
                    path: modelFolder.path,
                    problem:
                        "sentence vectors need an encoder, model_type bert, but this is '\(type)'",
                    remedy: "choose another folder"))
        }
        tokenizer = folder.tokenizer
        model = try folder.load(BERT.self)
        let hints = SentenceHints(modelFolder)
        pooling = hints.pooling
        maxLength = min(
            hints.maxLength ?? .max, folder.record.maxLength,
            model.configuration.maxSequenceLength)
    }

    /// The vectors of texts, in their order.
    ///
    /// Texts are sorted by length and packed end to end, so that no work goes into padding. A text's vector
    /// does not depend on its neighbours beyond rounding. Give a long list in pieces of a few thousand texts.
    /// - Parameters:
    ///   - texts: Any number; those longer than ``maxLength`` are cut, an empty one has the vector of its
    ///     special tokens.
    ///   - pooling: How states become a vector; nil means as the folder says.
    ///   - normalized: Whether vectors have length 1.
    ///   - precision: Of matrix products.
    /// - Returns: One vector a text, of ``vectorSize`` numbers.
    /// - Throws: `ModelError` for ids that the model does not know: the tokenizer is not this model's.
    public func vectors(
        for texts: [String], pooling: SentencePooling? = nil, normalized: Bool = true,
        precision: Precision = .float32
    ) throws -> [[Float]] {
        let encodings = tokenizer.encodeBatch(
            texts, truncation: Truncation(maxLength: maxLength))
        let ids = encodings.map { $0.ids.isEmpty ? [tokenizer.paddingID ?? 0] : $0.ids }
        let order = ids.indices.sorted { (ids[$0].count, $0) < (ids[$1].count, $1) }
        var result = [[Float]](repeating: [], count: texts.count)
        var start = 0
        while start < order.count {
            var end = start
            var tokens = 0
            while end < order.count,
                end == start || tokens + ids[order[end]].count <= Self.tokensPerPass
            {
                tokens += ids[order[end]].count
                end += 1
            }
            let batch = order[start..<end]
            let vectors = try model.vectors(
                of: batch.map { ids[$0] }, pooling: pooling ?? self.pooling,
                normalized: normalized, precision: precision)
            vectors.withUnsafeBufferPointer { values in
                for (row, index) in batch.enumerated() {
                    result[index] = Array(values[row * vectorSize..<(row + 1) * vectorSize])
                }
            }
            start = end
        }
        return result
    }
}

/// What sentence-transformers leaves beside a model about its use.
private struct SentenceHints {
    var pooling = SentencePooling.mean
    var maxLength: Int?

    private struct PoolingFile: Decodable {
        var pooling_mode_cls_token: Bool?
    }

    private struct SentenceFile: Decodable {
        var max_seq_length: Int?
    }

    /// The hints of a folder; a file that is not there, or holds something else, gives none.
    init(_ folder: URL) {
        func read<File: Decodable>(_ type: File.Type, _ name: String) -> File? {
            (try? Data(contentsOf: folder.appendingPathComponent(name))).flatMap {
                try? JSONDecoder().decode(type, from: $0)
            }
        }
        if read(PoolingFile.self, "1_Pooling/config.json")?.pooling_mode_cls_token == true {
            pooling = .cls
        }
        maxLength = read(SentenceFile.self, "sentence_bert_config.json")?.max_seq_length
            .flatMap { $0 > 2 ? $0 : nil }
    }
}
