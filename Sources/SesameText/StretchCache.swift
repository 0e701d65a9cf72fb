/// The tokens of stretches met before, under the stretch's own bytes.
///
/// Text repeats its words (nine of ten words of English prose are among a few thousand), so most of a
/// text is tokenized by one look-up a word. The cache starts small, grows to a few megabytes and is
/// emptied when it is full; what it answers never depends on what it holds.
struct StretchCache {
    /// A token of a stretch: its id, and its bytes in the stretch.
    struct Token {
        var id: Int32
        var start: UInt16
        var end: UInt16
    }

    private struct Slot {
        var hash: UInt32 = 0
        var keyStart: UInt32 = 0
        /// 0 for a free slot; no stretch is empty.
        var keyLength: UInt16 = 0
        var tokenCount: UInt16 = 0
        /// The id where the stretch is one token that covers it, else the place of the first token.
        var idOrTokenStart: UInt32 = 0
        var isWhole = false
    }

    /// Longer stretches are not worth keeping.
    static let longestKey = 128
    private static let mostSlots = 1 << 17

    private var slots = [Slot](repeating: Slot(), count: 1 << 10)
    private var used = 0
    private var keys: [UInt8] = []
    private var tokens: [Token] = []

    /// Appends the tokens of a stretch to `buffer`, and says whether they were known.
    @inline(__always)
    func append(
        _ key: UnsafePointer<UInt8>, _ length: Int, hash: UInt32, at offset: Int,
        to buffer: inout TokenBuffer
    ) -> Bool {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var index = Int(hash) & mask
            while slots[index].keyLength != 0 {
                let slot = slots[index]
                if slot.hash == hash && Int(slot.keyLength) == length && isEqual(slot, key, length)
                {
                    if slot.isWhole {
                        buffer.append(Int32(slot.idOrTokenStart), offset, offset + length)
                    } else {
                        let first = Int(slot.idOrTokenStart)
                        for token in tokens[first..<first + Int(slot.tokenCount)] {
                            buffer.append(
                                token.id, offset + Int(token.start), offset + Int(token.end))
                        }
                    }
                    return true
                }
                index = (index + 1) & mask
            }
            return false
        }
    }

    @inline(__always)
    private func isEqual(_ slot: Slot, _ key: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        keys.withUnsafeBufferPointer { keys in
            let start = Int(slot.keyStart)
            for i in 0..<length where keys[start + i] != key[i] { return false }
            return true
        }
    }

    /// Keeps the tokens of a stretch of at most ``longestKey`` bytes that is not yet known.
    mutating func insert(
        _ key: UnsafePointer<UInt8>, _ length: Int, hash: UInt32, tokens new: [Token]
    ) {
        if (used + 1) * 2 > slots.count { makeRoom() }
        var slot = Slot(
            hash: hash, keyStart: UInt32(keys.count), keyLength: UInt16(length),
            tokenCount: UInt16(new.count), idOrTokenStart: UInt32(tokens.count))
        if new.count == 1 && new[0].start == 0 && Int(new[0].end) == length {
            slot.isWhole = true
            slot.idOrTokenStart = UInt32(new[0].id)
        } else {
            tokens.append(contentsOf: new)
        }
        keys.append(contentsOf: UnsafeBufferPointer(start: key, count: length))
        place(slot)
        used += 1
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var index = Int(slot.hash) & mask
        while slots[index].keyLength != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func makeRoom() {
        if slots.count == Self.mostSlots {
            self = StretchCache()
            return
        }
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.keyLength != 0 { place(slot) }
    }
}
