import SesameNN
import SesameTensor

/// A convolutional network over word vectors: filters of several widths, each pooled to its largest value.
///
///     feature = max over time of ReLU(filter · words[t ..< t + width] + bias)
///
/// Texts are padded with zeros on both sides, so that every window which touches a text counts, and no text is too
/// short. Pooling comes before the ReLU, which changes nothing but the work.
///
/// Source: Kim 2014, Convolutional Neural Networks for Sentence Classification,
/// https://arxiv.org/abs/1408.5882.
public struct TextCNN: Module {
    /// The model's sizes.
    public let configuration: TextCNNConfig
    /// The words' own vectors.
    public var embedding: Embedding?
    /// How the layers of vectors in context are mixed.
    public var mix: LayerMix?
    /// One convolution a width.
    public var convolutions: [Conv1d]
    /// One norm a width, where there are norms.
    public var norms: [BatchNorm]

    /// A model with fresh weights: vectors uniform in ± 0.25 as in the paper, filters as PyTorch draws them.
    public init(_ configuration: TextCNNConfig, key: RandomKey) {
        self.configuration = configuration
        if configuration.embeddingSize > 0 {
            embedding = Embedding(
                count: configuration.vocabularySize, size: configuration.embeddingSize,
                initializer: .uniform(0.25), key: key.derived(0))
        }
        if configuration.contextLayerCount > 0 {
            mix = LayerMix(layerCount: configuration.contextLayerCount)
        }
        convolutions = configuration.widths.enumerated().map { index, width in
            Conv1d(
                inputSize: configuration.wordSize, outputSize: configuration.filterCount,
                width: width, padding: width - 1, key: key.derived(UInt64(index + 1)))
        }
        norms =
            configuration.usesBatchNorm
            ? configuration.widths.map { _ in BatchNorm(size: configuration.filterCount) } : []
    }

    /// The pooled features of texts.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`; padding is behind the text.
    ///   - lengths: How many tokens each text has; nil for all.
    ///   - layers: Vectors in context, `[layers, batch, time, size]`; nil where the model takes none.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, widths · filters]`, before dropout, and in training what the norms have seen.
    public func features(
        _ ids: IDTensor, lengths: [Int]? = nil, layers: Tensor? = nil, context: ForwardContext
    ) -> (features: Tensor, statistics: [BatchStatistics]) {
        var parts = [embedding?(ids, context: context)].compactMap { $0 }
        if let mix {
            guard let layers else {
                preconditionFailure("a network of vectors in context was given none")
            }
            parts.append(mix(layers, context: context))
        }
        let words = parts.count == 1 ? parts[0] : concatenated(parts, axis: 2)
        var statistics: [BatchStatistics] = []
        let pooled = convolutions.enumerated().map { index, convolution in
            var windows = convolution(words, lengths: lengths, context: context)
            let counts = lengths?.map(convolution.outputLength)
            if !norms.isEmpty {
                let (normalised, seen) = norms[index](windows, lengths: counts, context: context)
                windows = normalised
                if let seen { statistics.append(seen) }
            }
            return windows.maxOverTime(lengths: counts)
        }
        return (concatenated(pooled, axis: 1).relu(), statistics)
    }

    /// Takes what the norms have seen in a training pass into their running statistics.
    public mutating func absorb(_ statistics: [BatchStatistics]) {
        for (index, seen) in statistics.enumerated() where norms.indices.contains(index) {
            norms[index].absorb(seen)
        }
    }

    /// Visits the parameters in a fixed order: embedding, mix, convolutions, norms.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        embedding?.visitParameters(&visitor, at: path / "embedding")
        mix?.visitParameters(&visitor, at: path / "mix")
        for index in convolutions.indices {
            convolutions[index].visitParameters(&visitor, at: path / "convolutions" / index)
        }
        for index in norms.indices {
            norms[index].visitParameters(&visitor, at: path / "norms" / index)
        }
    }
}
