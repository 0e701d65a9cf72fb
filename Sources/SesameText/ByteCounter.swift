/// How often byte strings were seen: open addressing over one array of bytes.
package struct ByteCounter: Sendable {
    private struct Slot {
        var hash: UInt32 = 0
        var indexPlusOne: UInt32 = 0
    }

    private var bytes: [UInt8] = []
    private var offsets: [Int] = [0]
    private(set) var counts: [Int] = []
    private var slots = [Slot](repeating: Slot(), count: 1024)

    /// Nothing counted yet.
    package init() {}

    /// The number of different strings.
    package var count: Int { counts.count }

    /// Adds `amount` to the count of a string; its place in the order of first sight.
    @discardableResult
    package mutating func add(_ key: UnsafeBufferPointer<UInt8>, _ amount: Int = 1) -> Int {
        add(key, hash: ByteHash(key).value, amount)
    }

    /// How often a string was seen.
    package func count(of key: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = ByteHash(key).value
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot].indexPlusOne != 0 {
            let index = Int(slots[slot].indexPlusOne) - 1
            if slots[slot].hash == hash, isEqual(index, key) { return counts[index] }
            slot = (slot + 1) & mask
        }
        return 0
    }

    /// The same where the hash of the string is known.
    @discardableResult
    mutating func add(_ key: UnsafeBufferPointer<UInt8>, hash: UInt32, _ amount: Int) -> Int {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot].indexPlusOne != 0 {
            if slots[slot].hash == hash {
                let index = Int(slots[slot].indexPlusOne) - 1
                if isEqual(index, key) {
                    counts[index] += amount
                    return index
                }
            }
            slot = (slot + 1) & mask
        }
        bytes.append(contentsOf: key)
        offsets.append(bytes.count)
        counts.append(amount)
        slots[slot] = Slot(hash: hash, indexPlusOne: UInt32(counts.count))
        if counts.count * 2 > slots.count { grow() }
        return counts.count - 1
    }

    /// Runs `body` over each string and its count, in the order in which they were first seen.
    package func forEach(_ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            for index in counts.indices {
                let range = offsets[index]..<offsets[index + 1]
                body(UnsafeBufferPointer(rebasing: bytes[range]), counts[index])
            }
        }
    }

    /// The strings and counts, the most frequent first, ties in the order of their bytes.
    func sorted() -> [(bytes: [UInt8], count: Int)] {
        var all: [(bytes: [UInt8], count: Int)] = []
        all.reserveCapacity(count)
        forEach { all.append((Array($0), $1)) }
        all.sort { a, b in
            a.count != b.count ? a.count > b.count : a.bytes.lexicographicallyPrecedes(b.bytes)
        }
        return all
    }

    private func isEqual(_ index: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = offsets[index]
        guard offsets[index + 1] - start == key.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            for i in 0..<key.count where bytes[start + i] != key[i] { return false }
            return true
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        let mask = slots.count - 1
        for entry in old where entry.indexPlusOne != 0 {
            var slot = Int(entry.hash) & mask
            while slots[slot].indexPlusOne != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }
}
