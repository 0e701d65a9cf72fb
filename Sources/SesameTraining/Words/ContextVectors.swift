import SesameModels
import SesameNN
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Vectors of words in their sentence, one for each of a model's layers, which a task mixes.
///
/// They are a function of the sentence alone, and nothing of them is trained with the task.
public protocol ContextVectors: Sendable {
    /// How many layers there are.
    var layerCount: Int { get }
    /// The size of a vector.
    var size: Int { get }

    /// The vectors of sentences, one `[layers, words, size]` each.
    func layers(of sentences: [[String]]) throws -> [Tensor]
}

extension ModelKind {
    /// The vectors in context of a folder's model.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model that gives none.
    static func contextVectors(in folder: URL) throws -> any ContextVectors {
        let model = try TrainedModelFolder(folder)
        let kind = try of(folder)
        guard let contextVectors = kind.contextVectors else {
            throw mismatch(
                kind.modelType, in: folder, expected: { $0.contextVectors != nil },
                for: "vectors of words in context")
        }
        return try contextVectors(model)
    }
}

/// The layers of a BERT, its embeddings first: a word's vector is the mean of its pieces'.
struct BERTContextVectors: ContextVectors {
    private let bert: BERT
    private let tokenizer: Tokenizer

    init(_ bert: BERT, tokenizer: Tokenizer) {
        self.bert = bert
        self.tokenizer = tokenizer
    }

    var layerCount: Int { bert.configuration.layerCount + 1 }
    var size: Int { bert.configuration.hiddenSize }

    func layers(of sentences: [[String]]) throws -> [Tensor] {
        try sentences.map(layers)
    }

    private func layers(of sentence: [String]) throws -> Tensor {
        let limit = bert.configuration.maxSequenceLength - 1
        var ids = [tokenizer.classificationID].compactMap { $0 }
        var ranges: [Range<Int>] = []
        for word in sentence {
            let pieces = tokenizer.encodeIDs(word)
            let start = min(ids.count, limit)
            ids = Array((ids + pieces).prefix(limit))
            ranges.append(start..<ids.count)
        }
        if let separator = tokenizer.separatorID { ids.append(separator) }
        let context = ForwardContext.evaluation()
        var states = bert.embed(IDTensor([ids]), typeIDs: nil, context: context)
        var layers = [states]
        for layer in bert.passes {
            states = layer(states, keyMask: nil, context: context)
            layers.append(states)
        }
        var result = Tensor(zeros: [layers.count, sentence.count, size])
        let size = size
        result.withUnsafeMutableBufferPointer { target in
            for (index, layer) in layers.enumerated() {
                layer.withUnsafeBufferPointer { source in
                    for (word, range) in ranges.enumerated() where !range.isEmpty {
                        let start = (index * sentence.count + word) * size
                        for piece in range {
                            for place in 0..<size {
                                target[start + place] +=
                                    source[piece * size + place] / Float(range.count)
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}
