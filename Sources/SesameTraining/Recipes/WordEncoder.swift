import SesameModels
import SesameNN
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A trained ELMo that gives words vectors in their context.
///
///     let encoder = try WordEncoder(modelFolder: folder)
///     let vectors = encoder.vectors(for: [["a", "bank", "of", "sand"]])   // [1, 4, vectorSize]
public struct WordEncoder: Sendable {
    /// The model.
    public let model: ELMo
    /// The tokenizer that makes words of a text.
    public let tokenizer: Tokenizer
    /// The layers' shares and scale; at first equal ones.
    public var mix: LayerMix

    /// The size of a word's vector.
    public var vectorSize: Int { model.configuration.vectorSize }

    /// Words that go through the model at once.
    private static let wordsPerPass = 2048

    /// Loads a folder of an ELMo.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another kind, `ModelError`
    ///   for one that cannot be read.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.bidirectionalLanguageModel, for: "vectors of words in context")
        tokenizer = folder.tokenizer
        model = try folder.load(ELMo.self)
        mix = LayerMix(layerCount: model.configuration.vectorLayerCount)
    }

    /// The words of a text, as the tokenizer cuts it; spelled as in the text.
    public func words(of text: String) -> [String] {
        let encoding = tokenizer.encode(text, addSpecialTokens: false)
        let utf8 = Array(text.utf8)
        return encoding.offsets.compactMap { range in
            range.isEmpty ? nil : String(decoding: utf8[range], as: UTF8.self)
        }
    }

    /// The mixed vectors of words in their sentences.
    ///
    /// A vector is a function of its sentence alone. Sentences are sorted by length and go through the model together.
    /// - Parameters:
    ///   - sentences: The words of each; any number.
    ///   - precision: Of matrix products.
    /// - Returns: For each sentence `[words, ` ``vectorSize`` `]`.
    public func vectors(for sentences: [[String]], precision: Precision = .float32) -> [Tensor] {
        layers(for: sentences, precision: precision).map { mix($0, context: .evaluation()) }
    }

    /// The vectors of words in their sentences from each layer, for a mix that is yet to be learnt.
    ///
    /// - Returns: For each sentence one `[words, ` ``vectorSize`` `]` a layer.
    public func layers(for sentences: [[String]], precision: Precision = .float32) -> [[Tensor]] {
        let order = sentences.indices.sorted {
            (sentences[$0].count, $0) < (sentences[$1].count, $1)
        }
        var result = [[Tensor]](repeating: [], count: sentences.count)
        var start = 0
        while start < order.count {
            var (end, words) = (start, 0)
            while end < order.count,
                end == start || words + sentences[order[end]].count <= Self.wordsPerPass
            {
                words += sentences[order[end]].count
                end += 1
            }
            let batch = Array(order[start..<end])
            let layers = model.layers(of: batch.map { sentences[$0] }, precision: precision)
            for (row, index) in batch.enumerated() {
                let count = sentences[index].count
                result[index] = layers.map {
                    $0.sliced(axis: 0, row..<(row + 1)).sliced(axis: 1, 0..<count)
                        .reshaped([count, vectorSize])
                }
            }
            start = end
        }
        return result
    }

    /// One vector a text: the mean of its words' vectors.
    ///
    /// - Parameters:
    ///   - texts: Any number; one without words has zeros.
    ///   - normalized: Whether vectors have length 1.
    ///   - precision: Of matrix products.
    public func textVectors(
        for texts: [String], normalized: Bool = true, precision: Precision = .float32
    ) -> [[Float]] {
        vectors(for: texts.map(words(of:)), precision: precision).map { words in
            guard words.shape[0] > 0 else { return [Float](repeating: 0, count: vectorSize) }
            let mean = words.mean(axis: 0).scalars
            let length = mean.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard normalized, length > 0 else { return mean }
            return mean.map { Float(Double($0) / length) }
        }
    }
}
