import SesameTensor
import SesameText

/// A padded batch for BERT's two pretraining objectives.
public struct MaskedBatch: Sendable {
    /// Ids with tokens hidden, `[batch, time]`.
    public var ids: IDTensor
    /// 0 in the first segment, 1 in the second, `[batch, time]`.
    public var typeIDs: IDTensor
    /// 1 at tokens, 0 at padding, `[batch, time]` in row order.
    public var attentionMask: [UInt8]
    /// The hidden tokens' ids; -100 elsewhere, `[batch, time]`.
    public var targets: IDTensor
    /// One number a row: 0 the second segment follows, 1 it is from another document or stood before the first (BERT's
    /// and ALBERT's convention); nil for single segments.
    public var nextLabels: IDTensor?
    /// Number of tokens without padding.
    public var tokenCount: Int
    /// Number of tokens to predict.
    public var targetCount: Int
}

/// Sequences for masked-language-model pretraining, of pairs of segments or single ones.
///
/// Each epoch draws new pairs, a new order and new masks, all functions of (seed, epoch).
public struct MaskedLanguageModelDataset: TrainingData {
    /// The documents.
    public let corpus: SentenceCorpus
    /// How tokens are hidden.
    public let masking: TokenMasking
    /// What pairs of segments teach, if sequences are pairs.
    public let sentences: SentenceObjective
    /// Longest sequence.
    public let maxLength: Int
    /// Sequences a batch.
    public let batchSize: Int
    /// Determines everything, together with the cursor.
    public let seed: UInt64

    let sampler: SentencePairSampler
    let classificationID: Int32
    let separatorID: Int32
    let paddingID: Int32
    private var drawnEpoch: Int?
    private var drawn: [SentencePair] = []
    private var order: [Int] = []

    /// A data set over tokenised documents.
    /// - Throws: ``TrainingError`` with code `.badTokenizer` where a special token is missing, or
    ///   `.notEnoughData` where no sequence can be built.
    public init(
        corpus: SentenceCorpus, tokenizer: Tokenizer, maxLength: Int, batchSize: Int,
        sentences: SentenceObjective = .nextSentence, masking: MaskingOptions = MaskingOptions(),
        shortFraction: Double = 0.1, seed: UInt64
    ) throws {
        func id(_ value: Int32?, _ name: String) throws -> Int32 {
            guard let value else {
                throw TrainingError(
                    .badTokenizer(
                        problem: "it has no \(name) token, which BERT pretraining needs",
                        remedy: "build a vocabulary with BERT's special tokens"))
            }
            return value
        }
        try self.init(
            corpus: corpus, masking: TokenMasking(tokenizer: tokenizer, options: masking),
            classificationID: id(tokenizer.classificationID, "[CLS]"),
            separatorID: id(tokenizer.separatorID, "[SEP]"),
            paddingID: id(tokenizer.paddingID, "[PAD]"), maxLength: maxLength,
            batchSize: batchSize, sentences: sentences, shortFraction: shortFraction,
            seed: seed)
    }

    package init(
        corpus: SentenceCorpus, masking: TokenMasking, classificationID: Int32,
        separatorID: Int32, paddingID: Int32, maxLength: Int, batchSize: Int,
        sentences: SentenceObjective,
        shortFraction: Double = 0.1, seed: UInt64
    ) throws {
        let pairableCount = corpus.pairableDocuments.count
        let (isEnough, needed) =
            switch sentences {
            case .nextSentence:
                (pairableCount >= 2, "two documents or more of several sentences each")
            case .sentenceOrder: (pairableCount >= 1, "a document of several sentences")
            case .single: (corpus.documentCount >= 1, "one document or more")
            }
        guard isEnough else {
            throw TrainingError(
                .notEnoughData(
                    what: "BERT pretraining", needed: needed,
                    found: "\(corpus.documentCount) with \(corpus.sentenceCount) sentences in all",
                    remedy: sentences.hasPairs
                        ? "import the text by paragraph or file, or switch next-sentence prediction off"
                        : "import more text"))
        }
        self.corpus = corpus
        self.masking = masking
        self.classificationID = classificationID
        self.separatorID = separatorID
        self.paddingID = paddingID
        self.maxLength = maxLength
        self.batchSize = batchSize
        self.sentences = sentences
        self.seed = seed
        sampler = SentencePairSampler(maxLength: maxLength, shortFraction: shortFraction)
    }

    /// The sequences of an epoch, before shuffling.
    package func sequences(inEpoch epoch: Int) -> [SentencePair] {
        var generator = DataSite.generator(seed: seed, site: DataSite.pairs, epoch: epoch)
        return switch sentences {
        case .nextSentence: sampler.pairs(of: corpus, generator: &generator)
        case .sentenceOrder: sampler.orderedPairs(of: corpus, generator: &generator)
        case .single: sampler.segments(of: corpus, generator: &generator)
        }
    }

    private mutating func draw(_ epoch: Int) {
        guard drawnEpoch != epoch else { return }
        drawn = sequences(inEpoch: epoch)
        order = Array(drawn.indices)
        var generator = DataSite.generator(seed: seed, site: DataSite.order, epoch: epoch)
        generator.shuffle(&order)
        drawnEpoch = epoch
    }

    /// Number of batches; it varies a little from epoch to epoch, as the pairs do.
    public mutating func batchCount(inEpoch epoch: Int) -> Int {
        draw(epoch)
        return max(1, drawn.count / batchSize)
    }

    /// A batch of shuffled sequences. A last batch that would not be full is left out.
    public mutating func batch(at cursor: DataCursor) -> MaskedBatch {
        draw(cursor.epoch)
        let start = cursor.batch * batchSize
        let examples = order[start..<min(start + batchSize, order.count)]
        return batch(of: Array(examples), epoch: cursor.epoch)
    }

    /// Every sequence of one epoch in order, for evaluation on the same sequences and masks each time.
    public func evaluationBatches(batchSize: Int) -> some Sequence<MaskedBatch> {
        var copy = self
        copy.draw(0)
        let (data, count) = (copy, copy.drawn.count)
        return stride(from: 0, to: count, by: batchSize).lazy.map { start in
            data.batch(of: Array(start..<min(start + batchSize, count)), epoch: 0)
        }
    }

    private func batch(of examples: [Int], epoch: Int) -> MaskedBatch {
        let longest = examples.map { drawn[$0].tokenCount }.max() ?? 0
        let width = longest + (sentences.hasPairs ? 3 : 2)
        let cells = examples.count * width
        var ids = [Int32](repeating: paddingID, count: cells)
        var targets = [Int32](repeating: TokenMasking.ignoredTarget, count: cells)
        var typeIDs = [Int32](repeating: 0, count: cells)
        var mask = [UInt8](repeating: 0, count: cells)
        var labels: [Int32] = []
        var tokenCount = 0
        for (row, example) in examples.enumerated() {
            let pair = drawn[example]
            var position = row * width
            let start = position
            func append(_ id: Int32, type: Int32) {
                ids[position] = id
                typeIDs[position] = type
                mask[position] = 1
                position += 1
            }
            append(classificationID, type: 0)
            for index in pair.first { append(corpus.ids[index], type: 0) }
            append(separatorID, type: 0)
            if let isNext = pair.isNext {
                for index in pair.second { append(corpus.ids[index], type: 1) }
                append(separatorID, type: 1)
                labels.append(isNext ? 0 : 1)
            }
            var generator = DataSite.generator(
                seed: seed, site: DataSite.masking, epoch: epoch, index: example)
            masking.apply(
                to: &ids[start..<position], targets: &targets[start..<position],
                generator: &generator)
            tokenCount += position - start
        }
        let shape: Shape = [examples.count, width]
        return MaskedBatch(
            ids: IDTensor(ids, shape: shape), typeIDs: IDTensor(typeIDs, shape: shape),
            attentionMask: mask, targets: IDTensor(targets, shape: shape),
            nextLabels: sentences.hasPairs ? IDTensor(labels, shape: [labels.count]) : nil,
            tokenCount: tokenCount,
            targetCount: targets.reduce(0) { $0 + ($1 == TokenMasking.ignoredTarget ? 0 : 1) })
    }
}
