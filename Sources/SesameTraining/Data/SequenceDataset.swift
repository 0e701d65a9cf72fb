import SesameTensor

/// A tokenised text, or pair of texts, with its class or its score.
public struct SequenceExample: Sendable, Hashable {
    /// Ids with special tokens, at most the model's length.
    public var ids: [Int32]
    /// A pair's texts in the other order, where the model reads both; empty otherwise.
    public var otherOrder: [Int32] = []
    /// 0 in the first text, 1 in the second; empty means all 0.
    public var typeIDs: [Int32]
    /// Index of the class; -1 where it is not known, or the text has a score.
    public var label: Int32
    /// The score; NaN where it is not known, or the text has a class.
    public var score: Float
    /// Vectors of the tokens in context; nil where the model takes none.
    public var vectors: TokenVectors?

    /// Tokens that the model reads, in both orders where it does so.
    var tokenCount: Int { ids.count + otherOrder.count }

    /// An example; `typeIDs` may be left out for a single text.
    public init(ids: [Int32], typeIDs: [Int32] = [], label: Int32 = -1, score: Float = .nan) {
        self.ids = ids
        self.typeIDs = typeIDs
        self.label = label
        self.score = score
    }
}

/// A padded batch of texts.
public struct SequenceBatch: Sendable {
    /// Ids, `[batch, time]`, padded at the end; where pairs are read in both orders `[2 · batch, time]`, all in the
    /// one order before all in the other.
    public var ids: IDTensor
    /// Segment numbers, `[batch, time]`.
    public var typeIDs: IDTensor
    /// 1 at tokens, 0 at padding, `[batch, time]` in row order.
    public var attentionMask: [UInt8]
    /// Classes, `[batch]`; -1 where unknown.
    public var labels: IDTensor
    /// Scores, `[batch]`; NaN where unknown.
    public var scores: Tensor
    /// Vectors of the tokens in context, `[layers, batch, time, size]`; nil where the model takes none.
    public var layers: Tensor?
    /// Index of each row in the data set.
    public var indices: [Int]
    /// Number of tokens without padding.
    public var tokenCount: Int
}

/// Texts with their classes or scores, in batches.
///
/// Each epoch is shuffled by (seed, epoch) and cut into batches. For models that compute on padding, batches can
/// be of similar length: the order is cut into pools of 50 batches, sorted by length within a pool, cut into
/// batches, and the batches are shuffled. That costs a little quality, since texts of one length tend to be alike.
public struct SequenceDataset: TrainingData {
    /// The texts.
    public let examples: [SequenceExample]
    /// Texts a batch; the last batch of an epoch may be smaller.
    public let batchSize: Int
    /// Fills rows up to the longest.
    public let paddingID: Int32
    /// Determines the order, together with the epoch.
    public let seed: UInt64
    /// Whether batches are of similar length.
    public let groupsByLength: Bool
    /// Changes texts on their way into batches; nil leaves them.
    let augmenter: TokenAugmenter?

    private var orderedEpoch: Int?
    private var batches: [[Int]] = []

    static let batchesPerPool = 50

    /// A data set of at least one example.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` if there is none.
    public init(
        examples: [SequenceExample], batchSize: Int, paddingID: Int32, seed: UInt64,
        groupsByLength: Bool = false
    ) throws {
        try self.init(
            examples: examples, batchSize: batchSize, paddingID: paddingID, seed: seed,
            groupsByLength: groupsByLength, augmenter: nil)
    }

    package init(
        examples: [SequenceExample], batchSize: Int, paddingID: Int32, seed: UInt64,
        groupsByLength: Bool = false, augmenter: TokenAugmenter?
    ) throws {
        guard !examples.isEmpty else {
            throw TrainingError(
                .notEnoughData(
                    what: "fine-tuning", needed: "at least one labelled text", found: "none",
                    remedy: "check the corpus, its labels and the split"))
        }
        self.examples = examples
        self.batchSize = batchSize
        self.paddingID = paddingID
        self.seed = seed
        self.groupsByLength = groupsByLength
        self.augmenter = augmenter
    }

    /// The distinct labels in byte order: the classes of a model trained on them.
    public static func discoverLabels(_ labels: some Sequence<String>) -> [String] {
        Set(labels).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Number of batches.
    public func batchCount(inEpoch epoch: Int) -> Int {
        (examples.count + batchSize - 1) / batchSize
    }

    /// The batch at `cursor` of the epoch's order.
    public mutating func batch(at cursor: DataCursor) -> SequenceBatch {
        if orderedEpoch != cursor.epoch {
            batches = Self.order(
                of: examples.map(\.ids.count), groupsByLength: groupsByLength,
                batchSize: batchSize, seed: seed, epoch: cursor.epoch)
            orderedEpoch = cursor.epoch
        }
        let indices = batches[cursor.batch]
        guard let augmenter else {
            return Self.batch(of: indices, in: examples, paddingID: paddingID)
        }
        let changed = indices.map { index in
            var example = examples[index]
            // A token of one text of a pair does not go over into the other, and vectors in context belong to
            // the text as it was.
            let types = example.typeIDs
            let isFixed = example.vectors != nil || !example.otherOrder.isEmpty
            example.ids = augmenter.augmented(
                example.ids, epoch: cursor.epoch, index: index,
                canSwap: { !isFixed && (types.isEmpty || types[$0] == types[$0 + 1]) })
            return example
        }
        var batch = Self.batch(of: Array(changed.indices), in: changed, paddingID: paddingID)
        batch.indices = indices
        return batch
    }

    /// An epoch's batches, as indices into the lengths.
    package static func order(
        of lengths: [Int], groupsByLength: Bool, batchSize: Int, seed: UInt64, epoch: Int
    ) -> [[Int]] {
        var generator = DataSite.generator(seed: seed, site: DataSite.order, epoch: epoch)
        var order = Array(lengths.indices)
        generator.shuffle(&order)
        func cut(_ indices: some RandomAccessCollection<Int>) -> [[Int]] {
            stride(from: 0, to: indices.count, by: batchSize).map {
                Array(indices.dropFirst($0).prefix(batchSize))
            }
        }
        guard groupsByLength else { return cut(order) }
        let poolSize = batchSize * batchesPerPool
        var batches = stride(from: 0, to: order.count, by: poolSize).flatMap { start in
            // Ties keep the shuffled order: the index in the pool makes the sort stable.
            cut(
                order[start..<min(start + poolSize, order.count)].enumerated().sorted {
                    (lengths[$0.element], $0.offset) < (lengths[$1.element], $1.offset)
                }.map(\.element))
        }
        generator.shuffle(&batches)
        return batches
    }

    /// All examples, shortest first, for evaluation and prediction; `indices` tells the original places.
    public static func evaluationBatches(
        of examples: [SequenceExample], batchSize: Int, paddingID: Int32
    ) -> some Sequence<SequenceBatch> {
        let order = examples.indices.sorted {
            (examples[$0].ids.count, $0) < (examples[$1].ids.count, $1)
        }
        return stride(from: 0, to: order.count, by: batchSize).lazy.map { start in
            batch(
                of: Array(order[start..<min(start + batchSize, order.count)]), in: examples,
                paddingID: paddingID)
        }
    }

    package static func batch(
        of indices: [Int], in examples: [SequenceExample], paddingID: Int32
    ) -> SequenceBatch {
        var rows = indices.map { (ids: examples[$0].ids, typeIDs: examples[$0].typeIDs) }
        if indices.contains(where: { !examples[$0].otherOrder.isEmpty }) {
            rows += indices.map { (examples[$0].otherOrder, []) }
        }
        let width = max(1, rows.map(\.ids.count).max() ?? 1)
        let cells = rows.count * width
        var ids = [Int32](repeating: paddingID, count: cells)
        var typeIDs = [Int32](repeating: 0, count: cells)
        var mask = [UInt8](repeating: 0, count: cells)
        for (row, tokens) in rows.enumerated() {
            let start = row * width
            for (offset, id) in tokens.ids.enumerated() {
                ids[start + offset] = id
                mask[start + offset] = 1
            }
            for (offset, type) in tokens.typeIDs.enumerated() { typeIDs[start + offset] = type }
        }
        let tokenCount = rows.reduce(0) { $0 + $1.ids.count }
        let shape: Shape = [rows.count, width]
        return SequenceBatch(
            ids: IDTensor(ids, shape: shape), typeIDs: IDTensor(typeIDs, shape: shape),
            attentionMask: mask,
            labels: IDTensor(indices.map { examples[$0].label }, shape: [indices.count]),
            scores: Tensor(indices.map { examples[$0].score }, shape: [indices.count]),
            layers: TokenVectors.stacked(indices.map { examples[$0].vectors }, time: width),
            indices: indices, tokenCount: tokenCount)
    }
}
