/// Which pairs of tokens are merged, in which order, and into what: a table from pairs to ranks and ids.
///
/// Sendable: never changed once made.
final class MergeTable: Sendable {
    /// What becomes of a pair; the lowest rank goes first.
    struct Merge: Sendable, Equatable {
        var rank: UInt32
        var result: Int32
    }

    private struct Slot: Sendable {
        /// Both ids, each plus one so that 0 is a free slot.
        var key: UInt64 = 0
        var merge = Merge(rank: 0, result: 0)
    }

    /// The pairs by rank.
    let pairs: [(left: Int32, right: Int32)]
    private let slots: [Slot]
    private let shift: UInt64

    /// A table of `pairs` by rank, with what each gives. Of a pair that comes twice the last counts, as
    /// in Hugging Face's tokenizers.
    init(_ pairs: [(left: Int32, right: Int32)], results: [Int32]) {
        precondition(pairs.count == results.count, "\(pairs.count) pairs, \(results.count) results")
        self.pairs = pairs
        var bits: UInt64 = 4
        while 1 << bits < pairs.count * 2 { bits += 1 }
        var slots = [Slot](repeating: Slot(), count: 1 << bits)
        shift = 64 - bits
        for (rank, pair) in pairs.enumerated() {
            let key = Self.key(pair.left, pair.right)
            var index = Int(Self.hash(key) >> shift)
            while slots[index].key != 0 && slots[index].key != key {
                index = (index + 1) & (slots.count - 1)
            }
            slots[index] = Slot(
                key: key, merge: Merge(rank: UInt32(rank), result: results[rank]))
        }
        self.slots = slots
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left) &+ 1) << 32 | UInt64(UInt32(bitPattern: right) &+ 1)
    }

    @inline(__always)
    private static func hash(_ key: UInt64) -> UInt64 {
        (key ^ key >> 29) &* 0x9E37_79B9_7F4A_7C15
    }

    /// What becomes of a pair; nil where it is not merged.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge? {
        let key = Self.key(left, right)
        return slots.withUnsafeBufferPointer { slots in
            var index = Int(Self.hash(key) >> shift)
            while true {
                let slot = slots[index]
                if slot.key == key { return slot.merge }
                if slot.key == 0 { return nil }
                index = (index + 1) & (slots.count - 1)
            }
        }
    }
}
