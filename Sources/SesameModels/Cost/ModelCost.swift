import SesameTensor

/// What a Transformer costs in parameters, memory and arithmetic, from its sizes alone.
///
/// Operations are those of matrix products, a multiplication and an addition being two; what else there is takes a
/// few per cent. A forward pass takes 2 a token for each weight of a product, and 4 · width for each key
/// that a token sees in a layer; a training step takes three times that, since both gradients of a product cost as much
/// as the product.
///
/// Source: Kaplan et al. 2020, Scaling Laws for Neural Language Models, https://arxiv.org/abs/2001.08361, section 2.1;
/// Chowdhery et al. 2022, PaLM, https://arxiv.org/abs/2204.02311, appendix B. Unlike there, keys that a causal or banded
/// layer does not look at are not counted, because nothing is computed for them here.
public struct ModelCost: Sendable, Hashable, Codable {
    /// How many parameters, shared ones counted once.
    public let parameterCount: Int
    /// The width of the states.
    public let hiddenSize: Int
    /// How many blocks.
    public let layerCount: Int
    /// How many attention heads a block.
    public let headCount: Int
    /// The inner size of a block's network.
    public let feedForwardSize: Int
    /// How many token ids.
    public let vocabularySize: Int
    /// The longest text.
    public let maxSequenceLength: Int
    /// Whether a position sees only those before it.
    public let isCausal: Bool
    /// Which layers look back only so far.
    public let band: AttentionBand?
    /// The share of the positions whose states are projected to the vocabulary in training.
    public let projectedShare: Double

    /// Operations of a forward pass, a token.
    ///
    /// - Parameters:
    ///   - length: Tokens a text.
    ///   - projectedShare: The share of the positions that are projected to the vocabulary; nil for
    ///     all of them.
    public func forwardOperations(length: Int, projectedShare: Double? = nil) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(feedForwardSize))
        let blocks = Double(layerCount) * 2 * (4 * width * width + 2 * width * inner)
        let keys = (0..<layerCount).reduce(0.0) { $0 + meanKeyCount(layer: $1, length: length) }
        let projection = (projectedShare ?? 1) * 2 * width * Double(vocabularySize)
        return blocks + 4 * width * keys + projection
    }

    /// Operations of a training step, a token: forward and backward.
    public func trainingOperations(length: Int) -> Double {
        3 * forwardOperations(length: length, projectedShare: projectedShare)
    }

    /// How many keys a token of a text sees in a layer, on average.
    func meanKeyCount(layer: Int, length: Int) -> Double {
        let length = Double(length)
        guard isCausal else { return length }
        var width = length
        if let band, band.layers.contains(layer) { width = min(width, Double(band.width)) }
        return (width * (width + 1) / 2 + (length - width) * width) / length
    }

    /// Bytes of the weights as Float32.
    public var weightBytes: Double { 4 * Double(parameterCount) }

    /// Bytes that a forward pass over one text takes: the weights, the states of one block and, for a causal model,
    /// the keys and values of all blocks.
    public func inferenceBytes(length: Int) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(feedForwardSize))
        let kept = isCausal ? 2 * Double(layerCount) * width : 0
        return weightBytes + 4 * Double(length) * (kept + 6 * width + 2 * inner)
    }

    /// Bytes that training with AdamW takes: weights, gradients and two moments, and what a batch's forward pass keeps
    /// for the backward pass.
    ///
    /// A block keeps eight states of the model's width a token (its input, two norms' outputs, queries, keys and
    /// values, attention's output, the stream in between) and two of its network's inner size.
    public func trainingBytes(batchSize: Int, length: Int) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(feedForwardSize))
        let block = 8 * width + 2 * inner + Double(headCount)
        let transient = 6 * width + 2 * inner
        return 4 * weightBytes
            + 4 * Double(batchSize) * Double(length) * (Double(layerCount) * block + transient)
    }
}

extension GPTConfig {
    /// What such a model costs.
    public var cost: ModelCost {
        let (width, inner) = (hiddenSize, feedForwardSize ?? 4 * hiddenSize)
        let block = 4 * width * width + 9 * width + 2 * width * inner + inner
        let tables = (vocabularySize + maxSequenceLength) * width
        return ModelCost(
            parameterCount: tables + layerCount * block + 2 * width
                + (tiesEmbeddings ? 0 : vocabularySize * width),
            hiddenSize: width, layerCount: layerCount, headCount: headCount, feedForwardSize: inner,
            vocabularySize: vocabularySize, maxSequenceLength: maxSequenceLength, isCausal: true,
            band: band, projectedShare: 1)
    }
}

extension BERTConfig {
    /// What such a model costs, with its pooler and without the heads of pretraining, which add less than a hundredth.
    ///
    /// In pretraining 15 % of the positions are projected to the vocabulary.
    public var cost: ModelCost {
        let (width, inner) = (hiddenSize, feedForwardSize)
        let block = 4 * width * width + 9 * width + 2 * width * inner + inner
        let tables = (vocabularySize + maxSequenceLength + typeCount) * width
        return ModelCost(
            parameterCount: tables + 2 * width + (sharesLayers ? 1 : layerCount) * block
                + width * width + width,
            hiddenSize: width, layerCount: layerCount, headCount: headCount, feedForwardSize: inner,
            vocabularySize: vocabularySize, maxSequenceLength: maxSequenceLength, isCausal: false,
            band: nil, projectedShare: 0.15)
    }
}
