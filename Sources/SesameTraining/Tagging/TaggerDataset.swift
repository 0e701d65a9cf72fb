import SesameModels
import SesameTensor

/// A batch of tagged sentences.
public struct TaggerBatch: Sendable {
    /// The sentences.
    public var input: TaggerInput
    /// The tags' numbers, `[batch, time]`; 0 at padding.
    public var tags: IDTensor
    /// Each sentence's number in the data set.
    public var indices: [Int]
    /// How many words there are, padding not counted.
    public var wordCount: Int
}

/// Tagged sentences in batches of similar length, as ``SequenceDataset`` has texts.
public struct TaggerDataset: TrainingData {
    let examples: [TaggerExample]
    let batchSize: Int
    let seed: UInt64
    /// Which words, by id, are seen once only: these become unknown at times, so that the unknown word is learnt
    /// (Lample et al. 2016, section 4.3).
    let isRare: [Bool]
    let rareDropout: Double
    let unknownID: Int32
    let augmenter: TokenAugmenter?
    /// The number of the tag of words outside of entities, which alone change places.
    let outsideTag: Int32?

    private var orderedEpoch: Int?
    private var batches: [[Int]] = []

    init(
        examples: [TaggerExample], batchSize: Int, seed: UInt64, isRare: [Bool] = [],
        rareDropout: Double = 0, unknownID: Int32 = 0, augmenter: TokenAugmenter? = nil,
        outsideTag: Int32? = nil
    ) {
        self.examples = examples
        self.batchSize = batchSize
        self.seed = seed
        self.isRare = isRare
        self.rareDropout = rareDropout
        self.unknownID = unknownID
        self.augmenter = augmenter
        self.outsideTag = outsideTag
    }

    /// Number of batches.
    public func batchCount(inEpoch epoch: Int) -> Int {
        max(1, (examples.count + batchSize - 1) / batchSize)
    }

    /// The batch at `cursor` of the epoch's order.
    public mutating func batch(at cursor: DataCursor) -> TaggerBatch {
        if orderedEpoch != cursor.epoch {
            batches = SequenceDataset.order(
                of: examples.map(\.words.count), groupsByLength: true, batchSize: batchSize,
                seed: seed, epoch: cursor.epoch)
            orderedEpoch = cursor.epoch
        }
        let indices = batches[cursor.batch]
        let seen = indices.map { changed(examples[$0], epoch: cursor.epoch, index: $0) }
        var batch = Self.batch(of: seen)
        batch.indices = indices
        return batch
    }

    /// A training sentence as it is seen in an epoch.
    private func changed(_ example: TaggerExample, epoch: Int, index: Int) -> TaggerExample {
        var example = example
        if rareDropout > 0 {
            var generator = DataSite.generator(
                seed: seed, site: DataSite.rareWords, epoch: epoch, index: index)
            for (place, word) in example.words.enumerated() where isRare[Int(word)] {
                if generator.nextUniform() < rareDropout { example.words[place] = unknownID }
            }
        }
        guard let augmenter else { return example }
        let tags = example.tags
        var swaps: [Int] = []
        example.words = augmenter.augmented(
            example.words, epoch: epoch, index: index,
            canSwap: { place in
                // Vectors in context belong to the sentence as it was.
                example.context == nil && tags[place] == outsideTag
                    && tags[place + 1] == outsideTag
            },
            swapped: { swaps.append($0) })
        for place in swaps where !example.characters.isEmpty {
            example.characters.swapAt(place, place + 1)
        }
        return example
    }

    static func batch(of examples: [TaggerExample]) -> TaggerBatch {
        let input = TaggerEncoder.input(of: examples)
        let time = input.words.shape[1]
        var tags = [Int32](repeating: 0, count: input.words.elementCount)
        for (row, example) in examples.enumerated() {
            for (place, tag) in example.tags.enumerated() { tags[row * time + place] = tag }
        }
        return TaggerBatch(
            input: input, tags: IDTensor(tags, shape: input.words.shape),
            indices: Array(examples.indices), wordCount: input.lengths.reduce(0, +))
    }

    /// All examples, shortest first; the indices tell their places.
    static func evaluationBatches(
        of examples: [TaggerExample], batchSize: Int
    ) -> some Sequence<TaggerBatch> {
        let order = examples.indices.sorted {
            (examples[$0].words.count, $0) < (examples[$1].words.count, $1)
        }
        return stride(from: 0, to: order.count, by: batchSize).lazy.map { start in
            let indices = Array(order[start..<min(start + batchSize, order.count)])
            var batch = batch(of: indices.map { examples[$0] })
            batch.indices = indices
            return batch
        }
    }
}
