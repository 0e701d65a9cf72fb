import SesameNN
import SesameTensor

extension ELMo {
    /// The vectors of words in their sentences, from every layer.
    ///
    /// They are a function of the sentence alone: no state is carried from one call, or one sentence, to another,
    /// and neighbours in the batch change nothing beyond rounding. A sentence mix is learnt by a `LayerMix`.
    /// - Parameters:
    ///   - sentences: The words of each; a word is any text, a sentence may be empty.
    ///   - precision: Of matrix products.
    /// - Returns: One tensor a layer, ``ELMoConfig/vectorLayerCount`` in all: the words' own vectors (twice, side by
    ///   side) and the LSTMs' from the lowest on, forward and backward side by side. Each is
    ///   `[sentences, longest, ` ``ELMoConfig/vectorSize`` `]`, with zeros behind a sentence's last word.
    public func layers(of sentences: [[String]], precision: Precision = .float32) -> [Tensor] {
        let batch = WordBatch(sentences: sentences, maxWordBytes: configuration.maxWordBytes)
        guard batch.wordLayout.tokenCount > 0 else {
            let shape: Shape = [
                sentences.count, batch.wordLayout.timeCount, configuration.vectorSize,
            ]
            return (0..<configuration.vectorLayerCount).map { _ in Tensor(zeros: shape) }
        }
        let (words, layers) = states(batch, context: .evaluation(precision: precision))
        // A word at step t of its sentence lies at step t + 1 behind the beginning.
        var rows: [Int32] = []
        var start = 0
        for (time, count) in batch.wordLayout.rowCounts.enumerated() {
            start += batch.layout.rowCounts[time]
            rows.append(contentsOf: (start..<(start + count)).map { Int32($0) })
        }
        let places = IDTensor(rows, shape: [rows.count])
        return ([[words, words]] + layers).map {
            batch.wordLayout.padded(concatenated($0, axis: 1).selectedRows(places))
        }
    }

    /// The vectors of words in their sentences, mixed from all layers.
    ///
    /// - Parameters:
    ///   - sentences: The words of each.
    ///   - mix: The layers' shares; nil means equal ones.
    ///   - precision: Of matrix products.
    /// - Returns: `[sentences, longest, ` ``ELMoConfig/vectorSize`` `]`, zeros behind a sentence's last word.
    public func vectors(
        of sentences: [[String]], mix: LayerMix? = nil, precision: Precision = .float32
    ) -> Tensor {
        let mix = mix ?? LayerMix(layerCount: configuration.vectorLayerCount)
        return mix(layers(of: sentences, precision: precision), context: .evaluation())
    }
}
