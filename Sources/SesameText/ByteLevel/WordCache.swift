#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The token ids of stretches met before, under their own bytes.
///
/// Up to 15 bytes, which most words of most languages are, lie in the table itself with up to two ids, so
/// that a look-up reads one half of a cache line and compares two numbers. The table starts small, grows to
/// a few megabytes and is emptied when it is full; what it answers never depends on what it holds.
struct WordCache {
    /// A stretch as two numbers, and where its bytes are.
    struct Key {
        let bytes: UnsafePointer<UInt8>
        let length: Int
        /// The first eight bytes; of a long stretch, a hash.
        let low: UInt64
        /// The next seven bytes with the length on top; of a long stretch, 255 on top and the length.
        let high: UInt64

        var isLong: Bool { length > 15 }

        /// The key of the bytes from `start` to `end`, of which `base` has `count`.
        @inline(__always)
        init(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int, count: Int) {
            bytes = base + start
            length = end - start
            if length > 15 {
                low = Key.hash(bytes, length)
                high = 0xFF << 56 | UInt64(truncatingIfNeeded: length & 0xFF_FFFF) << 32
                return
            }
            var low: UInt64
            var high: UInt64 = 0
            if start + 16 <= count {
                let raw = UnsafeRawPointer(bytes)
                low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
                if length > 8 {
                    high = UInt64(
                        littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    high &= ~0 &>> UInt64(128 - 8 * length)
                } else {
                    low &= ~0 &>> UInt64(64 - 8 * length)
                }
            } else {
                low = 0
                for i in 0..<min(8, length) { low |= UInt64(bytes[i]) << UInt64(8 * i) }
                for i in 8..<max(8, length) { high |= UInt64(bytes[i]) << UInt64(8 * i - 64) }
            }
            self.low = low
            self.high = high | UInt64(length) << 56
        }

        private static func hash(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
            let raw = UnsafeRawPointer(bytes)
            var state = UInt64(length)
            var index = 0
            while index + 8 <= length {
                let block = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                state = (state ^ UInt64(littleEndian: block)) &* 0x9E37_79B9_7F4A_7C15
                state ^= state >> 32
                index += 8
            }
            while index < length {
                state = (state ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3
                index += 1
            }
            return state ^ state >> 29
        }

        @inline(__always)
        var slotHash: UInt64 {
            let mixed = (low ^ (high &* 0xBF58_476D_1CE4_E5B9)) &* 0x9E37_79B9_7F4A_7C15
            return mixed ^ mixed >> 32
        }
    }

    private struct Slot {
        var low: UInt64 = 0
        /// 0 for a free slot; no stretch is empty. For long ones the place of the bytes is at the bottom.
        var high: UInt64 = 0
        /// One or two ids; with more, the place of the first.
        var first: Int32 = 0
        var second: Int32 = 0
        var tokenCount: Int32 = 0
        var hash: UInt32 = 0
    }

    /// Longer stretches are not worth keeping.
    private static let longestKey = 256
    private static let mostSlots = 1 << 17
    private static let mostKeyBytes = 1 << 22

    private var slots = [Slot](repeating: Slot(), count: 1 << 12)
    private var used = 0
    private var keys: [UInt8] = []
    private var tokens: [Int32] = []

    /// Appends the ids of a stretch to `ids`, and says whether they were known.
    @inline(__always)
    func append(_ key: Key, to ids: inout [Int32]) -> Bool {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var index = Int(truncatingIfNeeded: key.slotHash) & mask
            while slots[index].high != 0 {
                if slots[index].low == key.low && isEqual(slots[index].high, key) {
                    let slot = slots[index]
                    if slot.tokenCount <= 2 {
                        ids.append(slot.first)
                        if slot.tokenCount == 2 { ids.append(slot.second) }
                    } else {
                        let start = Int(slot.first)
                        ids.append(contentsOf: tokens[start..<start + Int(slot.tokenCount)])
                    }
                    return true
                }
                index = (index + 1) & mask
            }
            return false
        }
    }

    @inline(__always)
    private func isEqual(_ high: UInt64, _ key: Key) -> Bool {
        if !key.isLong { return high == key.high }
        guard high & ~0xFFFF_FFFF == key.high else { return false }
        let start = Int(high & 0xFFFF_FFFF)
        return keys.withUnsafeBufferPointer { keys in
            guard let base = keys.baseAddress, start + key.length <= keys.count else {
                return false
            }
            return memcmp(base + start, key.bytes, key.length) == 0
        }
    }

    /// Keeps the ids of a stretch that is not yet known, unless it is very long.
    mutating func insert(_ key: Key, tokens new: [Int32]) {
        guard key.length <= Self.longestKey, !new.isEmpty else { return }
        if (used + 1) * 2 > slots.count || keys.count > Self.mostKeyBytes { makeRoom() }
        var slot = Slot()
        slot.low = key.low
        slot.high = key.high
        slot.hash = UInt32(truncatingIfNeeded: key.slotHash)
        slot.tokenCount = Int32(new.count)
        if new.count <= 2 {
            slot.first = new[0]
            slot.second = new.count == 2 ? new[1] : 0
        } else {
            slot.first = Int32(tokens.count)
            tokens.append(contentsOf: new)
        }
        if key.isLong {
            slot.high |= UInt64(keys.count)
            keys.append(contentsOf: UnsafeBufferPointer(start: key.bytes, count: key.length))
        }
        place(slot)
        used += 1
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var index = Int(slot.hash) & mask
        while slots[index].high != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func makeRoom() {
        if slots.count == Self.mostSlots || keys.count > Self.mostKeyBytes {
            self = WordCache()
            return
        }
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.high != 0 { place(slot) }
    }
}
