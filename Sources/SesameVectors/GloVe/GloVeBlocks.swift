import CSesameKernels
import SesameTensor

/// The matrix in 16 × 16 blocks: a word's class is its id modulo 16, so that each has its share of frequent words.
///
/// A matrix that fits the memory which counting may take is copied there; another is copied to a file, in as many scans of
/// it as its blocks are larger than that memory. The entries and their order are the same.
struct GloVeBlocks {
    static let classes = 16

    /// Block r · 16 + c is `entries[offsets[r · 16 + c]..<offsets[r · 16 + c + 1]]`, in random order.
    let entries: CooccurrenceEntries
    let offsets: [UInt64]

    /// - Throws: ``VectorError`` with code `.file`.
    init(_ counts: Cooccurrences, seed: UInt64) throws {
        let offsets = Self.offsets(counts.entries)
        self.offsets = offsets
        guard !counts.options.fits(counts.count) else {
            entries = CooccurrenceEntries(
                Self.sorted(counts.entries, 0..<Self.count, offsets, seed: seed))
            return
        }
        let most = UInt64(max(1, counts.options.memoryBytes / CooccurrenceEntries.size))
        entries = try CooccurrenceEntries(inFile: true, folder: counts.folder) { write in
            var first = 0
            while first < Self.count {
                var end = first + 1
                while end < Self.count, offsets[end + 1] - offsets[first] <= most { end += 1 }
                for entry in Self.sorted(counts.entries, first..<end, offsets, seed: seed) {
                    try write(entry)
                }
                first = end
            }
        }
    }

    private static let count = classes * classes

    private static func block(_ entry: sesame_cooccurrence) -> Int {
        Int(entry.row) % classes * classes + Int(entry.column) % classes
    }

    private static func offsets(_ entries: CooccurrenceEntries) -> [UInt64] {
        var offsets = [UInt64](repeating: 0, count: count + 1)
        entries.withUnsafeEntries { entries in
            for entry in entries { offsets[block(entry) + 1] += 1 }
        }
        for index in 0..<count { offsets[index + 1] += offsets[index] }
        return offsets
    }

    /// The entries of some blocks, one block after the other, each in random order.
    private static func sorted(
        _ all: CooccurrenceEntries, _ blocks: Range<Int>, _ offsets: [UInt64], seed: UInt64
    ) -> [sesame_cooccurrence] {
        let start = offsets[blocks.lowerBound]
        var next = offsets.map { Int($0) - Int(start) }
        let starts = next
        let total = Int(offsets[blocks.upperBound] - start)
        return [sesame_cooccurrence](unsafeUninitializedCapacity: total) { target, count in
            all.withUnsafeEntries { entries in
                for entry in entries {
                    let index = block(entry)
                    guard blocks.contains(index) else { continue }
                    target[next[index]] = entry
                    next[index] += 1
                }
            }
            count = total
            let sorted = target
            parallelFor(blocks.count) { place in
                let index = blocks.lowerBound + place
                let range = starts[index]..<starts[index + 1]
                var random = RandomGenerator(
                    key: RandomKey(seed: seed, stream: 2 + UInt64(index)))
                for place in stride(from: range.count - 1, to: 0, by: -1) {
                    sorted.swapAt(
                        range.lowerBound + place,
                        range.lowerBound + random.next(below: place + 1))
                }
            }
        }
    }

    /// The order of a pass's rounds.
    static func order(seed: UInt64, pass: Int) -> [Int] {
        var order = Array(0..<classes)
        var random = RandomGenerator(
            key: RandomKey(seed: seed, stream: UInt64(1000 + pass)))
        random.shuffle(&order)
        return order
    }
}
