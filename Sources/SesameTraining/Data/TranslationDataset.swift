import SesameTensor

/// A tokenised sentence with its translation.
public struct TranslationExample: Sendable, Hashable {
    /// The source's ids, with its end token where it has one.
    public var source: [Int32]
    /// The target's ids, without the tokens that begin and end it.
    public var target: [Int32]

    /// An example from its ids.
    public init(source: [Int32], target: [Int32]) {
        self.source = source
        self.target = target
    }
}

/// A padded batch of sentences with their translations.
public struct TranslationBatch: Sendable {
    /// The sources' ids, `[batch, source time]`, padded at the end.
    public var source: IDTensor
    /// The sources' tokens without padding.
    public var sourceLengths: [Int]
    /// What the decoder reads, `[batch, target time]`: the beginning, then the target.
    public var input: IDTensor
    /// What it is to say, `[batch, target time]`: the target, then the end; -100 at padding.
    public var output: IDTensor
    /// The targets' tokens with the end, without padding.
    public var targetLengths: [Int]
    /// Index of each row in the data set.
    public var indices: [Int]

    /// Tokens to be predicted, ends of sentences among them.
    public var tokenCount: Int { targetLengths.reduce(0, +) }

    /// A batch of some examples, in this order.
    /// - Parameters:
    ///   - examples: One or more, none with an empty source.
    ///   - indices: Of each in the data set.
    ///   - beginningID: What a target begins with.
    ///   - endID: What ends it.
    ///   - sourcePaddingID: Fills the sources up to the longest.
    public init(
        _ examples: [TranslationExample], indices: [Int], beginningID: Int32, endID: Int32,
        sourcePaddingID: Int32
    ) {
        sourceLengths = examples.map(\.source.count)
        targetLengths = examples.map { $0.target.count + 1 }
        let (S, T) = (sourceLengths.max() ?? 0, targetLengths.max() ?? 0)
        var source = [Int32](repeating: sourcePaddingID, count: examples.count * S)
        // Padding behind a target is read by nobody.
        var input = [Int32](repeating: endID, count: examples.count * T)
        var output = [Int32](repeating: -100, count: examples.count * T)
        for (row, example) in examples.enumerated() {
            source.replaceSubrange(row * S..<row * S + example.source.count, with: example.source)
            let target = example.target
            input[row * T] = beginningID
            input.replaceSubrange(row * T + 1..<row * T + 1 + target.count, with: target)
            output.replaceSubrange(row * T..<row * T + target.count, with: target)
            output[row * T + target.count] = endID
        }
        self.source = IDTensor(source, shape: [examples.count, S])
        self.input = IDTensor(input, shape: [examples.count, T])
        self.output = IDTensor(output, shape: [examples.count, T])
        self.indices = indices
    }
}

/// Sentences with their translations, in batches of similar length and of about equally many tokens.
///
/// Each epoch is shuffled by (seed, epoch) and sorted by length within pools; sentences are added to a batch
/// as long as its rows times its longest side stay within the number of tokens; then the batches are
/// shuffled. Every epoch has about as many batches, though not exactly.
public struct TranslationDataset: TrainingData {
    /// The sentences.
    public let examples: [TranslationExample]
    /// The most tokens a batch of the longer side, padding included; a longer sentence is a batch of its own.
    public let batchTokens: Int
    /// Determines the order, together with the epoch.
    public let seed: UInt64

    private let beginningID: Int32
    private let endID: Int32
    private let sourcePaddingID: Int32
    private var orderedEpoch: Int?
    private var batches: [[Int]] = []

    /// A pool holds about so many batches.
    private static let batchesPerPool = 100

    /// A data set of at least one example.
    /// - Parameters:
    ///   - examples: Sentences with their translations.
    ///   - batchTokens: The most tokens a batch.
    ///   - beginningID: What a target begins with.
    ///   - endID: What ends it.
    ///   - sourcePaddingID: Fills sources up to the longest of a batch.
    ///   - seed: Of the order.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` if there is none.
    public init(
        examples: [TranslationExample], batchTokens: Int, beginningID: Int32, endID: Int32,
        sourcePaddingID: Int32, seed: UInt64
    ) throws {
        guard !examples.isEmpty else {
            throw TrainingError(
                .notEnoughData(
                    what: "training a translation model",
                    needed: "at least one sentence with its translation", found: "none",
                    remedy:
                        "import two files whose lines belong together, or a table with a column "
                        + "for the pair"))
        }
        self.examples = examples
        self.batchTokens = batchTokens
        self.beginningID = beginningID
        self.endID = endID
        self.sourcePaddingID = sourcePaddingID
        self.seed = seed
    }

    /// Number of batches.
    public mutating func batchCount(inEpoch epoch: Int) -> Int {
        order(epoch)
        return batches.count
    }

    /// The batch at `cursor` of the epoch's order.
    public mutating func batch(at cursor: DataCursor) -> TranslationBatch {
        order(cursor.epoch)
        return batch(of: batches[cursor.batch])
    }

    private mutating func order(_ epoch: Int) {
        guard orderedEpoch != epoch else { return }
        batches = Self.bucketed(examples, batchTokens: batchTokens, seed: seed, epoch: epoch)
        orderedEpoch = epoch
    }

    private func batch(of indices: [Int]) -> TranslationBatch {
        TranslationBatch(
            indices.map { examples[$0] }, indices: indices, beginningID: beginningID, endID: endID,
            sourcePaddingID: sourcePaddingID)
    }

    /// All examples, shortest first, for evaluation; `indices` tells the original places.
    func evaluationBatches() -> some Sequence<TranslationBatch> {
        Self.cut(Self.byLength(Array(examples.indices), examples), examples, batchTokens)
            .lazy.map { batch(of: $0) }
    }

    /// Indices in batches of similar length.
    package static func bucketed(
        _ examples: [TranslationExample], batchTokens: Int, seed: UInt64, epoch: Int
    ) -> [[Int]] {
        var generator = DataSite.generator(seed: seed, site: DataSite.order, epoch: epoch)
        var order = Array(examples.indices)
        generator.shuffle(&order)
        let total = examples.reduce(0) { $0 + size($1) }
        let perBatch = max(1, batchTokens * examples.count / max(1, total))
        let poolSize = perBatch * batchesPerPool
        var batches: [[Int]] = []
        for start in stride(from: 0, to: order.count, by: poolSize) {
            let pool = Array(order[start..<min(start + poolSize, order.count)])
            batches += cut(byLength(pool, examples), examples, batchTokens)
        }
        generator.shuffle(&batches)
        return batches
    }

    /// By target length, then by source length; equal ones stay in order.
    private static func byLength(_ order: [Int], _ examples: [TranslationExample]) -> [Int] {
        order.enumerated().sorted { a, b in
            let (x, y) = (examples[a.element], examples[b.element])
            return (x.target.count, x.source.count, a.offset)
                < (y.target.count, y.source.count, b.offset)
        }.map(\.element)
    }

    private static func cut(
        _ order: [Int], _ examples: [TranslationExample], _ batchTokens: Int
    ) -> [[Int]] {
        var batches: [[Int]] = []
        var batch: [Int] = []
        var longest = 0
        for index in order {
            let longer = max(longest, size(examples[index]))
            if !batch.isEmpty, longer * (batch.count + 1) > batchTokens {
                batches.append(batch)
                batch = []
                longest = 0
            }
            batch.append(index)
            longest = max(longest, size(examples[index]))
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }

    /// The longer side, with the target's end.
    private static func size(_ example: TranslationExample) -> Int {
        max(example.source.count, example.target.count + 1)
    }
}
