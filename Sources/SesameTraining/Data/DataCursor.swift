import SesameTensor

/// The place of the next batch: epoch and batch within the epoch, both from 0.
///
/// Every batch is a function of (seed, epoch, batch) alone, so a run continues from its cursor
/// without replaying what came before.
public struct DataCursor: Sendable, Hashable, Codable, Comparable {
    /// Number of completed passes over the data.
    public var epoch: Int
    /// Number of batches taken from the current pass.
    public var batch: Int

    /// A cursor at the beginning, unless told otherwise.
    public init(epoch: Int = 0, batch: Int = 0) {
        self.epoch = epoch
        self.batch = batch
    }

    /// Earlier epochs first, then earlier batches.
    public static func < (a: DataCursor, b: DataCursor) -> Bool {
        (a.epoch, a.batch) < (b.epoch, b.batch)
    }
}

/// Examples cut into batches, addressable by cursor.
public protocol TrainingData: Sendable {
    /// What one forward pass takes.
    associatedtype Batch: Sendable

    /// Number of batches in `epoch`, at least 1.
    mutating func batchCount(inEpoch epoch: Int) -> Int

    /// The batch at `cursor`: the same for the same seed and cursor, whatever was asked before.
    mutating func batch(at cursor: DataCursor) -> Batch
}

extension TrainingData {
    /// The batch at `cursor`, which then moves to the next batch or the beginning of the next epoch.
    public mutating func nextBatch(_ cursor: inout DataCursor) -> Batch {
        let result = batch(at: cursor)
        cursor.batch += 1
        if cursor.batch >= batchCount(inEpoch: cursor.epoch) {
            cursor = DataCursor(epoch: cursor.epoch + 1, batch: 0)
        }
        return result
    }
}

/// Names the uses of random numbers in data preparation, so that no two share a stream.
package enum DataSite {
    package static let order: UInt64 = 0x6f72_6465
    package static let windows: UInt64 = 0x7769_6e64
    package static let pairs: UInt64 = 0x7061_6972
    package static let masking: UInt64 = 0x6d61_736b
    package static let rareWords: UInt64 = 0x7261_7265
    package static let augmentation: UInt64 = 0x6175_676d
    package static let examples: UInt64 = 0x6578_616d

    /// The generator for one use at one place, independent of every other.
    package static func generator(
        seed: UInt64, site: UInt64, epoch: Int, index: Int = 0
    ) -> RandomGenerator {
        let key = RandomKey(seed: seed, stream: site)
        return RandomGenerator(
            key: key.derived(UInt64(truncatingIfNeeded: epoch))
                .derived(UInt64(truncatingIfNeeded: index)))
    }
}
