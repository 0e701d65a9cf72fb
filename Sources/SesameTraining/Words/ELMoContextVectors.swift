import SesameModels
import SesameTensor

/// The layers of an ELMo: the words' own vectors, then those of its language models.
struct ELMoContextVectors: ContextVectors {
    private let elmo: ELMo

    init(_ elmo: ELMo) { self.elmo = elmo }

    var layerCount: Int { elmo.configuration.vectorLayerCount }
    var size: Int { elmo.configuration.vectorSize }

    /// Sentences a forward pass.
    private static let batchSize = 32

    func layers(of sentences: [[String]]) throws -> [Tensor] {
        var result = [Tensor](
            repeating: Tensor(zeros: [layerCount, 0, size]), count: sentences.count)
        // Sentences of similar length together, for little padding.
        let order = sentences.indices.sorted {
            (sentences[$0].count, $0) < (sentences[$1].count, $1)
        }
        for start in stride(from: 0, to: order.count, by: Self.batchSize) {
            let indices = order[start..<min(start + Self.batchSize, order.count)]
            let layers = elmo.layers(of: indices.map { sentences[$0] })
            for (row, index) in indices.enumerated() where !sentences[index].isEmpty {
                let count = sentences[index].count
                result[index] = concatenated(
                    layers.map {
                        $0.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<count)
                    }, axis: 0)
            }
        }
        return result
    }
}
