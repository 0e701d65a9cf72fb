/// Tagged sentences in batches, as ``SequenceDataset`` has texts.
struct TaggerDataset<Example: TagExample>: TrainingData {
    let examples: [Example]
    let batchSize: Int
    let seed: UInt64
    /// Whether batches are of similar length.
    let groupsByLength: Bool
    /// Changes a training sentence as it is seen in an epoch; nil leaves it.
    let change: (@Sendable (_ example: Example, _ epoch: Int, _ index: Int) -> Example)?

    private var orderedEpoch: Int?
    private var batches: [[Int]] = []

    init(
        examples: [Example], batchSize: Int, seed: UInt64, groupsByLength: Bool,
        change: (@Sendable (_ example: Example, _ epoch: Int, _ index: Int) -> Example)? = nil
    ) {
        self.examples = examples
        self.batchSize = batchSize
        self.seed = seed
        self.groupsByLength = groupsByLength
        self.change = change
    }

    func batchCount(inEpoch epoch: Int) -> Int {
        max(1, (examples.count + batchSize - 1) / batchSize)
    }

    mutating func batch(at cursor: DataCursor) -> TaggerBatch<Example.Input> {
        if orderedEpoch != cursor.epoch {
            batches = SequenceDataset.order(
                of: examples.map(\.length), groupsByLength: groupsByLength, batchSize: batchSize,
                seed: seed, epoch: cursor.epoch)
            orderedEpoch = cursor.epoch
        }
        let indices = batches[cursor.batch]
        let seen = indices.map { index in
            change.map { $0(examples[index], cursor.epoch, index) } ?? examples[index]
        }
        return TaggerBatch(seen, indices: indices)
    }

    /// All examples, shortest first; the indices tell their places.
    static func evaluationBatches(
        of examples: [Example], batchSize: Int
    ) -> some Sequence<TaggerBatch<Example.Input>> {
        let order = examples.indices.sorted {
            (examples[$0].length, $0) < (examples[$1].length, $1)
        }
        return stride(from: 0, to: order.count, by: batchSize).lazy.map { start in
            let indices = Array(order[start..<min(start + batchSize, order.count)])
            return TaggerBatch(indices.map { examples[$0] }, indices: indices)
        }
    }
}
