import SesameTensor

/// What a Transformer costs.
///
/// A forward pass takes 2 operations a token for each weight of a product, and 4 · width for each key that a token sees
/// in a layer; a training step takes three times that, since both gradients of a product cost as much as the product.
///
/// Of an encoder-decoder a token is one of the target with one of a source of the same length.
///
/// Source: Kaplan et al. 2020, Scaling Laws for Neural Language Models, https://arxiv.org/abs/2001.08361, section 2.1;
/// Chowdhery et al. 2022, PaLM, https://arxiv.org/abs/2204.02311, appendix B. Unlike there, keys that a causal or banded
/// layer does not look at are not counted, because nothing is computed for them here.
public struct ModelCost: TrainingCost, Hashable, Codable {
    /// How many parameters, shared ones counted once.
    public let parameterCount: Int
    /// The width of the states.
    public let hiddenSize: Int
    /// How many blocks; of an encoder-decoder those of the decoder, which look at the source too.
    public let layerCount: Int
    /// How many blocks the encoder of an encoder-decoder has; 0 for all others.
    public let encoderLayerCount: Int
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
    /// The share of the positions whose states are projected to the vocabulary in training; 0 for a model that never
    /// does so.
    public let projectedShare: Double

    init(
        parameterCount: Int, hiddenSize: Int, layerCount: Int, encoderLayerCount: Int = 0,
        headCount: Int, feedForwardSize: Int, vocabularySize: Int, maxSequenceLength: Int,
        isCausal: Bool, band: AttentionBand? = nil, projectedShare: Double
    ) {
        self.parameterCount = parameterCount
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.encoderLayerCount = encoderLayerCount
        self.headCount = headCount
        self.feedForwardSize = feedForwardSize
        self.vocabularySize = vocabularySize
        self.maxSequenceLength = maxSequenceLength
        self.isCausal = isCausal
        self.band = band
        self.projectedShare = projectedShare
    }

    /// The length of texts that estimates are made for where none is given: the longest, of sentences to translate 100.
    public var usualLength: Int {
        encoderLayerCount > 0 ? min(100, maxSequenceLength) : maxSequenceLength
    }

    /// Operations of a forward pass, a token, where every position is projected to the vocabulary by a model that does
    /// so at all.
    public func forwardOperations(length: Int) -> Double {
        forwardOperations(length: length, projectedShare: projectedShare == 0 ? 0 : 1)
    }

    /// Operations of a forward pass, a token.
    ///
    /// - Parameters:
    ///   - length: Tokens a text.
    ///   - projectedShare: The share of the positions that are projected to the vocabulary.
    public func forwardOperations(length: Int, projectedShare: Double) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(feedForwardSize))
        let own = 2 * (4 * width * width + 2 * width * inner)
        let keys = (0..<layerCount).reduce(0.0) { $0 + meanKeyCount(layer: $1, length: length) }
        var blocks = Double(layerCount) * own + 4 * width * keys
        if encoderLayerCount > 0 {
            // The decoder's blocks look at the source, whose keys and values they project.
            let (encoders, length) = (Double(encoderLayerCount), Double(length))
            blocks += encoders * (own + 4 * width * length)
            blocks += Double(layerCount) * (8 * width * width + 4 * width * length)
        }
        return blocks + projectedShare * 2 * width * Double(vocabularySize)
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

    /// Bytes that a forward pass over one text takes: the weights, the states of one block and, for a causal model,
    /// the keys and values of all blocks, those of a source among them.
    public func inferenceBytes(length: Int) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(feedForwardSize))
        let kept = isCausal ? (encoderLayerCount > 0 ? 4 : 2) * Double(layerCount) * width : 0
        return weightBytes + 4 * Double(length) * (kept + 6 * width + 2 * inner)
    }

    /// Bytes that training with AdamW takes: weights, gradients and two moments, and what a batch's forward pass keeps
    /// for the backward pass.
    ///
    /// A block keeps eight states of the model's width a token (its input, two norms' outputs, queries, keys and
    /// values, attention's output, the stream in between) and two of its network's inner size. A block that looks at a
    /// source keeps six more for that.
    public func trainingBytes(batchSize: Int, length: Int) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(feedForwardSize))
        let block = 8 * width + 2 * inner + Double(headCount)
        let transient = 6 * width + 2 * inner
        let ofSource = encoderLayerCount > 0 ? 6 * width + Double(headCount) : 0
        let blocks =
            Double(layerCount) * (block + ofSource) + Double(encoderLayerCount) * block
        return 4 * weightBytes
            + 4 * Double(batchSize) * Double(length) * (blocks + transient)
    }
}

extension GPTConfig {
    /// What such a model costs below a head that projects nothing to the vocabulary.
    public var headedCost: ModelCost { cost(hasOutput: false) }

    /// What such a model costs.
    public var cost: ModelCost { cost(hasOutput: true) }

    private func cost(hasOutput: Bool) -> ModelCost {
        let (width, inner) = (hiddenSize, feedForwardSize ?? 4 * hiddenSize)
        let block = 4 * width * width + 9 * width + 2 * width * inner + inner
        let tables = (vocabularySize + maxSequenceLength) * width
        return ModelCost(
            parameterCount: tables + layerCount * block + 2 * width
                + (tiesEmbeddings || !hasOutput ? 0 : vocabularySize * width),
            hiddenSize: width, layerCount: layerCount, headCount: headCount, feedForwardSize: inner,
            vocabularySize: vocabularySize, maxSequenceLength: maxSequenceLength, isCausal: true,
            band: band, projectedShare: hasOutput ? 1 : 0)
    }
}

extension BERTConfig {
    /// What such a model costs below a head that projects nothing to the vocabulary, with its pooler.
    public var headedCost: ModelCost { cost(projectedShare: 0) }

    /// What such a model costs, with its pooler and without the heads of pretraining, which add less than a hundredth.
    ///
    /// In pretraining 15 % of the positions are projected to the vocabulary.
    public var cost: ModelCost { cost(projectedShare: 0.15) }

    private func cost(projectedShare: Double) -> ModelCost {
        let (width, inner) = (hiddenSize, feedForwardSize)
        let block = 4 * width * width + 9 * width + 2 * width * inner + inner
        let tables = (vocabularySize + maxSequenceLength + typeCount) * width
        return ModelCost(
            parameterCount: tables + 2 * width + (sharesLayers ? 1 : layerCount) * block
                + width * width + width,
            hiddenSize: width, layerCount: layerCount, headCount: headCount, feedForwardSize: inner,
            vocabularySize: vocabularySize, maxSequenceLength: maxSequenceLength, isCausal: false,
            projectedShare: projectedShare)
    }
}

extension TransformerConfig {
    /// What such a model costs.
    public var cost: ModelCost {
        let (width, inner) = (sizes.hiddenSize, sizes.feedForwardSize)
        let block = 4 * width * width + 9 * width + 2 * width * inner + inner
        // The look at the source: four maps and a norm.
        let ofSource = 4 * width * width + 6 * width
        let rows = vocabularies.vectorCount(tiesEmbeddings: tiesEmbeddings)
        return ModelCost(
            parameterCount: Int(rows) * width + sizes.encoderLayerCount * block
                + sizes.decoderLayerCount * (block + ofSource) + (norm == .pre ? 4 * width : 0),
            hiddenSize: width, layerCount: sizes.decoderLayerCount,
            encoderLayerCount: sizes.encoderLayerCount, headCount: sizes.headCount,
            feedForwardSize: inner, vocabularySize: vocabularies.targetSize,
            maxSequenceLength: ModelCost.longestEstimate, isCausal: true, projectedShare: 1)
    }
}
